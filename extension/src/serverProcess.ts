/** The language server's process: started safely, watched, and ended for certain. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { cleanEnvironment } from "./python/install";

const EXIT_GRACE_MS = 2000;

export interface ServerCommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

/** The command that starts the server with this interpreter. */
export function serverCommandLine(python: string, extra: readonly string[]): ServerCommandLine {
  // -P: otherwise `-m` puts the current folder on Python's path, where a project's random.py would replace the real one.
  return { command: python, args: ["-P", "-m", "burnish_cli", "serve", "--stdio", ...extra] };
}

/** A running server process. */
export class ServerProcess {
  private last: string[] = [];
  private readonly ended: Promise<string>;

  private constructor(readonly child: ChildProcessWithoutNullStreams) {
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) =>
        resolve(signal === null ? `exit code ${code ?? "none"}` : `signal ${signal}`),
      );
    });
  }

  /**
   * Starts the server in `cwd`; `onLine` gets what it writes to standard error.
   *
   * Rejects with a readable message when the interpreter cannot be started.
   */
  static async start(line: ServerCommandLine, cwd: string, onLine: (line: string) => void): Promise<ServerProcess> {
    const child = spawn(line.command, line.args, {
      cwd,
      env: cleanEnvironment(process.env),
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error: NodeJS.ErrnoException) =>
        reject(
          new Error(`${line.command} cannot be started (${error.code ?? error.message}). Check burnish.interpreter.`),
        ),
      );
    });
    child.on("error", (error) => onLine(`ERROR ${error.message}`));
    const server = new ServerProcess(child);
    createInterface({ input: child.stderr, crlfDelay: Infinity }).on("line", (text) => {
      server.last = [...server.last.slice(-19), text];
      onLine(text);
    });
    return server;
  }

  /** Resolves with how the process ended. */
  get exited(): Promise<string> {
    return this.ended;
  }

  /** The last line the server wrote that says something, for a message to the user. */
  get lastWords(): string | null {
    return this.last.findLast((line) => line.trim() !== "")?.trim() ?? null;
  }

  /** Waits for the process to end and kills it if it does not. */
  async end(graceMs: number = EXIT_GRACE_MS): Promise<void> {
    if (hasEnded(this.child)) {
      return;
    }
    this.child.stdin.end();
    const timer = setTimeout(() => this.child.kill("SIGKILL"), graceMs);
    await this.ended;
    clearTimeout(timer);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
