/** What is left out of the record, and how long the record is kept. */
import type { QuickPickItem } from "vscode";
import type { Executor } from "../models";
import { ServerCommand } from "../protocol";
import { window } from "../vscodeapi";
import type { Consent } from "./wire";

interface Row extends QuickPickItem {
  readonly add?: true;
  readonly value?: string;
}

const MOST_DAYS = 3650;

/** Lets the user add a folder of which nothing is recorded, or take one off the list. */
export async function changeFolders(server: Executor, consent: Consent): Promise<void> {
  const list = consent.excludedFolders;
  const row = await choose("Burnish: folders left out of the record", "$(add) Leave out a folder…", list);
  if (row?.value !== undefined) {
    await configure(server, { excludedFolders: list.filter((folder) => folder !== row.value) });
  } else if (row?.add) {
    const picked = await window.showOpenDialog({
      title: "Nothing below this folder is recorded",
      openLabel: "Leave Out",
      canSelectFiles: false,
      canSelectFolders: true,
      canSelectMany: false,
    });
    const folder = picked?.[0]?.fsPath;
    if (folder !== undefined) {
      await configure(server, { excludedFolders: [...new Set([...list, folder])] });
    }
  }
}

/** The same for patterns of file names. */
export async function changeGlobs(server: Executor, consent: Consent): Promise<void> {
  const list = consent.excludedGlobs;
  const row = await choose("Burnish: files left out of the record", "$(add) Leave out files by a pattern…", list);
  if (row?.value !== undefined) {
    await configure(server, { excludedGlobs: list.filter((glob) => glob !== row.value) });
  } else if (row?.add) {
    const glob = await window.showInputBox({
      title: "Files that match are not recorded",
      prompt: "A pattern as in .gitignore, for example generated/** or *_pb2.py",
      validateInput: (value) => (value.trim() === "" ? "A pattern is needed; Esc leaves everything as it is." : null),
    });
    if (glob !== undefined) {
      await configure(server, { excludedGlobs: [...new Set([...list, glob.trim()])] });
    }
  }
}

/** Asks for the number of days. */
export async function changeRetention(server: Executor, consent: Consent): Promise<void> {
  const days = await window.showInputBox({
    title: "Burnish: how many days the record is kept",
    value: String(consent.retentionDays),
    prompt: "What is older is erased.",
    validateInput: (value) => (isDays(value) ? null : `A whole number from 1 to ${MOST_DAYS} is needed.`),
  });
  if (days !== undefined && isDays(days)) {
    await configure(server, { retentionDays: Number(days) });
  }
}

function isDays(value: string): boolean {
  return /^\s*\d+\s*$/.test(value) && Number(value) >= 1 && Number(value) <= MOST_DAYS;
}

/** One row to add, and one for each entry, which choosing removes. */
async function choose(title: string, add: string, list: readonly string[]): Promise<Row | undefined> {
  const rows: Row[] = [
    { label: add, add: true },
    ...list.map((value) => ({ label: value, description: "choose to record it again", value })),
  ];
  return window.showQuickPick(rows, { title });
}

async function configure(server: Executor, change: object): Promise<void> {
  await server.execute(ServerCommand.configureRecording, [change]);
  window.setStatusBarMessage("Burnish: changed", 4000);
}
