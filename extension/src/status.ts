/** The status item and the language status: what Burnish is doing, in words. */
import type { Disposable, LanguageStatusItem, StatusBarItem } from "vscode";
import type { ConnectionState } from "./client";
import type { ServerStatus } from "./protocol";
import type { SnoozeLeft } from "./snooze";
import { languages, LanguageStatusSeverity, MarkdownString, StatusBarAlignment, ThemeColor, window } from "./vscodeapi";

/** Everything the status is drawn from. */
export interface StatusInput {
  readonly connection: ConnectionState;
  /** The last status the server sent; `null` before the first, and while there is no server. */
  readonly server: ServerStatus | null;
  readonly enabled: boolean;
  readonly setByWorkspace: boolean;
  /** `null`: suggestions are not snoozed. */
  readonly snoozed: SnoozeLeft | null;
  /** False until the user has agreed to the Python environment. */
  readonly setUp: boolean;
}

/** What is shown. */
export interface StatusView {
  readonly icon: string;
  readonly label: string;
  /** One short line: the state, the model. */
  readonly summary: string;
  /** Names and values for the tooltip. */
  readonly facts: readonly (readonly [string, string])[];
  readonly severity: "information" | "warning" | "error";
  readonly busy: boolean;
  /** Whether what becomes of suggestions is written down now. */
  readonly recording: boolean;
  /** `null`: suggestions are not snoozed. */
  readonly snoozed: SnoozeLeft | null;
  /** What a click does: the menu, or the set-up where that is what is missing. */
  readonly action: "menu" | "setUp";
}

/** Draws the status. Pure: the same input gives the same view. */
export function renderStatus(input: StatusInput): StatusView {
  const { connection, server } = input;
  const from = (icon: string, label: string, summary: string, rest: Partial<StatusView> = {}): StatusView => ({
    icon,
    label,
    summary,
    facts: facts(input),
    severity: "information",
    busy: false,
    recording: connection.kind === "running" && server?.recording === true,
    snoozed: input.snoozed,
    action: "menu",
    ...rest,
  });
  if (!input.setUp && connection.kind !== "preparing") {
    return from("$(cloud-download)", "Burnish: set up", "The Python environment has not been set up yet", {
      action: "setUp",
    });
  }
  switch (connection.kind) {
    case "stopped":
      return from("$(circle-slash)", "Burnish", "Stopped");
    case "preparing":
      return from("$(loading~spin)", "Burnish", "Preparing Python", { busy: true });
    case "starting":
      return from("$(loading~spin)", "Burnish", "Starting", { busy: true });
    case "waiting":
      return from("$(loading~spin)", "Burnish", "Restarting after a crash", { busy: true, severity: "warning" });
    case "failed":
      return from("$(error)", "Burnish", `Failed: ${connection.detail}`, { severity: "error" });
    case "running":
      if (!input.enabled) {
        return from("$(circle-slash)", "Burnish: off", offSummary(input));
      }
      // A model that failed stays failed when the snooze is over.
      return input.snoozed !== null && server?.state !== "failed"
        ? from("$(bell-slash)", snoozeLabel(input.snoozed.minutes), `Suggestions are snoozed ${input.snoozed.words}`)
        : renderEngine(server, from);
  }
}

function offSummary(input: StatusInput): string {
  return input.setByWorkspace ? "Suggestions are off in this workspace" : "Suggestions are off";
}

function snoozeLabel(minutes: number): string {
  return minutes === Infinity ? "Burnish: snoozed" : `Burnish: snoozed, ${minutes} min`;
}

function renderEngine(
  server: ServerStatus | null,
  from: (icon: string, label: string, summary: string, rest?: Partial<StatusView>) => StatusView,
): StatusView {
  const model = server?.model ?? "";
  const named = (text: string): string => (model === "" ? text : `${text}: ${model}`);
  switch (server?.state) {
    case undefined:
    case "loading":
      return from("$(loading~spin)", "Burnish", named("Loading the model"), { busy: true });
    case "restarting":
      return from("$(loading~spin)", "Burnish", named("Restarting the model"), { busy: true, severity: "warning" });
    case "ready":
      return from("$(sparkle)", "Burnish", named("Ready") + (server.adapter === null ? "" : ` with ${server.adapter}`));
    case "disabled":
      return from("$(circle-slash)", "Burnish: off", "Suggestions are off");
    case "stopped":
      return from("$(debug-pause)", "Burnish", named("The model is not loaded"));
    case "failed":
      return from("$(error)", "Burnish", `The model failed: ${server.detail || model}`, { severity: "error" });
  }
}

function facts(input: StatusInput): (readonly [string, string])[] {
  const { server } = input;
  const list: (readonly [string, string])[] = [];
  if (server !== null && input.connection.kind === "running") {
    const gpu = server.gpuLayers > 0 ? `, ${server.gpuLayers} layers on the GPU` : "";
    list.push(["Model", server.model || "none"]);
    list.push(["Adapter", server.adapter ?? "none"]);
    list.push([
      "Runs on",
      `${server.backend || "unknown"}, ${server.threads} thread${server.threads === 1 ? "" : "s"}${gpu}`,
    ]);
    list.push([
      "Last suggestion",
      server.lastLatencyMs === null ? "none yet" : `${Math.round(server.lastLatencyMs)} ms`,
    ]);
    if (server.detail !== "") {
      list.push(["Engine", server.detail]);
    }
  }
  if (server !== null && input.connection.kind === "running") {
    list.push(["Recording", server.recording ? "on, on this machine only" : "off"]);
  }
  const scope = input.setByWorkspace ? " (set for this workspace)" : "";
  const snoozed = input.enabled && input.snoozed !== null ? `, snoozed ${input.snoozed.words}` : "";
  list.push(["Suggestions", `${input.enabled ? "on" : "off"}${scope}${snoozed}`]);
  return list;
}

/** Puts the view on screen: one status bar item, one language status item for Python. */
export class StatusItems implements Disposable {
  private readonly bar: StatusBarItem;
  private readonly language: LanguageStatusItem;

  constructor(
    private readonly menuCommand: string,
    private readonly setUpCommand: string,
  ) {
    this.bar = window.createStatusBarItem("burnish.status", StatusBarAlignment.Right, 100);
    this.bar.name = "Burnish";
    this.language = languages.createLanguageStatusItem("burnish.status", { language: "python" });
    this.language.name = "Burnish";
    this.language.command = { command: menuCommand, title: "Menu" };
  }

  show(view: StatusView): void {
    this.bar.command = view.action === "setUp" ? this.setUpCommand : this.menuCommand;
    this.bar.text = `${view.icon} ${view.label}${view.recording ? " $(record-small)" : ""}`;
    this.bar.accessibilityInformation = { label: `Burnish. ${view.summary}${view.recording ? ". Recording" : ""}` };
    this.bar.tooltip = tooltip(view);
    this.bar.backgroundColor = view.severity === "error" ? new ThemeColor("statusBarItem.errorBackground") : undefined;
    this.language.text = `Burnish: ${view.summary}`;
    this.language.detail = detailLine(view);
    this.language.busy = view.busy;
    this.language.severity = severityOf(view);
    this.bar.show();
  }

  dispose(): void {
    this.bar.dispose();
    this.language.dispose();
  }
}

/** The facts in one line, for the language status. */
export function detailLine(view: StatusView): string {
  const wanted = ["Adapter", "Last suggestion", "Recording"];
  return view.facts
    .filter(([name]) => wanted.includes(name))
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
    .join(" · ");
}

function tooltip(view: StatusView): MarkdownString {
  const text = new MarkdownString();
  text.appendMarkdown("**Burnish** – ");
  text.appendText(view.summary);
  for (const [name, value] of view.facts) {
    text.appendMarkdown(`\n\n${name}: `);
    text.appendText(value);
  }
  return text;
}

function severityOf(view: StatusView): LanguageStatusSeverity {
  switch (view.severity) {
    case "information":
      return LanguageStatusSeverity.Information;
    case "warning":
      return LanguageStatusSeverity.Warning;
    case "error":
      return LanguageStatusSeverity.Error;
  }
}
