/** Running other programs: logged, watched, and always ended with us. */

import { spawn, spawnSync } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import readline from "node:readline";

import { CommandError, UserError } from "./errors.mjs";
import { LOGS, ROOT } from "./paths.mjs";

const TAIL_LINES = 12;
const WINDOWS = process.platform === "win32";

/** @type {Set<import("node:child_process").ChildProcess>} */
const living = new Set();

/**
 * Starts a program in a process group of its own, so that it can be ended with everything it started.
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 */
export function startProcess(command, args, options) {
  const child = spawn(command, args, { cwd: ROOT, detached: !WINDOWS, ...options });
  living.add(child);
  child.once("exit", () => living.delete(child));
  child.once("error", () => living.delete(child));
  return child;
}

/**
 * Sends a signal to a program and everything it started.
 * @param {import("node:child_process").ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
export function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    if (WINDOWS) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/**
 * Ends a program: asks, waits, then insists.
 * @param {import("node:child_process").ChildProcess} child
 * @param {number} [graceMs]
 */
export async function endProcess(child, graceMs = 5_000) {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  if (child.exitCode === null && child.signalCode === null) {
    signalGroup(child, "SIGTERM");
    const timer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
    await gone;
    clearTimeout(timer);
  }
  // What the program itself started and left behind.
  signalGroup(child, "SIGKILL");
}

/** Ends everything still running; used when we are told to stop. */
export function endAll() {
  for (const child of living) signalGroup(child, "SIGTERM");
}

/**
 * Runs a program to its end, its output in a log file.
 * @param {string} command
 * @param {string[]} args
 * @param {{what: string, log: string, advice?: string, cwd?: string, env?: NodeJS.ProcessEnv,
 *          onLine?: (line: string) => void}} options `what` begins the sentence of a failure ("The build of …"),
 *   `advice` ends it; `log` is the log file's name without folder and ending
 * @throws {CommandError}
 */
export async function run(command, args, { what, log, advice = "", cwd = ROOT, env, onLine }) {
  mkdirSync(LOGS, { recursive: true });
  const logFile = path.join(LOGS, `${log}.log`);
  const out = createWriteStream(logFile);
  out.write(`$ ${[command, ...args].join(" ")}\n`);
  const child = startProcess(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  /** @type {string[]} */
  const tail = [];
  const follow = (stream) => {
    const lines = readline.createInterface({ input: stream });
    lines.on("line", (line) => {
      out.write(`${line}\n`);
      if (!line.trim()) return;
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      onLine?.(line);
    });
    return new Promise((resolve) => lines.once("close", resolve));
  };
  const drained = Promise.all([follow(child.stdout), follow(child.stderr)]);
  const code = await ended(child, command);
  await drained;
  await new Promise((resolve) => out.end(resolve));
  if (code !== 0) {
    const ending = code === null ? `was ended by ${child.signalCode}` : `failed with exit code ${code}`;
    throw new CommandError(`${what} ${ending}${advice ? `: ${advice}` : "."}`, { log: logFile, tail, code });
  }
}

/**
 * Runs a program to its end with its output on our own terminal.
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, keyboard?: boolean}} [options] `keyboard` lets it ask questions
 * @returns {Promise<number>} its exit code (1 when a signal ended it)
 */
export async function runVisibly(command, args, { cwd = ROOT, env, keyboard = false } = {}) {
  const child = startProcess(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: [keyboard ? "inherit" : "ignore", "inherit", "inherit"],
    ...(keyboard ? { detached: false } : {}),
  });
  return (await ended(child, command)) ?? 1;
}

/**
 * A short command's output.
 * @param {string} command
 * @param {string[]} args
 * @returns {string | undefined} trimmed stdout, or undefined when it cannot be run or fails
 */
export function capture(command, args) {
  const result = spawnSync(command, args, { encoding: "utf8", timeout: 30_000, stdio: ["ignore", "pipe", "ignore"] });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/**
 * Finds a program on the PATH.
 * @param {string} name
 * @returns {string | undefined} its absolute path
 */
export function which(name) {
  const endings = WINDOWS ? (process.env.PATHEXT ?? ".EXE;.CMD;.BAT").split(";") : [""];
  for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
    if (!folder) continue;
    for (const ending of endings) {
      const candidate = path.join(folder, name + ending);
      if (existsSync(candidate)) return candidate;
    }
  }
  return undefined;
}

/**
 * Runs a script's main function: Ctrl-C and SIGTERM end what it started, failures become one sentence and an exit code.
 * @param {() => Promise<number | void>} main resolves to the exit code (0 when it returns nothing)
 */
export async function runMain(main) {
  const stop = (signal, code) => {
    process.stderr.write(`\nStopped by ${signal}; run the same command again to go on.\n`);
    endAll();
    process.exit(code);
  };
  process.once("SIGINT", () => stop("Ctrl-C", 130));
  process.once("SIGTERM", () => stop("SIGTERM", 143));
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    for (const line of error.tail) process.stderr.write(`    ${line}\n`);
    process.stderr.write(`\n${error.message}\n`);
    if (error.log) process.stderr.write(`The whole output is in ${path.relative(process.cwd(), error.log)}\n`);
    process.exitCode = 1;
  } finally {
    endAll();
  }
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @param {string} command
 * @returns {Promise<number | null>}
 */
function ended(child, command) {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      reject(new CommandError(`${command} could not be started (${error.message}); is it installed?`));
    });
    child.once("exit", (code) => resolve(code));
  });
}
