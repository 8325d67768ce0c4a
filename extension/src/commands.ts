/** The commands, and the menu behind the status item. */
import type { Disposable, QuickPickItem } from "vscode";
import { type Connection, NotRunningError } from "./client";
import type { Dashboard } from "./dashboard/panel";
import type { Doctor } from "./doctor";
import type { EndpointKeys } from "./endpointKey";
import { type Environment, EnvironmentError } from "./environment";
import { eraseRecord } from "./learning/erase";
import { showLearning } from "./learning/menu";
import { exportRecord, type RecordView } from "./learning/record";
import { rollBack, trainNow } from "./learning/training";
import { type Logger, messageOf } from "./logger";
import { showComplexity, toggleCodeLens } from "./metrics/drivers";
import type { ComplexityReport } from "./metrics/panel";
import { type Executor, selectModel } from "./models";
import type { OutcomeReporter } from "./outcomes";
import type { FixPages } from "./perf";
import { completionState, launchSettings, toggleCompletion, toggleCompletionHere } from "./settings";
import { type Explanations, refactor } from "./refactor";
import type { PlanWalk } from "./refactorPlan";
import type { Rewrites } from "./rewrite";
import { showSilences } from "./silence";
import { askSnooze, type Snooze, type SnoozeLeft } from "./snooze";
import type { StatusView } from "./status";
import { commands, QuickPickItemKind, window, workspace } from "./vscodeapi";

export const Command = {
  toggle: "burnish.toggle",
  toggleWorkspace: "burnish.toggleWorkspace",
  snooze: "burnish.snooze",
  endSnooze: "burnish.endSnooze",
  restart: "burnish.restart",
  showLog: "burnish.showLog",
  selectModel: "burnish.selectModel",
  setEndpointKey: "burnish.setEndpointKey",
  whyNoSuggestion: "burnish.whyNoSuggestion",
  doctor: "burnish.doctor",
  setUpEnvironment: "burnish.setUpEnvironment",
  newPythonFile: "burnish.newPythonFile",
  showMenu: "burnish.showMenu",
  learning: "burnish.learning",
  dashboard: "burnish.dashboard",
  trainNow: "burnish.trainNow",
  rollBack: "burnish.rollBack",
  showRecord: "burnish.showRecord",
  exportRecord: "burnish.exportRecord",
  eraseRecord: "burnish.eraseRecord",
  dismiss: "burnish.dismissSuggestion",
  verifyAll: "burnish.verifyAll",
  applyVerified: "burnish.applyVerified",
  previewFix: "burnish.previewFix",
  useProfile: "burnish.useProfile",
  refactor: "burnish.refactor",
  simplify: "burnish.simplify",
  rewrite: "burnish.rewrite",
  explain: "burnish.explain",
  showComplexity: "burnish.showComplexity",
  complexityReport: "burnish.complexityReport",
  toggleComplexity: "burnish.toggleComplexity",
} as const;

export interface CommandContext {
  readonly connection: Connection;
  readonly server: Executor;
  readonly environment: Environment;
  readonly doctor: Doctor;
  readonly endpointKeys: EndpointKeys;
  readonly logger: Logger;
  readonly outcomes: OutcomeReporter;
  readonly record: RecordView;
  readonly dashboard: Dashboard;
  readonly snooze: Snooze;
  readonly fixes: FixPages;
  readonly plans: PlanWalk;
  readonly rewrites: Rewrites;
  readonly explanations: Explanations;
  readonly complexity: ComplexityReport;
  readonly view: () => StatusView;
}

/** What these change shows on the dashboard. */
const SHOWN_ON_DASHBOARD = new Set<string>([Command.learning, Command.trainNow, Command.rollBack, Command.eraseRecord]);

/** Registers every command. */
export function registerCommands(context: CommandContext): Disposable[] {
  const { connection, server, logger } = context;
  const handlers: Record<string, (...args: unknown[]) => Promise<unknown>> = {
    [Command.toggle]: async () => announce(await toggleCompletion(), ""),
    [Command.toggleWorkspace]: async () => announce(await toggleCompletionHere(), " in this workspace"),
    [Command.snooze]: () => askSnooze(context.snooze),
    [Command.endSnooze]: () => {
      context.snooze.end();
      return Promise.resolve();
    },
    [Command.restart]: () => connection.restart(true),
    [Command.showLog]: () => {
      logger.show();
      return Promise.resolve();
    },
    [Command.selectModel]: () => selectModel(server),
    [Command.setEndpointKey]: () => context.endpointKeys.ask(),
    [Command.whyNoSuggestion]: () => showSilences(server, context.snooze),
    [Command.doctor]: () => context.doctor.show(server),
    [Command.setUpEnvironment]: () => setUpEnvironment(context),
    [Command.newPythonFile]: newPythonFile,
    [Command.showMenu]: () => showMenu(context),
    [Command.learning]: () => showLearning(server, Command),
    [Command.dashboard]: () => context.dashboard.open(),
    [Command.trainNow]: () => trainNow(server, () => context.dashboard.open()),
    [Command.rollBack]: () => rollBack(server),
    [Command.showRecord]: () => context.record.show(server),
    [Command.exportRecord]: () => exportRecord(server),
    [Command.eraseRecord]: async () => {
      if (await eraseRecord(server)) {
        context.record.clear();
      }
    },
    [Command.dismiss]: async () => {
      context.outcomes.dismissed();
      await commands.executeCommand("editor.action.inlineSuggest.hide");
    },
    [Command.verifyAll]: () => context.fixes.verifyAll(server),
    [Command.applyVerified]: () => context.fixes.applyVerified(server),
    [Command.previewFix]: (...args) => context.fixes.preview(server, args),
    [Command.useProfile]: () => context.fixes.useProfile(server),
    [Command.refactor]: (chosen) => refactor(server, chosen),
    [Command.simplify]: (place) => context.plans.simplify(server, place),
    [Command.rewrite]: (place) => context.rewrites.rewrite(server, place),
    [Command.explain]: (finding) => context.explanations.explain(server, finding),
    [Command.showComplexity]: (...args) => showComplexity(server, args),
    [Command.complexityReport]: () => context.complexity.open(),
    [Command.toggleComplexity]: toggleCodeLens,
  };
  return Object.entries(handlers).map(([id, handler]) =>
    commands.registerCommand(id, async (...args: unknown[]) => {
      await handler(...args).catch((error: unknown) => tell(error, logger));
      if (SHOWN_ON_DASHBOARD.has(id)) {
        context.dashboard.refresh();
      }
    }),
  );
}

/** Shows an error with the buttons that help. */
export async function tell(error: unknown, logger: Logger): Promise<void> {
  logger.error(messageOf(error));
  const start = error instanceof NotRunningError ? ["Start"] : error instanceof EnvironmentError ? ["Try Again"] : [];
  const answer = await window.showErrorMessage(messageOf(error), ...start, "Show Log");
  if (answer === "Start" || answer === "Try Again") {
    await commands.executeCommand(Command.restart);
  } else if (answer === "Show Log") {
    logger.show();
  }
}

function announce(enabled: boolean, where: string): void {
  window.setStatusBarMessage(`Burnish: suggestions are ${enabled ? "on" : "off"}${where}`, 4000);
}

async function newPythonFile(): Promise<void> {
  const document = await workspace.openTextDocument({ language: "python", content: "" });
  await window.showTextDocument(document);
}

async function setUpEnvironment({ connection, environment }: CommandContext): Promise<void> {
  const { interpreter } = launchSettings();
  if (interpreter !== null) {
    await window.showInformationMessage(
      `Burnish uses the interpreter from the setting burnish.interpreter: ${interpreter}. Clear the setting to let Burnish set up its own environment.`,
    );
    return;
  }
  if (!(await environment.exists())) {
    await connection.restart(true);
    return;
  }
  const answer = await window.showWarningMessage(
    "Burnish's Python environment is set up. Remove it and build it again?",
    { modal: true, detail: "This takes as long as the first time. Models you downloaded stay." },
    "Rebuild",
  );
  if (answer === "Rebuild") {
    await connection.restart(true, () => environment.discard());
  }
}

interface MenuItem extends QuickPickItem {
  readonly command?: string;
  readonly args?: readonly unknown[];
}

/** The rows of the menu. */
export function menuItems(view: StatusView, inWorkspace: boolean): MenuItem[] {
  const { enabled, setByWorkspace } = completionState();
  const verb = enabled ? "Turn off" : "Turn on";
  const icon = enabled ? "$(circle-slash)" : "$(sparkle)";
  const here: MenuItem[] = inWorkspace
    ? [{ label: `${icon} ${verb} in this workspace`, command: Command.toggleWorkspace }]
    : [];
  const everywhere: MenuItem[] = setByWorkspace
    ? []
    : [{ label: `${icon} ${verb} suggestions`, command: Command.toggle }];
  return [
    { label: view.summary, kind: QuickPickItemKind.Separator },
    ...everywhere,
    ...here,
    ...(enabled ? snoozeRows(view.snoozed) : []),
    { label: "$(package) Select model…", command: Command.selectModel },
    { label: "$(question) Why was there no suggestion?", command: Command.whyNoSuggestion },
    { label: "", kind: QuickPickItemKind.Separator },
    {
      label: "$(mortar-board) Learning…",
      description: view.recording ? "recording" : "not recording",
      command: Command.learning,
    },
    { label: "$(graph) Dashboard", description: "is it better?", command: Command.dashboard },
    { label: "$(type-hierarchy) Complexity", description: "of the workspace", command: Command.complexityReport },
    { label: "", kind: QuickPickItemKind.Separator },
    { label: "$(pulse) Doctor", description: "what works here and what does not", command: Command.doctor },
    { label: "$(debug-restart) Restart server and engine", command: Command.restart },
    { label: "$(tools) Set up or rebuild the Python environment…", command: Command.setUpEnvironment },
    { label: "$(output) Show log", command: Command.showLog },
    { label: "$(gear) Settings", command: "workbench.action.openSettings", args: ["@ext:burnish.burnish"] },
  ];
}

function snoozeRows(left: SnoozeLeft | null): MenuItem[] {
  const snooze: MenuItem = { label: "$(bell-slash) Snooze suggestions…", command: Command.snooze };
  return left === null
    ? [snooze]
    : [{ label: "$(bell) End Snooze", description: `snoozed ${left.words}`, command: Command.endSnooze }, snooze];
}

async function showMenu(context: CommandContext): Promise<void> {
  const view = context.view();
  const facts = view.facts.map(([name, value]) => `${name.toLowerCase()}: ${value}`).join(" · ");
  const inWorkspace = (workspace.workspaceFolders?.length ?? 0) > 0;
  const choice = await window.showQuickPick(menuItems(view, inWorkspace), {
    title: `Burnish: ${view.summary}`,
    placeHolder: facts,
  });
  if (choice?.command !== undefined) {
    await commands.executeCommand(choice.command, ...(choice.args ?? []));
  }
}
