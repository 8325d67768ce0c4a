/** "Show My Data" and "Export My Data…". */
import { mkdir, mkdtemp, open, readdir, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import * as path from "node:path";
import type { QuickPickItem } from "vscode";
import type { Executor } from "../models";
import { OwnPage } from "../ownPage";
import { ServerCommand } from "../protocol";
import { commands, ProgressLocation, Uri, window } from "../vscodeapi";
import { asRecord, numberOr } from "../wire";

/** The editor shows no more than this; the export has everything. */
const MOST_BYTES = 8 * 1024 * 1024;

const PREFIX = "record-";
/** Another window may be reading what is younger. */
const STALE_MS = 600_000;

type Format = "jsonl" | "kto" | "supervised";

interface FormatItem extends QuickPickItem {
  readonly format: Format;
}

const FORMATS: readonly FormatItem[] = [
  { label: "JSON lines", description: "everything, one event a line", format: "jsonl" },
  { label: "KTO", description: "prompt, completion, label: what training learns from", format: "kto" },
  { label: "Supervised", description: "prompt, completion: what you wrote instead", format: "supervised" },
];

/** Shows the record in an editor that cannot change it, and keeps no copy on disk. */
export class RecordView extends OwnPage {
  /** @param storage a folder of the extension's own */
  constructor(private readonly storage: string) {
    super("burnish-record", "Burnish record.jsonl");
  }

  /** Opens the record, the newest events of it where it is long. */
  async show(server: Executor): Promise<void> {
    const { text, events, shown } = await window.withProgress(
      { location: ProgressLocation.Window, title: "Burnish: reading the record" },
      () => this.read(server),
    );
    if (events === 0) {
      await window.showInformationMessage("Nothing is recorded: Burnish has no event of yours.");
      return;
    }
    this.write(text);
    await commands.executeCommand("vscode.open", this.uri, { preview: false });
    if (shown < events) {
      void window.showInformationMessage(
        `These are the newest ${shown} of ${events} events. Burnish: Export My Data… writes all of them.`,
      );
    }
  }

  /** After an erasure no window keeps showing what was erased. */
  clear(): void {
    this.write("");
  }

  /** Removes what an editor that was killed left behind. */
  async sweep(): Promise<void> {
    await mkdir(this.storage, { recursive: true });
    for (const name of await readdir(this.storage)) {
      const folder = path.join(this.storage, name);
      const age = Date.now() - (await stat(folder).catch(() => ({ mtimeMs: 0 }))).mtimeMs;
      if (name.startsWith(PREFIX) && age > STALE_MS) {
        await rm(folder, { recursive: true, force: true });
      }
    }
  }

  /** By way of a file, readable by this user only, that is gone when this returns. */
  private async read(server: Executor): Promise<{ text: string; events: number; shown: number }> {
    await this.sweep();
    const folder = await mkdtemp(path.join(this.storage, PREFIX));
    try {
      const file = path.join(folder, "record.jsonl");
      const events = await exportTo(server, file, "jsonl");
      const text = events === 0 ? "" : await lastLines(file, MOST_BYTES);
      return { text, events, shown: text.split("\n").filter((line) => line !== "").length };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** The end of a file, from the beginning of a line on. */
export async function lastLines(file: string, most: number): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    // One byte more: it says whether a line begins right here.
    const start = size <= most ? 0 : size - most - 1;
    const buffer = Buffer.alloc(size - start);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
    const read = buffer.subarray(0, bytesRead);
    return (size <= most ? read : read.subarray(read.indexOf("\n") + 1)).toString("utf8");
  } finally {
    await handle.close();
  }
}

/** Asks for form and file, and writes the record there. */
export async function exportRecord(server: Executor): Promise<void> {
  const choice = await window.showQuickPick(FORMATS, { title: "Burnish: in which form to export the record" });
  if (choice === undefined) {
    return;
  }
  const target = await window.showSaveDialog({
    title: "Export what Burnish recorded",
    saveLabel: "Export",
    // Not the project's folder, where it would soon be checked in.
    defaultUri: Uri.file(path.join(homedir(), "burnish-record.jsonl")),
    filters: { "JSON lines": ["jsonl"] },
  });
  if (target === undefined) {
    return;
  }
  const count = await window.withProgress({ location: ProgressLocation.Window, title: "Burnish: exporting" }, () =>
    exportTo(server, target.fsPath, choice.format),
  );
  const noun = `${choice.format === "jsonl" ? "event" : "example"}${count === 1 ? "" : "s"}`;
  const answer = await window.showInformationMessage(
    `Burnish wrote ${count} ${noun} to ${target.fsPath}. Whoever reads this file reads your code.`,
    "Open",
  );
  if (answer === "Open") {
    await commands.executeCommand("vscode.open", target);
  }
}

/** Returns the number of lines written. */
async function exportTo(server: Executor, file: string, format: Format): Promise<number> {
  const answer = await server.execute(ServerCommand.exportRecord, [{ path: file, format }]);
  return numberOr(asRecord(answer)["events"], 0);
}
