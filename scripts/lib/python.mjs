/** The Python environment of the checkout: `.venv` with pinned packages and Burnish itself, editable. */

import { existsSync } from "node:fs";
import path from "node:path";

import { needSystem } from "./debian.mjs";
import { UserError } from "./errors.mjs";
import { ROOT, VENV, venvProgram } from "./paths.mjs";
import { step } from "./progress.mjs";
import { capture, run, which } from "./run.mjs";
import { digest, readStamp, removeStamp, writeStamp } from "./stamps.mjs";

const OLDEST = [3, 11];
const NAMES = ["python3", "python3.13", "python3.12", "python3.11", "python3.14", "python"];
const STAMP = path.join(VENV, ".burnish-stamp.json");
const INSTALL = ["-m", "pip", "install", "--verbose", "--no-input", "--progress-bar=off"];
const WITHOUT_AMX = "-U__AMX_INT8__";

/**
 * Makes `.venv` hold Burnish and these extras at the pinned versions.
 * @param {string[]} extras names of the extras of pyproject.toml (`dev`, `train`)
 */
export async function ensurePythonPackages(extras) {
  if (!venvWorks()) await makeVenv();
  const inputs = digest(["pyproject.toml", "constraints.txt"], [venvVersion(), WITHOUT_AMX]);
  const stamp = readStamp(STAMP);
  const have = stamp.inputs === inputs && Array.isArray(stamp.extras) ? stamp.extras : [];
  const current = stamp.inputs === inputs && extras.every((extra) => have.includes(extra));
  if (!current && !hasLlama()) await needCompiler();
  await step(`Python packages${extras.length ? ` (with ${extras.join(", ")})` : ""}`, async (update, note) => {
    if (current) return note("up to date");
    // Keep what an earlier run brought in: `npm start` after `npm test` must not shrink the environment.
    const wanted = [...new Set([...have, ...extras])].sort();
    removeStamp(STAMP);
    const target = wanted.length ? `.[${wanted.join(",")}]` : ".";
    // hatchling: `npm run package` builds the wheel with it.
    const install = (log, ...what) =>
      run(venvProgram("python"), [...INSTALL, "-c", "constraints.txt", ...what], {
        what: "The installation of the Python packages",
        log,
        advice: "see the log; most often the network or the C++ compiler is missing. Then run this again",
        env: compilerEnvironment(),
        onLine: (line) => update(readable(line)),
      });
    await install("pip-install", "hatchling", "-e", target);
    if (hasAmx()) {
      // It was in pip's cache, from before it was compiled without.
      capture(venvProgram("python"), ["-m", "pip", "cache", "remove", "llama_cpp_python"]);
      await install("pip-install-llama", "--force-reinstall", "--no-deps", "llama-cpp-python");
    }
    writeStamp(STAMP, { inputs, extras: wanted, root: ROOT });
  });
}

function hasLlama() {
  return capture(venvProgram("python"), ["-m", "pip", "show", "--quiet", "llama-cpp-python"]) !== undefined;
}

/**
 * For compiling llama.cpp: without Intel's AMX, whose code some compilers (GCC 12 is one) make so that it ends the
 * process (ggml-org/llama.cpp#20824). The extension does the same for its users.
 * @returns {NodeJS.ProcessEnv}
 */
function compilerEnvironment() {
  if (process.platform === "win32" || process.arch !== "x64") return {};
  const flags = (name) => [process.env[name], WITHOUT_AMX].filter(Boolean).join(" ");
  return { CFLAGS: flags("CFLAGS"), CXXFLAGS: flags("CXXFLAGS") };
}

/** Whether the llama.cpp that is installed was compiled with Intel's AMX. */
function hasAmx() {
  const test = "import llama_cpp; print(llama_cpp.llama_print_system_info().decode())";
  return capture(venvProgram("python"), ["-c", test])?.includes("AMX_INT8 = 1") ?? false;
}

/** Makes sure that llama.cpp can be compiled where no ready-made package fits. */
async function needCompiler() {
  await needSystem(["build-essential"], {
    why: "a C++ compiler (for llama.cpp)",
    present: () =>
      process.platform === "win32" || Boolean((which("c++") ?? which("g++") ?? which("clang++")) && which("make")),
    elsewhere: "install a C++ compiler and make (on macOS: xcode-select --install) and run this again",
  });
}

async function makeVenv() {
  const python = await findPython();
  await step("Python environment in .venv", async (update) => {
    removeStamp(STAMP);
    await run(python, ["-m", "venv", "--clear", VENV], {
      what: "The making of the Python environment",
      log: "venv",
      advice: "delete .venv, make sure that Python's venv module is installed, and run this again",
      onLine: update,
    });
  });
}

/** @returns {Promise<string>} a Python that is new enough and can make environments */
async function findPython() {
  const usable = () => NAMES.map(which).find((program) => program && isUsable(program));
  await needSystem(["python3", "python3-venv"], {
    why: `Python ${OLDEST.join(".")} or newer with its venv module`,
    present: () => Boolean(usable()),
    elsewhere: `install Python ${OLDEST.join(".")} or newer and run this again`,
  });
  const found = usable();
  if (!found) throw new UserError("Python disappeared while it was being looked for; run this again");
  return found;
}

/** @param {string} program */
function isUsable(program) {
  const test = `import ensurepip, sys, venv; sys.exit(sys.version_info < (${OLDEST.join(", ")}))`;
  return capture(program, ["-c", test]) !== undefined;
}

/** Whether `.venv` was made for this very folder, its Python starts and has pip. */
function venvWorks() {
  if (!existsSync(venvProgram("python"))) return false;
  const test = `import pip, sys; print(sys.prefix); sys.exit(sys.version_info < (${OLDEST.join(", ")}))`;
  const prefix = capture(venvProgram("python"), ["-c", test]);
  const madeFor = readStamp(STAMP).root;
  return prefix !== undefined && (madeFor === undefined || madeFor === ROOT);
}

function venvVersion() {
  return capture(venvProgram("python"), ["-VV"]) ?? "";
}

/**
 * The part of pip's verbose output worth showing while waiting.
 * @param {string} line
 */
function readable(line) {
  const compiling = /\[(\d+)\/(\d+)\] (?:Building|Linking) \S+ \S+ (?:\S+\/)?(\S+)/.exec(line);
  return compiling ? `compiling llama.cpp, ${compiling[1]} of ${compiling[2]}: ${compiling[3]}` : line;
}
