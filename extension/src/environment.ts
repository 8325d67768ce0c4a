/** Which Python runs the server: the one in the settings, or Burnish's own environment, made with the user's consent. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { CancellationToken, Memento, Progress } from "vscode";
import { type Logger, messageOf } from "./logger";
import { type Candidate, candidates, findBasePython } from "./python/base";
import { explainSystemError, install, removeOthers } from "./python/install";
import { acquireLock } from "./python/lock";
import type { Step } from "./python/pipProgress";
import { CancelledError } from "./python/process";
import { type Payload, type Stamp, readPayload, readStamp, removeStamp, venvPython } from "./python/stamp";
import { launchSettings } from "./settings";
import { extensions, ProgressLocation, window } from "./vscodeapi";

const DECLINED_KEY = "environment.declined";
const SET_UP = "Set Up";

/** There is no Python to start the server with: the user said no, stopped the set-up, or it failed. */
export class EnvironmentError extends Error {
  constructor(
    message: string,
    readonly reason: "declined" | "cancelled" | "failed",
  ) {
    super(message);
    this.name = "EnvironmentError";
  }
}

export interface EnvironmentOptions {
  /** Where environments live: below the extension's global storage, which updates of the extension leave alone. */
  readonly root: string;
  /** The extension's `python` folder with wheel, constraints and manifest. */
  readonly payloadFolder: string;
  readonly memory: Memento;
  readonly logger: Logger;
  /** Replaced in tests. */
  readonly listCandidates?: () => Promise<Candidate[]>;
  readonly compilerCheck?: () => Promise<string | null>;
}

/** Finds or makes the Python environment. One instance per window. */
export class Environment {
  private readonly closing = new AbortController();

  constructor(private readonly options: EnvironmentOptions) {}

  /** Stops a set-up that is under way; called when the window closes. */
  dispose(): void {
    this.closing.abort();
  }

  /**
   * The interpreter to start the server with.
   *
   * With `ask` the user is asked even after having declined once. Rejects with {@link EnvironmentError}.
   */
  async resolve(ask: boolean): Promise<string> {
    const { interpreter } = launchSettings();
    if (interpreter !== null) {
      return this.checkInterpreter(interpreter);
    }
    const payload = await readPayload(this.options.payloadFolder);
    if (payload === null) {
      throw new EnvironmentError(
        "This copy of Burnish carries no Python side (it runs from its source). Set burnish.interpreter to a Python that has Burnish installed.",
        "failed",
      );
    }
    const stamp = await readStamp(this.options.root);
    const ready = await this.usable(stamp, payload);
    if (ready !== null) {
      return ready;
    }
    // An environment of an earlier version: its user has agreed to one, and only its packages change.
    if (stamp === null && !(await this.consent(ask))) {
      throw new EnvironmentError("The Python environment has not been set up.", "declined");
    }
    return this.build(payload);
  }

  /** Throws the environment away, so that the next {@link resolve} makes a new one. */
  async discard(): Promise<void> {
    const release = await acquireLock(this.lockFile(), { abort: this.closing.signal });
    try {
      await removeStamp(this.options.root);
      await removeOthers(this.options.root, null, (line) => this.options.logger.info(line));
    } finally {
      await release();
    }
  }

  /** Is there a complete environment of Burnish's own? */
  async exists(): Promise<boolean> {
    return (await readStamp(this.options.root)) !== null;
  }

  private lockFile(): string {
    return path.join(this.options.root, "set-up.lock");
  }

  private async checkInterpreter(interpreter: string): Promise<string> {
    if (path.isAbsolute(interpreter) && !(await isFile(interpreter))) {
      throw new EnvironmentError(
        `The interpreter in burnish.interpreter does not exist: ${interpreter}. Correct the setting, or clear it to let Burnish set up its own environment.`,
        "failed",
      );
    }
    return interpreter;
  }

  private async usable(stamp: Stamp | null, payload: Payload): Promise<string | null> {
    if (stamp?.sha256 !== payload.sha256) {
      return null;
    }
    const python = venvPython(path.join(this.options.root, stamp.folder));
    // Follows the link: an environment whose base Python was uninstalled does not count.
    return (await isFile(python)) ? python : null;
  }

  private async consent(ask: boolean): Promise<boolean> {
    if (!ask && this.options.memory.get<boolean>(DECLINED_KEY, false)) {
      return false;
    }
    const answer = await window.showInformationMessage(
      "Set up Burnish's Python environment?",
      {
        modal: true,
        detail: [
          "What: a Python environment with Burnish, its small model and llama.cpp, which runs it.",
          `Where: ${this.options.root}`,
          "How big: about 200 MB on disk, 1 GB more while compiling; about 100 MB are downloaded from the Python package index.",
          "How long: a minute where a ready-made llama.cpp exists. Otherwise it is compiled, which takes 5 to 10 minutes and needs a C and C++ compiler.",
          "Nothing else on this machine is changed. Afterwards Burnish needs no network.",
        ].join("\n\n"),
      },
      SET_UP,
    );
    await this.options.memory.update(DECLINED_KEY, answer !== SET_UP);
    return answer === SET_UP;
  }

  private async build(payload: Payload): Promise<string> {
    try {
      return await window.withProgress(
        { location: ProgressLocation.Notification, title: "Burnish", cancellable: true },
        (progress, token) => this.buildWith(payload, progress, token),
      );
    } catch (error) {
      if (error instanceof CancelledError) {
        throw new EnvironmentError("The set-up was cancelled; nothing was left behind.", "cancelled");
      }
      this.options.logger.error(`Set-up failed: ${messageOf(error)}`);
      throw new EnvironmentError(messageOf(explainSystemError(error)), "failed");
    }
  }

  private async buildWith(
    payload: Payload,
    progress: Progress<{ message?: string; increment?: number }>,
    token: CancellationToken,
  ): Promise<string> {
    const cancel = new AbortController();
    const listener = token.onCancellationRequested(() => cancel.abort());
    const abort = AbortSignal.any([cancel.signal, this.closing.signal]);
    try {
      const release = await acquireLock(this.lockFile(), {
        abort,
        onWait: (pid) =>
          progress.report({ message: `Another window${pid === null ? "" : ` (process ${pid})`} is setting up` }),
      });
      try {
        // The other window may have done the work meanwhile.
        const ready = await this.usable(await readStamp(this.options.root), payload);
        return ready ?? (await this.installFrom(payload, stepReporter(progress), abort));
      } finally {
        await release();
      }
    } finally {
      listener.dispose();
    }
  }

  private async installFrom(payload: Payload, report: (step: Step) => void, abort: AbortSignal): Promise<string> {
    const { logger, root } = this.options;
    const log = (line: string): void => logger.info(line);
    report({ message: "Looking for Python" });
    const list = this.options.listCandidates
      ? await this.options.listCandidates()
      : candidates(await selectedInterpreter(logger));
    const base = await findBasePython(list, log, abort);
    const stamp = await install({
      root,
      base,
      payload,
      pipArguments: launchSettings().pipArguments,
      abort,
      log,
      progress: report,
      ...(this.options.compilerCheck && { compilerCheck: this.options.compilerCheck }),
    });
    log(`The environment is complete: ${path.join(root, stamp.folder)}`);
    return venvPython(path.join(root, stamp.folder));
  }
}

/** Maps steps to the notification: repeated messages are dropped, fractions become increments of the bar. */
export function stepReporter(progress: Progress<{ message?: string; increment?: number }>): (step: Step) => void {
  let message = "";
  let shown = 0;
  return (step) => {
    const percent = Math.floor((step.fraction ?? 0) * 100);
    const increment = Math.max(0, percent - shown);
    if (step.message === message && increment === 0) {
      return;
    }
    message = step.message;
    shown += increment;
    progress.report({ message, ...(increment > 0 && { increment }) });
  };
}

/** What the part of the Python extension's API that is used here looks like. */
interface PythonExtensionApi {
  readonly environments?: {
    getActiveEnvironmentPath(): { readonly path: string };
    resolveEnvironment(
      environment: unknown,
    ): Promise<{ readonly executable: { readonly uri?: { readonly fsPath: string } } } | undefined>;
  };
}

async function selectedInterpreter(logger: Logger): Promise<string | null> {
  const extension = extensions.getExtension<PythonExtensionApi>("ms-python.python");
  if (extension === undefined) {
    return null;
  }
  try {
    const api = extension.isActive ? extension.exports : await extension.activate();
    const environments = api.environments;
    const resolved = await environments?.resolveEnvironment(environments.getActiveEnvironmentPath());
    return resolved?.executable.uri?.fsPath ?? null;
  } catch (error) {
    // A broken Python extension is no reason to fail: the PATH is searched as well.
    logger.warn(`The Python extension could not be asked for its interpreter: ${messageOf(error)}`);
    return null;
  }
}

async function isFile(file: string): Promise<boolean> {
  return fs.stat(file).then(
    (stat) => stat.isFile(),
    () => false,
  );
}
