/** Running suites one after the other and saying at the end how each went. */

import { UserError } from "./errors.mjs";
import { duration } from "./progress.mjs";
import { runVisibly } from "./run.mjs";

/**
 * @typedef {import("./suites.mjs").Suite} Suite
 * @typedef {{title: string, code: number, took: number}} Result
 */

/**
 * Runs every suite, also after one has failed.
 * @param {Suite[]} suites
 * @returns {Promise<Result[]>}
 */
export async function runSuites(suites) {
  const results = [];
  for (const { title, command, args } of suites) {
    process.stdout.write(`\n── ${title}\n`);
    const started = Date.now();
    const code = await runVisibly(command, args);
    results.push({ title, code, took: Date.now() - started });
  }
  return results;
}

/**
 * Prints a table of the results.
 * @param {Result[]} results
 * @returns {number} the exit code of the whole: 0 only when all went well
 */
export function report(results) {
  const failed = results.filter((result) => result.code !== 0);
  process.stdout.write("\n");
  for (const { title, code, took } of results) {
    const verdict = code === 0 ? "✓" : "✗";
    process.stdout.write(`${verdict} ${title} (${duration(took)}${code === 0 ? "" : `, exit code ${code}`})\n`);
  }
  const count = `${results.length - failed.length} passed, ${failed.length} failed`;
  process.stdout.write(`\nsuites: ${count}\n`);
  return failed.length === 0 ? 0 : 1;
}

/**
 * @param {Suite[]} suites
 * @param {string | undefined} only names separated by commas; undefined chooses all
 * @returns {Suite[]}
 */
export function select(suites, only) {
  if (only === undefined) return suites;
  const names = only.split(",").filter(Boolean);
  const known = suites.map((suite) => suite.name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length || !names.length) {
    throw new UserError(
      `--only takes names from ${known.join(", ")}; ${unknown.join(", ") || "nothing"} is not among them`,
    );
  }
  return suites.filter((suite) => names.includes(suite.name));
}
