/** Where things lie in this checkout. Everything the scripts make is under folders that git ignores. */

import path from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Downloads, editors, logs: safe to delete at any time. */
export const CACHE = path.join(ROOT, ".cache");

/** One log file per command the scripts run. */
export const LOGS = path.join(CACHE, "logs");

/** The Python environment of this checkout. */
export const VENV = path.join(ROOT, ".venv");

/** The workspace that `npm start` opens. */
export const EXAMPLES = path.join(ROOT, "examples");

/** Where a test run leaves its logs and pictures. */
export const TEST_RESULTS = path.join(ROOT, "test-results");

/** What the end-to-end tests are told by `npm test`: the package, the editor, the browser. */
export const E2E_SETTINGS = path.join(CACHE, "e2e-settings.json");

const binFolder = process.platform === "win32" ? "Scripts" : "bin";
const suffix = process.platform === "win32" ? ".exe" : "";

/**
 * A program of the Python environment.
 * @param {string} name for example `python`, `ruff`
 * @returns {string} its absolute path (whether or not it exists yet)
 */
export function venvProgram(name) {
  return path.join(VENV, binFolder, name + suffix);
}
