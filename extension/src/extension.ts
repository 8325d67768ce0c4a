/** Wiring only: makes the parts, connects them, and takes them down again. */
import * as path from "node:path";
import type { ExtensionContext } from "vscode";
import { Connection, type ConnectionState } from "./client";
import { Command, registerCommands, tell } from "./commands";
import { act } from "./dashboard/actions";
import { Dashboard } from "./dashboard/panel";
import { Doctor, type Facts } from "./doctor";
import { EndpointKeys } from "./endpointKey";
import { Environment, EnvironmentError } from "./environment";
import { registerDisclosure } from "./learning/consent";
import { RecordView } from "./learning/record";
import { createLogger, type Logger, messageOf } from "./logger";
import { ComplexityReport, MEASURING_TITLE } from "./metrics/panel";
import type { Executor } from "./models";
import { OutcomeReporter } from "./outcomes";
import { FixPages } from "./perf";
import { ProgressHub } from "./progressHub";
import type { ServerStatus } from "./protocol";
import { Explanations } from "./refactor";
import { PlanWalk } from "./refactorPlan";
import { Rewrites } from "./rewrite";
import { serverCommandLine } from "./serverProcess";
import { LspSession } from "./session";
import { completionState, launchSettings, RESTART_KEYS } from "./settings";
import { Snooze } from "./snooze";
import { renderStatus, StatusItems, type StatusView } from "./status";
import { commands, env, Uri, version, workspace } from "./vscodeapi";

/** How the title of the server's progress begins while a run goes on. */
const TRAINING_TITLE = "Training";

/** What must outlive the subscriptions: the editor disposes those without waiting for {@link deactivate}. */
let running: { readonly connection: Connection; readonly logger: Logger } | undefined;

export function activate(context: ExtensionContext): void {
  const logger = createLogger();
  const progress = new ProgressHub();
  const storage = context.globalStorageUri.fsPath;
  const environment = new Environment({
    root: path.join(storage, "python"),
    payloadFolder: path.join(context.extensionPath, "extension", "python"),
    memory: context.globalState,
    logger,
  });
  const snooze = new Snooze();
  const status = new StatusBoard(snooze);
  const endpointKeys = new EndpointKeys(context.secrets);
  const outcomes = new OutcomeReporter();
  const fixes = new FixPages();
  const plans = new PlanWalk();
  const rewrites = new Rewrites();
  const explanations = new Explanations();
  const own = new Connection({
    createSession: async (ask) => {
      const python = await environment.resolve(ask);
      status.update({ setUp: true, python });
      const line = serverCommandLine(python, launchSettings().serverArguments);
      return new LspSession({
        line,
        cwd: storage,
        logger,
        progress,
        endpointKeys,
        outcomes,
        snooze,
        onStatus: (server) => {
          status.update({ server });
          dashboard.serverChanged(server);
        },
      });
    },
    logger,
    onState: (state) =>
      status.update(state.kind === "running" ? { connection: state } : { connection: state, server: null }),
    onFailure: (error) => {
      const reason = error instanceof EnvironmentError ? error.reason : "failed";
      status.update({ setUp: reason === "failed" });
      if (reason === "failed") {
        void tell(error, logger);
      } else {
        logger.info(messageOf(error));
      }
    },
  });
  running = { connection: own, logger };
  const server: Executor = {
    execute: (command, args, token) => own.execute(command, args, token),
    onProgress: (listener) => progress.listen(listener),
  };
  const record = new RecordView(path.join(storage, "record"));
  const dashboard = new Dashboard({
    server,
    assets: Uri.joinPath(context.extensionUri, "extension", "dist"),
    act: (action, adapter) =>
      act({ server, logger, stopTraining: () => progress.cancel(TRAINING_TITLE) }, action, adapter),
    stoppable: () => progress.canCancel(TRAINING_TITLE),
  });
  const complexity = new ComplexityReport({
    server,
    assets: Uri.joinPath(context.extensionUri, "extension", "dist"),
    stop: () => progress.cancel(MEASURING_TITLE),
    restartCommand: Command.restart,
  });
  const doctor = new Doctor(() => Promise.resolve(installationFacts(context, status)));
  context.subscriptions.push(
    environment,
    status,
    doctor,
    outcomes,
    record,
    dashboard,
    complexity,
    snooze,
    fixes,
    plans,
    rewrites,
    explanations,
    snooze.onDidChange(() => status.update({})),
    registerDisclosure(),
    ...registerCommands({
      connection: own,
      server,
      environment,
      doctor,
      endpointKeys,
      outcomes,
      record,
      dashboard,
      complexity,
      snooze,
      fixes,
      plans,
      rewrites,
      explanations,
      logger,
      view: () => status.view(),
    }),
    workspace.onDidChangeConfiguration((event) => {
      status.update({});
      if (RESTART_KEYS.some((key) => event.affectsConfiguration(key))) {
        void own.restart();
      }
    }),
    workspace.onDidGrantWorkspaceTrust(() => void own.restart()),
  );
  // Not awaited: activation must not wait for an environment to be built.
  void workspace.fs.createDirectory(context.globalStorageUri).then(() => own.start());
  record
    .sweep()
    .catch((error: unknown) => logger.warn(`Copies of the record could not be removed: ${messageOf(error)}`));
}

export async function deactivate(): Promise<void> {
  await running?.connection.dispose();
  running?.logger.dispose();
  running = undefined;
}

interface BoardState {
  readonly connection: ConnectionState;
  readonly server: ServerStatus | null;
  readonly setUp: boolean;
  readonly python: string;
}

/** Keeps what is known and redraws the status items when it changes. */
class StatusBoard {
  private disposed = false;
  private readonly items = new StatusItems(Command.showMenu, Command.setUpEnvironment);
  private state: BoardState = { connection: { kind: "stopped" }, server: null, setUp: true, python: "none" };

  constructor(private readonly snooze: Snooze) {}

  update(change: Partial<BoardState>): void {
    if (this.disposed) {
      return;
    }
    this.state = { ...this.state, ...change };
    this.items.show(this.view());
    void commands.executeCommand("setContext", "burnish.environmentReady", this.state.connection.kind === "running");
    void commands.executeCommand("setContext", "burnish.snoozed", this.snooze.active);
  }

  view(): StatusView {
    return renderStatus({ ...this.state, ...completionState(), snoozed: this.snooze.left });
  }

  get python(): string {
    return this.state.python;
  }

  dispose(): void {
    this.disposed = true;
    this.items.dispose();
  }
}

function installationFacts(context: ExtensionContext, status: StatusBoard): Facts {
  const manifest = context.extension.packageJSON as { version: string };
  return [
    ["Extension", manifest.version],
    ["Editor", `${env.appName} ${version}`],
    ["System", `${process.platform} ${process.arch}`],
    ["Python", status.python],
    ["State", status.view().summary],
    ...status.view().facts,
  ];
}
