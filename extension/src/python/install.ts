/** Building the virtual environment: its own folder, the packages, a trial import, the stamp. */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { BasePython } from "./base";
import { compilerEnvironment, missingCompiler } from "./compiler";
import { explainPipFailure } from "./pipFailure";
import { parsePipLine, type Step } from "./pipProgress";
import { CancelledError, type Finished, run } from "./process";
import { type Payload, type Stamp, venvPython, writeStamp } from "./stamp";

const FOLDER_PREFIX = "env-";
const IMPORT_TIMEOUT_MS = 120_000;
const TRIAL = "import burnish_cli, burnish_server, burnish_models, llama_cpp; print('imports work')";

/** The environment could not be made; the message says why and what to do. */
export class InstallError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InstallError";
  }
}

export interface InstallRequest {
  /** Folder that holds the stamp and the environments. */
  readonly root: string;
  readonly base: BasePython;
  readonly payload: Payload;
  readonly pipArguments: readonly string[];
  readonly abort?: AbortSignal;
  readonly log: (line: string) => void;
  readonly progress: (step: Step) => void;
  /** Replaced in tests; says what is missing to compile llama.cpp, or `null`. */
  readonly compilerCheck?: () => Promise<string | null>;
}

/**
 * Makes a complete environment under a new name and only then points the stamp at it.
 *
 * Whatever goes wrong (an error, a cancellation) the new folder is removed and an earlier environment stays usable.
 * Returns the stamp. Rejects with {@link InstallError} or {@link CancelledError}.
 */
export async function install(request: InstallRequest): Promise<Stamp> {
  const name = `${FOLDER_PREFIX}${request.payload.sha256.slice(0, 12)}-${randomUUID().slice(0, 8)}`;
  const folder = path.join(request.root, name);
  try {
    await fs.mkdir(request.root, { recursive: true });
    await createVenv(request, folder);
    await installPackages(request, folder);
    await tryImports(request, folder);
    const { version, sha256 } = request.payload;
    const stamp: Stamp = { version, sha256, folder: name, python: request.base.executable };
    if (request.abort?.aborted) {
      throw new CancelledError();
    }
    await writeStamp(request.root, stamp);
    await removeOthers(request.root, name, request.log);
    return stamp;
  } catch (error) {
    await removeFolder(folder, request.log);
    throw explainSystemError(error);
  }
}

/** Removes every environment below `root` but `keep` (what a killed editor or an older version left behind). */
export async function removeOthers(root: string, keep: string | null, log: (line: string) => void): Promise<void> {
  const names = await fs.readdir(root).catch(() => []);
  for (const name of names) {
    if (name.startsWith(FOLDER_PREFIX) && name !== keep) {
      await removeFolder(path.join(root, name), log);
    }
  }
}

async function createVenv(request: InstallRequest, folder: string): Promise<void> {
  request.progress({ message: `Creating the environment with Python ${request.base.version}` });
  const finished = await runLogged(request, request.base.executable, ["-m", "venv", folder]);
  if (finished.code !== 0) {
    const why = explainPipFailure(finished.tail);
    throw new InstallError(
      `The environment could not be created with ${request.base.executable}. ${
        why.kind === "other" ? `Its venv module failed: ${finished.tail.at(-1) ?? "no message"}` : why.sentence
      }`,
    );
  }
}

/**
 * llama.cpp first and alone, because only then does pip say plainly that there is no wheel (together with the
 * constraints it reports a conflict instead); then everything else, which compiles llama.cpp if it must.
 */
async function installPackages(request: InstallRequest, folder: string): Promise<void> {
  request.progress({ message: "Looking for a ready-made llama.cpp" });
  const pin = await pinnedLlama(request.payload.constraints);
  const ready = await pip(request, folder, ["--only-binary", "llama-cpp-python", "--no-deps", pin]);
  const compile = ready.code !== 0;
  if (compile) {
    await prepareCompiling(request, ready);
  }
  const { constraints, wheel } = request.payload;
  const rest = await pip(request, folder, [...(compile ? ["--verbose"] : []), "-c", constraints, wheel]);
  if (rest.code !== 0) {
    const what = compile ? "llama.cpp could not be compiled." : "Burnish could not be installed.";
    throw new InstallError(`${what} ${explainPipFailure(rest.tail).sentence}`);
  }
}

/** Makes sure that compiling is what is called for, and possible. */
async function prepareCompiling(request: InstallRequest, ready: Finished): Promise<void> {
  const failure = explainPipFailure(ready.tail);
  if (failure.kind !== "no-wheel") {
    throw new InstallError(`llama.cpp could not be installed. ${failure.sentence}`);
  }
  request.log(`${failure.sentence} It will be compiled.`);
  const check = request.compilerCheck ?? (() => missingCompiler(process.platform, process.env, request.abort));
  const missing = await check();
  if (missing !== null) {
    throw new InstallError(`${failure.sentence} ${missing}`);
  }
  request.progress({ message: "llama.cpp will be compiled (5 to 10 minutes)", fraction: 0 });
}

/** The llama.cpp that the constraints name, as pip wants it on its command line. */
async function pinnedLlama(constraints: string): Promise<string> {
  const text = await fs.readFile(constraints, "utf8");
  return /^llama[-_]cpp[-_]python\s*==\s*[^\s;#]+/m.exec(text)?.[0].replaceAll(/\s/g, "") ?? "llama-cpp-python";
}

function pip(request: InstallRequest, folder: string, wanted: readonly string[]): Promise<Finished> {
  const fixed = ["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"];
  return runLogged(request, venvPython(folder), [...fixed, ...request.pipArguments, ...wanted]);
}

async function tryImports(request: InstallRequest, folder: string): Promise<void> {
  request.progress({ message: "Trying it out" });
  const finished = await runLogged(request, venvPython(folder), ["-I", "-c", TRIAL], IMPORT_TIMEOUT_MS);
  if (finished.code === 0) {
    return;
  }
  const how =
    finished.signal === null ? (finished.tail.at(-1) ?? `exit code ${finished.code ?? "none"}`) : finished.signal;
  throw new InstallError(
    `Everything was installed, but it does not start on this machine (${how}). The log has the details.`,
  );
}

async function runLogged(
  request: InstallRequest,
  command: string,
  args: readonly string[],
  timeoutMs?: number,
): Promise<Finished> {
  request.log(`> ${[command, ...args].join(" ")}`);
  return run(command, args, {
    cwd: request.root,
    // Without the PYTHON… variables of a shell, which would mix another Python's packages into this one.
    env: compilerEnvironment(cleanEnvironment(process.env)),
    onLine: (line) => {
      request.log(line);
      const step = parsePipLine(line);
      if (step !== null) {
        request.progress(step);
      }
    },
    ...(request.abort && { abort: request.abort }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}

/** The environment for Burnish's own Python: what the editor has, less the variables that redirect Python. */
export function cleanEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const dropped = new Set([
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "VIRTUAL_ENV",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_USER",
  ]);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !dropped.has(name.toUpperCase())));
}

async function removeFolder(folder: string, log: (line: string) => void): Promise<void> {
  try {
    await fs.rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  } catch (error) {
    // Windows keeps files that are in use; the next set-up tries again.
    log(`${folder} could not be removed: ${String(error)}`);
  }
}

/** The operating system's errors (disk full, no permission …) in words; anything else as it is. */
export function explainSystemError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (!(error instanceof Error) || code === undefined) {
    return error;
  }
  const why = explainPipFailure([code, error.message]);
  return new InstallError(why.kind === "other" ? error.message : `${why.sentence} (${error.message})`);
}
