/** The processes below the editor, read from /proc. */

import { readFileSync, readdirSync } from "node:fs";

/**
 * @typedef {{pid: number, parent: number, command: string}} Process
 */

/**
 * @param {number} ancestor a process id
 * @returns {Process[]} everything it started, directly or not
 */
export function descendants(ancestor) {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((process) => process !== undefined);
  const found = [];
  const queue = [ancestor];
  for (const pid of queue) {
    for (const process of all) {
      if (process.parent !== pid) continue;
      found.push(process);
      queue.push(process.pid);
    }
  }
  return found;
}

/**
 * The language server's engine worker.
 * @param {number} editor process id of the editor
 * @returns {Process | undefined}
 */
export function engineWorker(editor) {
  return descendants(editor).find((process) => process.command.includes("burnish_models.engine.worker"));
}

/**
 * @param {number} pid
 * @returns {Process | undefined} undefined when it ended meanwhile
 */
function readProcess(pid) {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces; the fields after it do not.
    const [state, parent] = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? undefined : { pid, parent: Number(parent), command };
  } catch {
    return undefined;
  }
}
