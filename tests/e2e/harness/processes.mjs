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
 * The language server's engine worker: the Python process whose parent is the server.
 * @param {number} editor process id of the editor
 * @returns {Process | undefined}
 */
export function engineWorker(editor) {
  const below = descendants(editor);
  const servers = below.filter((process) => /\bserve\b/.test(process.command) && /burnish/.test(process.command));
  const serverPids = new Set(servers.map((server) => server.pid));
  // multiprocessing's resource tracker is a child of the server, too, but not the one that holds the model.
  return below
    .filter((process) => serverPids.has(process.parent) && !serverPids.has(process.pid))
    .find((process) => /worker|spawn_main/.test(process.command) && !/resource_tracker/.test(process.command));
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
