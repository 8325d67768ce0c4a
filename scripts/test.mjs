/**
 * `npm test`: makes what the tests need and runs them all.
 *
 * Usage: npm test -- [--only ruff,unit,…] [--update-images]
 */

import { parseArgs } from "node:util";

import { ensureChromium } from "./lib/chromium.mjs";
import { ensureCodeServer } from "./lib/codeserver.mjs";
import { UserError } from "./lib/errors.mjs";
import { buildExtension, packageExtension } from "./lib/extension.mjs";
import { withLock } from "./lib/lock.mjs";
import { ensureNodePackages } from "./lib/npm.mjs";
import { E2E_SETTINGS } from "./lib/paths.mjs";
import { ensurePythonPackages } from "./lib/python.mjs";
import { report, runSuites, select } from "./lib/report.mjs";
import { runMain } from "./lib/run.mjs";
import { writeStamp } from "./lib/stamps.mjs";
import { checks, tests } from "./lib/suites.mjs";

const E2E_TIMEOUT_MS = 20 * 60_000;

const HELP = `Makes what the tests need and runs them all.

  npm test                           everything
  npm test -- --only unit,lsp        only these: the checks (ruff, mypy, …), extension, unit, lsp, integration, e2e
  npm test -- --only e2e --update-images
                                     also takes the pictures of docs/images anew
`;

/** @returns {Promise<number>} exit code: 1 when a suite failed */
async function main() {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const end = {
    name: "e2e",
    title: "A real VS Code in a real browser (node:test)",
    command: process.execPath,
    args: [],
  };
  const chosen = select([...checks(), ...tests(), end], options.only);
  await withLock("setup", async () => {
    await ensureNodePackages();
    await ensurePythonPackages(["dev", "train"]);
    await buildExtension();
    if (chosen.includes(end)) end.args = await prepareEndToEnd(options["update-images"] ?? false);
  });
  return report(await runSuites(chosen));
}

/**
 * @param {boolean} updateImages
 * @returns {Promise<string[]>} the arguments for Node.js that run the end-to-end tests
 */
async function prepareEndToEnd(updateImages) {
  const vsix = await packageExtension();
  const codeServer = await ensureCodeServer();
  const chromium = await ensureChromium();
  writeStamp(E2E_SETTINGS, { vsix, codeServer, chromium, updateImages });
  return [
    ...["--test", "--test-reporter=spec", "--test-concurrency=1", `--test-timeout=${E2E_TIMEOUT_MS}`],
    ...["burnish", "perf", "metrics", "refactor", "rewrite", "learning", "start"].map(
      (name) => `tests/e2e/${name}.test.mjs`,
    ),
  ];
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        only: { type: "string" },
        "update-images": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new UserError(`${error.message.split("\n")[0]} See npm test -- --help`);
  }
}

await runMain(main);
