/** "Train Now", "Roll Back the Adapter…", and putting an adapter to use by hand. */
import { parseDashboard } from "../dashboard/data";
import type { Executor } from "../models";
import { ServerCommand } from "../protocol";
import { ProgressLocation, window } from "../vscodeapi";
import { asRecord, textOrNull } from "../wire";

const KEPT_WORDS = "rolled back in the editor";

/** Starts a run, which goes on in the background; rejects with the reason where it cannot begin. */
export async function trainNow(server: Executor, openDashboard: () => Promise<void>): Promise<void> {
  await server.execute(ServerCommand.trainNow);
  const answer = await window.showInformationMessage(
    "Burnish is training in the background. It works at low priority, and the new adapter is used only if it is measured to be better.",
    "Dashboard",
  );
  if (answer === "Dashboard") {
    await openDashboard();
  }
}

/** Goes back to what was served before. Returns whether it did. */
export async function rollBack(server: Executor): Promise<boolean> {
  const { adapters, incumbent } = parseDashboard(await server.execute(ServerCommand.dashboard), null);
  const served = adapters.find(({ id, name }) => incumbent !== null && [id, name].includes(incumbent));
  if (served === undefined) {
    await window.showInformationMessage(
      "No adapter is in use: the model serves alone, so there is nothing to roll back.",
    );
    return false;
  }
  const reason = await window.showInputBox({
    title: `Burnish: roll back ${served.name}`,
    prompt: "Why? It is kept in the adapter's history and may be left empty. Enter rolls back, Esc changes nothing.",
    placeHolder: KEPT_WORDS,
  });
  if (reason === undefined) {
    return false;
  }
  const after = await busy("Burnish: rolling back", () =>
    server.execute(ServerCommand.rollback, [{ reason: reason.trim() || KEPT_WORDS }]),
  );
  void window.showInformationMessage(`Burnish rolled back ${served.name}. ${nowServing(after)}`);
  return true;
}

/** Puts an adapter to use that the gate did not; `id` as the dashboard names it. Returns whether it did. */
export async function promote(server: Executor, id: string): Promise<boolean> {
  const { adapters } = parseDashboard(await server.execute(ServerCommand.dashboard), null);
  const adapter = adapters.find((one) => one.id === id);
  if (adapter === undefined) {
    throw new Error("This adapter is no longer there.");
  }
  const gate = adapter.gate?.reason ?? adapter.reason;
  const answer = await window.showWarningMessage(
    `Use the adapter ${adapter.name}?`,
    { modal: true, detail: [gate, "It can be rolled back at any time."].filter((line) => line !== "").join("\n\n") },
    "Use It",
  );
  if (answer !== "Use It") {
    return false;
  }
  await busy("Burnish: putting the adapter to use", () =>
    server.execute(ServerCommand.promote, [{ adapter: adapter.id }]),
  );
  return true;
}

function nowServing(answer: unknown): string {
  const name = textOrNull(asRecord(answer)["adapter"]);
  return name === null ? "The model now serves alone." : `Suggestions now come with ${name}.`;
}

function busy<T>(title: string, task: () => Promise<T>): Thenable<T> {
  return window.withProgress({ location: ProgressLocation.Window, title }, task);
}
