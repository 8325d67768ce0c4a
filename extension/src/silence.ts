/** "Why was there no suggestion?": the server's reasons, newest first, one sentence each. */
import type { QuickPickItem } from "vscode";
import type { Executor } from "./models";
import { parseSilences, ServerCommand, type Silence } from "./protocol";
import type { Snooze } from "./snooze";
import { Position, Range, Uri, window, workspace } from "./vscodeapi";

export interface SilenceItem extends QuickPickItem {
  readonly silence: Silence;
}

/** The rows of the list. `nameOf` shortens a document's address, `now` is in milliseconds since 1970. */
export function silenceItems(list: readonly Silence[], nameOf: (uri: string) => string, now: number): SilenceItem[] {
  return list.map((silence) => ({
    label: silence.sentence || silence.rule,
    description: ago(silence.time, now),
    detail: `${nameOf(silence.uri)}, line ${silence.line + 1}, column ${silence.character + 1} · ${silence.rule}`,
    silence,
  }));
}

/** "just now", "40 s ago", "5 min ago", else the local date and time. */
export function ago(time: string, now: number): string {
  const then = Date.parse(time);
  if (Number.isNaN(then)) {
    return "";
  }
  const seconds = Math.round((now - then) / 1000);
  if (seconds < 5) {
    return "just now";
  }
  if (seconds < 90) {
    return `${seconds} s ago`;
  }
  return seconds < 5400 ? `${Math.round(seconds / 60)} min ago` : new Date(then).toLocaleString();
}

/** Shows the list; choosing a row goes to the place it speaks of. */
export async function showSilences(server: Executor, snooze: Snooze): Promise<void> {
  const list = snooze.among(parseSilences(await server.execute(ServerCommand.whyNoSuggestion)));
  if (list.length === 0) {
    await window.showInformationMessage("Burnish has not held back any suggestion since it started.");
    return;
  }
  const nameOf = (uri: string): string => workspace.asRelativePath(Uri.parse(uri));
  const choice = await window.showQuickPick(silenceItems(list, nameOf, Date.now()), {
    title: "Burnish: why was there no suggestion?",
    placeHolder: "Newest first; choose one to go to the place",
    matchOnDetail: true,
  });
  if (choice !== undefined) {
    const { uri, line, character } = choice.silence;
    const position = new Position(line, character);
    await window.showTextDocument(Uri.parse(uri), { selection: new Range(position, position) });
  }
}
