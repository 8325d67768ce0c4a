/** One set-up at a time: a lock file with the owner's process id, taken over when its owner is gone. */

import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import path from "node:path";

import { CACHE } from "./paths.mjs";
import { step } from "./progress.mjs";

const ABANDONED_MS = 10_000;

/**
 * Runs `work` while holding the lock.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(name, work) {
  mkdirSync(CACHE, { recursive: true });
  const file = path.join(CACHE, `${name}.lock`);
  if (!take(file)) {
    await step(`Another set-up in this folder (process ${owner(file) ?? "unknown"})`, async () => {
      while (!take(file)) await new Promise((resolve) => setTimeout(resolve, 500));
    });
  }
  const release = () => rmSync(file, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

/** @param {string} file */
function take(file) {
  const pid = owner(file);
  // A file without a number is one whose owner died while writing it, unless it is being written just now.
  const abandoned = pid === undefined ? ageMs(file) > ABANDONED_MS : !isAlive(pid);
  if (abandoned) rmSync(file, { force: true });
  try {
    const handle = openSync(file, "wx");
    writeSync(handle, String(process.pid));
    closeSync(handle);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/**
 * @param {string} file
 * @returns {number | undefined} the process that holds the lock
 */
function owner(file) {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} file */
function ageMs(file) {
  const status = statSync(file, { throwIfNoEntry: false });
  return status ? Date.now() - status.mtimeMs : 0;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
