/** "Learning…": the two switches, what is left out, and everything that can be done with the record. */
import type { QuickPickItem } from "vscode";
import type { Executor } from "../models";
import { ServerCommand } from "../protocol";
import { commands, QuickPickItemKind, window } from "../vscodeapi";
import { changeSwitch } from "./consent";
import { changeFolders, changeGlobs, changeRetention } from "./exclusions";
import { type Agreement, type Consent, parseConsent } from "./wire";

/** What the menu leads to elsewhere. */
export interface LearningCommands {
  readonly dashboard: string;
  readonly trainNow: string;
  readonly rollBack: string;
  readonly showRecord: string;
  readonly exportRecord: string;
  readonly eraseRecord: string;
}

export interface LearningItem extends QuickPickItem {
  readonly run?: () => Promise<unknown>;
}

/** Opens the editor's own setting; without it nothing is recorded, whatever the switches say. */
export async function openTelemetrySetting(): Promise<void> {
  await commands.executeCommand("workbench.action.openSettings", "telemetry.telemetryLevel");
}

/** The rows of the menu. */
export function learningItems(server: Executor, consent: Consent, ids: LearningCommands): LearningItem[] {
  const go = (label: string, command: string, description = ""): LearningItem => ({
    label,
    description,
    run: async () => commands.executeCommand(command),
  });
  const separator = (label: string): LearningItem => ({ label, kind: QuickPickItemKind.Separator });
  return [
    ...(consent.problem === null ? [] : [{ label: "$(error) Nothing is recorded", detail: consent.problem }]),
    ...(consent.editorTelemetry ? [] : [telemetryItem()]),
    separator("You decide"),
    {
      label: `${mark(consent.record)} Record what becomes of suggestions`,
      description: agreed(consent.record),
      run: () => changeSwitch(server, consent, "record"),
    },
    {
      label: `${mark(consent.train)} Let the model learn from the record`,
      description: agreed(consent.train),
      run: () => changeSwitch(server, consent, "train"),
    },
    {
      label: "$(folder) Folders left out…",
      description: counted(consent.excludedFolders, "folder"),
      run: () => changeFolders(server, consent),
    },
    {
      label: "$(filter) Files left out…",
      description: counted(consent.excludedGlobs, "pattern"),
      run: () => changeGlobs(server, consent),
    },
    {
      label: "$(history) How long the record is kept…",
      description: `${consent.retentionDays} days`,
      run: () => changeRetention(server, consent),
    },
    separator("What came of it"),
    go("$(graph) Dashboard: is it better?", ids.dashboard),
    go("$(mortar-board) Train now", ids.trainNow),
    go("$(discard) Roll back the adapter…", ids.rollBack),
    separator("Your data"),
    go("$(eye) Show my data", ids.showRecord, consent.file),
    go("$(save-as) Export my data…", ids.exportRecord),
    go("$(trash) Erase my data…", ids.eraseRecord),
  ];
}

/** Shows the menu and does what was chosen. */
export async function showLearning(server: Executor, ids: LearningCommands): Promise<void> {
  const consent = parseConsent(await server.execute(ServerCommand.consent));
  const choice = await window.showQuickPick(learningItems(server, consent, ids), {
    title: "Burnish: learning",
    placeHolder: consent.recording ? "Recording now, on this machine only" : "Nothing is recorded now",
  });
  await choice?.run?.();
}

function telemetryItem(): LearningItem {
  return {
    label: "$(warning) The editor's telemetry is off, so nothing is recorded",
    description: "telemetry.telemetryLevel is not “all”",
    run: openTelemetrySetting,
  };
}

function mark({ on, outdated }: Agreement): string {
  return on && !outdated ? "$(check)" : "$(circle-large-outline)";
}

/** "on since 3 March 2026", "off", or that the question must be asked again. */
export function agreed({ on, outdated, at }: Agreement): string {
  if (outdated) {
    return "off: what it allows has changed since you agreed";
  }
  if (!on) {
    return "off";
  }
  const time = Date.parse(at ?? "");
  return Number.isNaN(time)
    ? "on"
    : `on since ${new Date(time).toLocaleDateString(undefined, { dateStyle: "medium" })}`;
}

function counted(list: readonly string[], noun: string): string {
  return list.length === 0 ? "none of your own" : `${list.length} ${noun}${list.length === 1 ? "" : "s"}`;
}
