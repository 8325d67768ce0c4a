/** "Erase My Data…": what, whether the adapters that learned from it go too, and afterwards which those were. */
import type { QuickPickItem } from "vscode";
import type { Executor } from "../models";
import { ServerCommand } from "../protocol";
import { ProgressLocation, window, workspace } from "../vscodeapi";
import { type Erasure, parseErasure } from "./wire";

/** The part of the record to erase, as the server takes it. */
interface Part {
  readonly all?: true;
  readonly until?: string;
  readonly folder?: string;
}

interface PartItem extends QuickPickItem {
  readonly what: "all" | "old" | "folder";
  readonly folder?: string;
}

const REMOVE = "Erase, Adapters Too";
const KEEP = "Erase, Keep Adapters";
const DAY_MS = 86_400_000;

/** Asks what to erase and erases it. Returns whether anything was. */
export async function eraseRecord(server: Executor): Promise<boolean> {
  const item = await window.showQuickPick(partItems(), { title: "Burnish: what to erase from the record" });
  const part = item === undefined ? undefined : await partOf(item);
  if (item === undefined || part === undefined) {
    return false;
  }
  const answer = await window.showWarningMessage(`Erase ${part.words}?`, { modal: true, detail: DETAIL }, REMOVE, KEEP);
  if (answer !== REMOVE && answer !== KEEP) {
    return false;
  }
  const erasure = await window.withProgress(
    { location: ProgressLocation.Window, title: "Burnish: erasing" },
    async () =>
      parseErasure(await server.execute(ServerCommand.eraseRecord, [{ ...part.part, adapters: answer === REMOVE }])),
  );
  void window.showInformationMessage(erased(erasure));
  return true;
}

const DETAIL = [
  "What is erased is overwritten in the file and cannot be brought back.",
  "An adapter may reproduce pieces of the code it learned from. Burnish can remove every adapter that learned from what is erased; suggestions then come from what is left.",
].join("\n\n");

function partItems(): PartItem[] {
  const folders = workspace.workspaceFolders ?? [];
  return [
    { label: "$(trash) Everything", what: "all" },
    { label: "$(history) What is older than…", what: "old" },
    ...folders.map(({ name, uri }): PartItem => ({
      label: `$(folder) What comes from ${name}`,
      description: uri.fsPath,
      what: "folder",
      folder: uri.fsPath,
    })),
  ];
}

async function partOf(item: PartItem): Promise<{ part: Part; words: string } | undefined> {
  if (item.what === "all") {
    return { part: { all: true }, words: "everything that was recorded" };
  }
  if (item.folder !== undefined) {
    return { part: { folder: item.folder }, words: `whatever holds code of ${item.folder}` };
  }
  const isDays = (value: string): boolean => /^\s*\d{1,4}\s*$/.test(value);
  const days = await window.showInputBox({
    title: "Burnish: erase what is older than how many days?",
    value: "30",
    validateInput: (value) => (isDays(value) ? null : "A whole number of days is needed."),
  });
  if (days === undefined || !isDays(days)) {
    return undefined;
  }
  const until = new Date(Date.now() - Number(days) * DAY_MS).toISOString();
  return { part: { until }, words: `what is older than ${Number(days)} days` };
}

/** What was done, in one message. */
export function erased({ events, adapters, logEmptied }: Erasure): string {
  const named = (removed: boolean): string =>
    adapters
      .filter((adapter) => adapter.removed === removed)
      .map(({ name }) => name)
      .join(", ");
  const sentences = [`Burnish erased ${events === 1 ? "1 event" : `${events} events`}.`];
  if (named(true) !== "") {
    sentences.push(`Adapters removed with them: ${named(true)}.`);
  }
  if (named(false) !== "") {
    sentences.push(`These adapters learned from them and are still there: ${named(false)}.`);
  }
  if (adapters.length === 0) {
    sentences.push("No adapter had learned from them.");
  }
  if (!logEmptied) {
    sentences.push("Another process was reading the file and keeps a part of it: erase once more in a moment.");
  }
  return sentences.join(" ");
}
