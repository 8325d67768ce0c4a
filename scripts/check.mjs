/**
 * `npm run check`: formatting, style and types of everything, Python and TypeScript.
 *
 * Usage: npm run check [-- --fix] [-- --only ruff,mypy,…]
 */

import { parseArgs } from "node:util";

import { UserError } from "./lib/errors.mjs";
import { withLock } from "./lib/lock.mjs";
import { ensureNodePackages } from "./lib/npm.mjs";
import { ensurePythonPackages } from "./lib/python.mjs";
import { report, runSuites, select } from "./lib/report.mjs";
import { runMain } from "./lib/run.mjs";
import { checks, fixes } from "./lib/suites.mjs";

const HELP = `Checks formatting, style and types: ruff, mypy, tsc, eslint, prettier.

  npm run check                        everything
  npm run check -- --fix               first let the tools mend what they can
  npm run check -- --only ruff,mypy    only these
`;

/** @returns {Promise<number>} exit code: 1 when something was found */
async function main() {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const chosen = select(checks(), options.only);
  await withLock("setup", async () => {
    await ensureNodePackages();
    await ensurePythonPackages(["dev", "train"]);
  });
  if (options.fix) await runSuites(fixes());
  return report(await runSuites(chosen));
}

function readOptions() {
  try {
    return parseArgs({
      options: { fix: { type: "boolean" }, only: { type: "string" }, help: { type: "boolean", short: "h" } },
    }).values;
  } catch (error) {
    throw new UserError(`${error.message.split("\n")[0]} See npm run check -- --help`);
  }
}

await runMain(main);
