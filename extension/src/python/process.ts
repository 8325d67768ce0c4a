/** Running a program to its end: line by line output, cancellation of the whole process tree, a bounded tail. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

const TAIL_LINES = 400;
const KILL_GRACE_MS = 3000;

/** The user, or the window closing, stopped what was running. */
export class CancelledError extends Error {
  constructor() {
    super("Cancelled.");
    this.name = "CancelledError";
  }
}

/** How a program ended. `tail` holds its last lines of output, oldest first. */
export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly tail: readonly string[];
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Ends the program and everything it started; the promise then rejects with {@link CancelledError}. */
  readonly abort?: AbortSignal;
  /** Ends the program after so many milliseconds; it then counts as ended by a signal. */
  readonly timeoutMs?: number;
  readonly onLine?: (line: string) => void;
}

/**
 * Runs `command` and waits until it and its output have ended.
 *
 * Rejects with {@link CancelledError} when aborted, and with the system's error (`ENOENT`, `EACCES` …) when the
 * program cannot be started. A non-zero exit code is a result, not an error.
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  if (options.abort?.aborted) {
    throw new CancelledError();
  }
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
    // A process group of its own, so that compilers which pip started end with it.
    detached: process.platform !== "win32",
  });
  const tail: string[] = [];
  const take = (line: string): void => {
    tail.push(line);
    if (tail.length > TAIL_LINES) {
      tail.shift();
    }
    options.onLine?.(line);
  };
  readLines(child.stdout, take);
  readLines(child.stderr, take);
  const onAbort = (): void => killTree(child);
  options.abort?.addEventListener("abort", onAbort, { once: true });
  const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => killTree(child), options.timeoutMs);
  try {
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exitCode, exitSignal) => resolve([exitCode, exitSignal]));
    });
    // Set while the promise above was pending, which the type checker cannot see.
    if (isAborted(options.abort)) {
      throw new CancelledError();
    }
    return { code, signal, tail };
  } finally {
    clearTimeout(timer);
    options.abort?.removeEventListener("abort", onAbort);
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function readLines(stream: Readable, take: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on("line", (line) => {
    // Progress bars rewrite their line with carriage returns: only the last state counts.
    const text = line.slice(line.lastIndexOf("\r") + 1).trimEnd();
    if (text !== "") {
      take(text);
    }
  });
}

/** Asks a process and all it started to end, and kills what is left after a few seconds. */
export function killTree(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) {
    return;
  }
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore", windowsHide: true }).once("error", () =>
      child.kill(),
    );
    return;
  }
  signalGroup(pid, "SIGTERM");
  const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), KILL_GRACE_MS);
  timer.unref();
  child.once("close", () => clearTimeout(timer));
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // The group has ended already (macOS says EPERM while its zombie is there), which is what was wanted.
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ESRCH" && code !== "EPERM") {
      throw error;
    }
  }
}
