/** The connection to the language server: starts and stops one after the other, restarts after crashes, gives up in time. */
import type { CancellationToken } from "vscode";
import { type Logger, messageOf } from "./logger";

/** One life of the language server, from start to end. Made anew for every start. */
export interface ServerSession {
  /** Resolves when the server is initialized; rejects with a readable message when it cannot be. */
  start(): Promise<void>;
  /** Ends the server, whatever state it is in. Never rejects. */
  stop(): Promise<void>;
  execute(command: string, args: readonly unknown[], token?: CancellationToken): Promise<unknown>;
  /** Called at most once: when the server ends without having been asked to. */
  onCrash(listener: (how: string) => void): void;
}

export type ConnectionState =
  | { readonly kind: "stopped" }
  | { readonly kind: "preparing" }
  | { readonly kind: "starting" }
  | { readonly kind: "running" }
  | { readonly kind: "waiting"; readonly detail: string }
  | { readonly kind: "failed"; readonly detail: string };

export interface ConnectionOptions {
  /** Finds the interpreter and makes a session; may take minutes when an environment is built. */
  readonly createSession: (ask: boolean) => Promise<ServerSession>;
  readonly logger: Logger;
  readonly onState: (state: ConnectionState) => void;
  /** Told once when restarting has been given up, or the first start failed. */
  readonly onFailure: (error: unknown) => void;
  /** Milliseconds before each restart after a crash; as many crashes in a row are forgiven as there are delays. */
  readonly backoffMs?: readonly number[];
  /** A server that ran this long starts with a clean record. */
  readonly forgiveAfterMs?: number;
}

const BACKOFF_MS = [250, 1000, 3000, 8000, 15_000];
const FORGIVE_AFTER_MS = 180_000;

/** The server was asked for something while it does not run. */
export class NotRunningError extends Error {
  constructor() {
    super("Burnish's language server is not running.");
    this.name = "NotRunningError";
  }
}

/** Owns the session. Every change of state goes through one queue, so no two ever overlap. */
export class Connection {
  private queue: Promise<void> = Promise.resolve();
  private pendingRestart: Promise<void> | null = null;
  private session: ServerSession | null = null;
  private crashes: number[] = [];
  private timer: NodeJS.Timeout | undefined;
  private disposed = false;
  private current: ConnectionState = { kind: "stopped" };

  constructor(private readonly options: ConnectionOptions) {}

  get state(): ConnectionState {
    return this.current;
  }

  /** Starts the server unless it runs. `ask`: the user wants it, so questions are welcome. */
  start(ask = false): Promise<void> {
    return this.enqueue(() => this.doStart(ask));
  }

  /** Stops the server if it runs, and any restart that was to come. */
  stop(): Promise<void> {
    return this.enqueue(async () => {
      await this.doStop();
      this.setState({ kind: "stopped" });
    });
  }

  /** Stops and starts. Several calls while one waits for its turn become one. `between` runs while nothing does. */
  restart(ask = false, between?: () => Promise<void>): Promise<void> {
    if (this.pendingRestart !== null && between === undefined) {
      return this.pendingRestart;
    }
    const promise = this.enqueue(async () => {
      this.pendingRestart = null;
      this.crashes = [];
      await this.doStop();
      try {
        await between?.();
      } catch (error) {
        this.fail(error);
        return;
      }
      await this.doStart(ask);
    });
    this.pendingRestart = promise;
    return promise;
  }

  /** Stops for good. */
  async dispose(): Promise<void> {
    this.disposed = true;
    await this.stop();
  }

  /** Runs one of the server's commands. Rejects with {@link NotRunningError} while there is no server. */
  execute(command: string, args: readonly unknown[] = [], token?: CancellationToken): Promise<unknown> {
    if (this.session === null || this.current.kind !== "running") {
      return Promise.reject(new NotRunningError());
    }
    return this.session.execute(command, args, token);
  }

  private enqueue(task: () => Promise<void>): Promise<void> {
    const result = this.queue.then(task);
    this.queue = result.catch((error: unknown) => this.options.logger.error(messageOf(error)));
    return this.queue;
  }

  private async doStart(ask: boolean): Promise<void> {
    if (this.disposed || this.session !== null) {
      return;
    }
    clearTimeout(this.timer);
    try {
      this.setState({ kind: "preparing" });
      const session = await this.options.createSession(ask);
      session.onCrash((how) => this.crashed(session, how));
      this.session = session;
      this.setState({ kind: "starting" });
      await session.start();
      // A crash between the answer and now has been handled and has cleared the session.
      if (this.isCurrent(session)) {
        this.setState({ kind: "running" });
      }
    } catch (error) {
      await this.startFailed(error);
    }
  }

  private isCurrent(session: ServerSession): boolean {
    return this.session === session;
  }

  private async startFailed(error: unknown): Promise<void> {
    const session = this.session;
    this.session = null;
    await session?.stop();
    if (this.crashes.length > 0) {
      this.scheduleRestart(messageOf(error), error);
    } else {
      this.fail(error);
    }
  }

  private async doStop(): Promise<void> {
    clearTimeout(this.timer);
    const session = this.session;
    this.session = null;
    await session?.stop();
  }

  /** Only a session that was running counts as crashed; one that never got there makes its start reject. */
  private crashed(session: ServerSession, how: string): void {
    if (this.session !== session || this.current.kind !== "running") {
      return;
    }
    this.session = null;
    this.options.logger.error(`The language server ended unexpectedly (${how}).`);
    void session.stop();
    this.scheduleRestart(how, new Error(`Burnish's language server keeps failing (${how}).`));
  }

  private scheduleRestart(how: string, error: unknown): void {
    const now = Date.now();
    const forgiven = now - (this.options.forgiveAfterMs ?? FORGIVE_AFTER_MS);
    this.crashes = [...this.crashes.filter((time) => time > forgiven), now];
    const delay = (this.options.backoffMs ?? BACKOFF_MS)[this.crashes.length - 1];
    if (this.disposed) {
      return;
    }
    if (delay === undefined) {
      this.fail(error);
      return;
    }
    this.setState({ kind: "waiting", detail: how });
    this.timer = setTimeout(() => void this.start(), delay);
  }

  private fail(error: unknown): void {
    this.crashes = [];
    this.options.logger.error(messageOf(error));
    this.setState({ kind: "failed", detail: messageOf(error) });
    this.options.onFailure(error);
  }

  private setState(state: ConnectionState): void {
    this.current = state;
    this.options.onState(state);
  }
}
