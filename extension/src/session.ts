/** A server session made of vscode-languageclient and the server's process. */
import { setTimeout } from "node:timers/promises";
import type { CancellationToken, WorkspaceConfiguration } from "vscode";
import {
  CloseAction,
  DidChangeConfigurationNotification,
  ErrorAction,
  ExecuteCommandRequest,
  LanguageClient,
  type LanguageClientOptions,
  type MessageTransports,
  RevealOutputChannelOn,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageclient/node";
import type { ServerSession } from "./client";
import { CURSOR_NOTIFICATION, CursorReporter } from "./cursor";
import { ENDPOINT_KEY_NOTIFICATION, type EndpointKeys, redacting } from "./endpointKey";
import { type Logger, logServerLine, messageOf } from "./logger";
import { OUTCOME_NOTIFICATION, type OutcomeReporter } from "./outcomes";
import { parseStatus, type ServerStatus, STATUS_NOTIFICATION } from "./protocol";
import type { ProgressHub } from "./progressHub";
import { type ServerCommandLine, ServerProcess } from "./serverProcess";
import { configurationFor, SECTION, serverSettings } from "./settings";
import type { Snooze } from "./snooze";
import { env, InlineCompletionTriggerKind, workspace } from "./vscodeapi";

export interface SessionOptions {
  readonly line: ServerCommandLine;
  /** Where the server runs: never a project's folder. */
  readonly cwd: string;
  readonly logger: Logger;
  readonly onStatus: (status: ServerStatus) => void;
  readonly progress: ProgressHub;
  readonly endpointKeys: EndpointKeys;
  readonly outcomes: OutcomeReporter;
  readonly snooze: Snooze;
}

/** `{enabled}`: whether the user lets the editor gather telemetry. While not, the server records nothing. */
const EDITOR_TELEMETRY_NOTIFICATION = "burnish/editorTelemetry";

const CANCEL_PROGRESS = "window/workDoneProgress/cancel";

/** How long a broken connection is given to turn out to be the end of the server. */
const LAST_WORDS_MS = 2000;

/** vscode-languageclient without its own pop-ups: what the user is told is decided in one place, not here. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
  override warn(message: string, data?: unknown): void {
    super.warn(message, data, false);
  }
  override info(message: string, data?: unknown): void {
    super.info(message, data, false);
  }
}

/** One server process and the client that talks to it. */
export class LspSession implements ServerSession {
  private process: ServerProcess | null = null;
  private readonly client: LanguageClient;
  private crashListener: ((how: string) => void) | null = null;
  private stopping = false;
  private readonly followers: { dispose(): unknown }[] = [];

  constructor(private readonly options: SessionOptions) {
    this.client = new QuietClient(SECTION, "Burnish", () => this.connect(), this.clientOptions());
    this.client.onNotification(STATUS_NOTIFICATION, (value: unknown) => {
      const status = parseStatus(value);
      if (status === null) {
        options.logger.warn(`A status of the server could not be understood: ${JSON.stringify(value)}`);
      } else {
        options.onStatus(status);
      }
    });
  }

  async start(): Promise<void> {
    const died = this.died();
    // Awaited only below; a handler keeps its rejection after a good start from counting as unhandled.
    died.catch(() => undefined);
    const started = this.client
      .start()
      .catch(async (error: unknown) => {
        // A connection breaks off before its process is reaped, and the process's last words say more.
        if (this.process !== null) {
          await Promise.race([died, setTimeout(LAST_WORDS_MS)]);
        }
        throw error;
      })
      .then(() => this.follow());
    started.catch(() => undefined);
    await Promise.race([started, died]);
  }

  /** From now on the server hears what changes in the editor. */
  private async follow(): Promise<void> {
    const { endpointKeys, outcomes } = this.options;
    if (this.stopping) {
      return;
    }
    this.followers.push(
      endpointKeys.onDidChange(() => void this.sendEndpointKey()),
      env.onDidChangeTelemetryEnabled((enabled) => this.notify(EDITOR_TELEMETRY_NOTIFICATION, { enabled })),
      { dispose: outcomes.attach((params) => this.notify(OUTCOME_NOTIFICATION, params)) },
      this.followSnooze(),
    );
    // It may have changed while the server started.
    this.notify(EDITOR_TELEMETRY_NOTIFICATION, { enabled: env.isTelemetryEnabled });
    await this.sendEndpointKey();
    if (!this.isStopping()) {
      this.followers.push(new CursorReporter((params) => this.notify(CURSOR_NOTIFICATION, params)));
    }
  }

  /** The server is told where a snooze begins and where it ends, and nothing of its minutes. */
  private followSnooze(): { dispose(): unknown } {
    const { snooze } = this.options;
    let told = snooze.active;
    return snooze.onDidChange(() => {
      if (snooze.active !== told) {
        told = snooze.active;
        this.sendSettings().catch((error: unknown) => {
          this.options.logger.debug(`The snooze could not be told: ${messageOf(error)}`);
        });
      }
    });
  }

  /** For after an `await`, which the compiler takes to change nothing. */
  private isStopping(): boolean {
    return this.stopping;
  }

  /** Sends what may be lost without harm. */
  private notify(method: string, params: unknown): void {
    this.client.sendNotification(method, params).catch((error: unknown) => {
      this.options.logger.debug(`${method} could not be sent: ${messageOf(error)}`);
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.options.progress.clear();
    for (const follower of this.followers.splice(0)) {
      follower.dispose();
    }
    try {
      await this.client.dispose();
    } catch (error) {
      this.options.logger.debug(`Stopping the client: ${messageOf(error)}`);
    }
    await this.process?.end();
  }

  execute(command: string, args: readonly unknown[], token?: CancellationToken): Promise<unknown> {
    return this.client.sendRequest(ExecuteCommandRequest.type, { command, arguments: [...args] as never[] }, token);
  }

  onCrash(listener: (how: string) => void): void {
    this.crashListener = listener;
  }

  private processStarted: (process: ServerProcess) => void = () => undefined;
  private readonly processReady = new Promise<ServerProcess>((resolve) => {
    this.processStarted = resolve;
  });

  private async connect(): Promise<MessageTransports> {
    const { line, cwd, logger } = this.options;
    logger.info(`> ${[line.command, ...line.args].join(" ")}`);
    const server = await ServerProcess.start(line, cwd, (text) => logServerLine(logger, text));
    this.process = server;
    this.processStarted(server);
    void server.exited.then((how) => {
      if (!this.stopping) {
        this.crashListener?.(how);
      }
    });
    return {
      reader: new StreamMessageReader(server.child.stdout),
      writer: new StreamMessageWriter(server.child.stdin),
    };
  }

  /** Rejects when the process ends; without this a server that dies while starting would be waited for in vain. */
  private async died(): Promise<never> {
    const server = await this.processReady;
    const how = await server.exited;
    const words = server.lastWords;
    throw new Error(
      `Burnish's language server ended while starting (${how})${words === null ? "." : `: ${words}`} The log has the details.`,
    );
  }

  /** Hands over the key; a secret store that cannot be read costs the key, not the server. */
  private async sendEndpointKey(): Promise<void> {
    try {
      const params = await this.options.endpointKeys.current();
      if (params !== null && !this.stopping) {
        await this.client.sendNotification(ENDPOINT_KEY_NOTIFICATION, params);
      }
    } catch (error) {
      this.options.logger.warn(`The endpoint's key could not be handed over: ${messageOf(error)}`);
    }
  }

  private async sendSettings(): Promise<void> {
    // The address may be another one now, with another key.
    await this.sendEndpointKey();
    await this.client.sendNotification(DidChangeConfigurationNotification.type, {
      settings: { [SECTION]: serverSettings(this.options.snooze.active) },
    });
  }

  private clientOptions(): LanguageClientOptions {
    const { endpointKeys, outcomes, snooze } = this.options;
    const logger = redacting(this.options.logger, endpointKeys);
    const fileEvents = workspace.createFileSystemWatcher("**/*.{py,pyi}");
    // The client disposes it only where it got as far as using it.
    const projectEvents = workspace.createFileSystemWatcher("**/pyproject.toml");
    this.followers.push(fileEvents, projectEvents);
    return {
      documentSelector: [
        { scheme: "file", language: "python" },
        { scheme: "untitled", language: "python" },
      ],
      // Files changed outside of the editor: a checkout, a formatter. The server's workspace memory follows them, and
      // its performance findings the project's settings.
      synchronize: { fileEvents: [fileEvents, projectEvents] },
      outputChannel: logger,
      traceOutputChannel: logger,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: () => ({
        settings: serverSettings(snooze.active),
        editorTelemetry: env.isTelemetryEnabled,
        // Nothing of an untrusted workspace is run. Granting trust restarts the server.
        trusted: workspace.isTrusted,
        previewsFixes: true,
        asksRefactorings: true,
        showsComplexity: true,
        explainsFindings: true,
      }),
      initializationFailedHandler: () => false,
      // Restarting is Connection's work: it has a queue and a backoff, which the client's own handler has not.
      errorHandler: {
        error: (_error, _message, count) => ({
          action: count !== undefined && count <= 3 ? ErrorAction.Continue : ErrorAction.Shutdown,
          handled: true,
        }),
        closed: () => {
          // The pipe may close while the process lives on; its end is what counts as the crash.
          void this.process?.end();
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
      middleware: {
        handleWorkDoneProgress: (token, params, next) => {
          this.options.progress.take(token, params, () => this.notify(CANCEL_PROGRESS, { token }));
          next(token, params);
        },
        provideInlineCompletionItems: async (document, position, context, token, next) => {
          const unasked = context.triggerKind === InlineCompletionTriggerKind.Automatic;
          if (unasked && snooze.active) {
            snooze.heldBack(document, position);
            void outcomes.answered(document, position, null, token);
            return null;
          }
          const answer = await next(document, position, context, token);
          void outcomes.answered(document, position, answer, token);
          return answer;
        },
        workspace: {
          configuration: (params) =>
            params.items.map((item) => configurationFor(item.section, snooze.active) as WorkspaceConfiguration),
          // The server registers for this, and may pull instead of reading what is sent.
          didChangeConfiguration: () => this.sendSettings(),
        },
      },
    };
  }
}
