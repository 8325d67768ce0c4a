/**
 * Stamps: what a step was made from, written after everything else, so that an interrupted step is simply done again.
 */

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { ROOT } from "./paths.mjs";

const SKIPPED = new Set(["node_modules", "__pycache__", "dist", "python", ".venv", ".mypy_cache", ".ruff_cache"]);

/**
 * A digest over files and whole folders (paths and contents).
 * @param {string[]} inputs relative to the repository root; what does not exist counts as absent
 * @param {unknown[]} [facts] anything else the result depends on
 * @returns {string} hexadecimal SHA-256
 */
export function digest(inputs, facts = []) {
  const hash = createHash("sha256");
  hash.update(JSON.stringify(facts));
  for (const input of inputs) {
    for (const file of filesUnder(path.join(ROOT, input))) {
      hash.update(`\0${path.relative(ROOT, file)}\0`);
      hash.update(readFileSync(file));
    }
  }
  return hash.digest("hex");
}

/**
 * @param {string} file
 * @returns {Record<string, unknown>} the stamp, empty when there is none or it cannot be read
 */
export function readStamp(file) {
  try {
    const value = JSON.parse(readFileSync(file, "utf8"));
    return value !== null && typeof value === "object" ? value : {};
  } catch {
    return {};
  }
}

/**
 * Writes a stamp in one move: it is there in full or not at all.
 * @param {string} file
 * @param {Record<string, unknown>} stamp
 */
export function writeStamp(file, stamp) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(stamp, null, 2));
  renameSync(`${file}.new`, file);
}

/** @param {string} file */
export function removeStamp(file) {
  rmSync(file, { force: true });
}

/**
 * @param {string} start a file or a folder
 * @returns {string[]} every file at or below it, in a fixed order
 */
function filesUnder(start) {
  const status = statSync(start, { throwIfNoEntry: false });
  if (!status) return [];
  if (status.isFile()) return [start];
  return readdirSync(start, { withFileTypes: true })
    .filter((entry) => !SKIPPED.has(entry.name) && !entry.name.endsWith(".pyc"))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() || entry.isFile() ? filesUnder(path.join(start, entry.name)) : []));
}
