/** Finding a Python that can hold Burnish's environment. */
import * as path from "node:path";
import { CancelledError, run } from "./process";

export const MINIMUM_PYTHON = [3, 11] as const;
const PROBE_TIMEOUT_MS = 20_000;

/** A command that may start a Python, and where the idea came from. */
export interface Candidate {
  readonly command: string;
  readonly args: readonly string[];
  readonly origin: string;
}

/** A Python that was run and can create virtual environments. */
export interface BasePython {
  /** Absolute path of the real interpreter (not of a project's virtual environment). */
  readonly executable: string;
  readonly version: string;
  readonly origin: string;
}

/** No Python on this machine will do. `rejected` holds one line for each that was tried. */
export class NoPythonError extends Error {
  constructor(readonly rejected: readonly string[]) {
    super(
      `No Python ${MINIMUM_PYTHON.join(".")} or newer with the venv module was found. ${advice(rejected)} ` +
        "Or set burnish.interpreter to a Python that has Burnish installed.",
    );
    this.name = "NoPythonError";
  }
}

// Asks for the base executable: an environment made from a project's venv would break when that venv is deleted.
const PROBE = `
import json, platform, sys
missing = []
for name in ("venv", "ensurepip", "ssl", "sqlite3"):
    try:
        __import__(name)
    except ImportError:
        missing.append(name)
print("BURNISH " + json.dumps({
    "executable": getattr(sys, "_base_executable", None) or sys.executable,
    "version": list(sys.version_info[:3]),
    "bits": 64 if sys.maxsize > 2**32 else 32,
    "implementation": platform.python_implementation(),
    "missing": missing,
}))
`;

interface ProbeAnswer {
  executable: string;
  version: [number, number, number];
  bits: number;
  implementation: string;
  missing: string[];
}

/** Every command worth trying, best first. `selected` is what the Python extension has selected, if it is there. */
export function candidates(selected: string | null, platform: NodeJS.Platform = process.platform): Candidate[] {
  const list: Candidate[] = [];
  if (selected !== null && selected !== "") {
    list.push({ command: selected, args: [], origin: "selected in the Python extension" });
  }
  if (platform === "win32") {
    for (const version of ["-3.13", "-3.12", "-3.11", "-3"]) {
      list.push({ command: "py", args: [version], origin: "Python launcher" });
    }
  }
  for (const command of ["python3.13", "python3.12", "python3.11", "python3", "python"]) {
    list.push({ command, args: [], origin: "PATH" });
  }
  return list;
}

/**
 * Runs the candidates in turn and returns the first that is new enough and can create virtual environments.
 *
 * Rejects with {@link NoPythonError}, which says what was wrong with each, or {@link CancelledError}.
 */
export async function findBasePython(
  list: readonly Candidate[],
  log: (line: string) => void,
  abort?: AbortSignal,
): Promise<BasePython> {
  const rejected: string[] = [];
  for (const candidate of list) {
    const result = await probe(candidate, abort);
    if (typeof result !== "string") {
      log(`Python ${result.version} at ${result.executable} (${result.origin}) will do.`);
      return result;
    }
    const line = `${[candidate.command, ...candidate.args].join(" ")} (${candidate.origin}): ${result}`;
    log(line);
    rejected.push(line);
  }
  throw new NoPythonError(rejected);
}

/** A usable Python, or the reason why this candidate is not one. */
async function probe(candidate: Candidate, abort?: AbortSignal): Promise<BasePython | string> {
  let answer: ProbeAnswer | null;
  try {
    const finished = await run(candidate.command, [...candidate.args, "-I", "-c", PROBE], {
      timeoutMs: PROBE_TIMEOUT_MS,
      ...(abort && { abort }),
    });
    answer = parseAnswer(finished.tail);
    if (answer === null) {
      return `did not answer like a Python 3 (exit code ${finished.code ?? "none"})`;
    }
  } catch (error) {
    if (error instanceof CancelledError) {
      throw error;
    }
    const code = (error as NodeJS.ErrnoException).code;
    return code === "ENOENT" ? "not found" : `cannot be started (${code ?? String(error)})`;
  }
  const problem = reject(answer);
  if (problem !== null) {
    return problem;
  }
  return {
    executable: path.normalize(answer.executable),
    version: answer.version.join("."),
    origin: candidate.origin,
  };
}

function parseAnswer(lines: readonly string[]): ProbeAnswer | null {
  const line = lines.find((text) => text.startsWith("BURNISH "));
  if (line === undefined) {
    return null;
  }
  try {
    return JSON.parse(line.slice("BURNISH ".length)) as ProbeAnswer;
  } catch {
    return null;
  }
}

function reject(answer: ProbeAnswer): string | null {
  const [major, minor] = answer.version;
  const version = answer.version.join(".");
  if (major < MINIMUM_PYTHON[0] || (major === MINIMUM_PYTHON[0] && minor < MINIMUM_PYTHON[1])) {
    return `is version ${version}; ${MINIMUM_PYTHON.join(".")} or newer is needed`;
  }
  if (answer.implementation !== "CPython") {
    return `is ${answer.implementation}; CPython is needed`;
  }
  if (answer.bits !== 64) {
    return "is a 32-bit Python; a 64-bit one is needed";
  }
  if (answer.missing.length > 0) {
    return `is version ${version} but lacks ${answer.missing.join(", ")}`;
  }
  return null;
}

function advice(rejected: readonly string[]): string {
  const crippled = rejected.find((line) => line.includes("lacks") && line.includes("ensurepip"));
  if (process.platform === "linux" && crippled !== undefined) {
    const minor = /is version (\d+\.\d+)/.exec(crippled)?.[1] ?? "3";
    return `The Python here was found without the parts that create environments: on Debian and Ubuntu run "sudo apt install python${minor}-venv" and try again.`;
  }
  switch (process.platform) {
    case "win32":
      return 'Install Python from the Microsoft Store or with "winget install Python.Python.3.13" and try again.';
    case "darwin":
      return 'Install Python with "brew install python" or from its website and try again.';
    default:
      return 'Install Python with your package manager (Debian and Ubuntu: "sudo apt install python3 python3-venv") and try again.';
  }
}
