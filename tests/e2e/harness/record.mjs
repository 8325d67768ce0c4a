/** What Burnish recorded, read as its user would read it: with the command line, from the real file. */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

import { ROOT, venvProgram } from "../../../scripts/lib/paths.mjs";
import { until } from "./wait.mjs";

/** Burnish's state folder during a test. */
export class Home {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /** @returns {boolean} whether anything was ever recorded */
  get hasRecord() {
    return existsSync(path.join(this.folder, "telemetry.sqlite3"));
  }

  /**
   * Runs a command and takes its answer apart.
   * @param {...string} args without --home and --json
   */
  json(...args) {
    return JSON.parse(this.#run("-m", "burnish_cli", "--home", this.folder, ...args, "--json"));
  }

  /** @returns {Record<string, any>[]} every event, the oldest first */
  events() {
    if (!this.hasRecord) return [];
    const lines = this.#run("-m", "burnish_cli", "--home", this.folder, "telemetry", "export").split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  }

  /**
   * Waits for an event of this kind beyond those that are known.
   * @param {string} kind
   * @param {Record<string, any>[]} known
   */
  async newEvent(kind, known) {
    const ids = new Set(known.map((event) => event.id));
    let fresh = [];
    const look = () => {
      fresh = this.events().filter((event) => !ids.has(event.id));
      return fresh.find((event) => event.kind === kind);
    };
    try {
      return await until(`an event of the kind ${kind}`, look, { timeoutMs: 30_000, everyMs: 500 });
    } catch (error) {
      throw new Error(`${error.message}; there came only ${JSON.stringify(fresh, null, 1)}`, { cause: error });
    }
  }

  /**
   * Puts weeks of decisions about the workspace's lines into the record.
   * @param {string} workspace
   * @param {...string} options of seed.py
   */
  seed(workspace, ...options) {
    this.#run(path.join(ROOT, "tests", "e2e", "harness", "seed.py"), this.folder, workspace, ...options);
  }

  /** @param {...string} args */
  #run(...args) {
    return execFileSync(venvProgram("python"), args, { cwd: ROOT, encoding: "utf8", maxBuffer: 2 ** 28 });
  }
}
