/**
 * `node scripts/pin.mjs`: writes constraints.txt from what is installed in .venv now.
 *
 * Run it after changing versions on purpose (`.venv/bin/python -m pip install -U NAME`) and after the tests pass with them.
 */

import { renameSync, writeFileSync } from "node:fs";
import path from "node:path";

import { UserError } from "./lib/errors.mjs";
import { ROOT, venvProgram } from "./lib/paths.mjs";
import { capture, runMain } from "./lib/run.mjs";

const HEADER = `# The exact versions Burnish is developed and tested with; made by \`node scripts/pin.mjs\`.
# Use: pip install -c constraints.txt -e ".[dev]"
`;

/** Burnish itself, and what an environment brings along by itself. */
const LEFT_OUT = new Set(["burnish", "pip", "setuptools", "wheel"]);

async function main() {
  const listed = capture(venvProgram("python"), ["-m", "pip", "list", "--format=json"]);
  if (listed === undefined) throw new UserError("There is no working .venv; run `npm test` first");
  const pins = JSON.parse(listed)
    .filter(({ name }) => !LEFT_OUT.has(name.toLowerCase()))
    // "2.13.0+cpu" is one build of 2.13.0; which build is installed is each machine's own matter.
    .map(({ name, version }) => `${name.toLowerCase().replaceAll("_", "-")}==${version.split("+")[0]}`)
    .sort();
  const file = path.join(ROOT, "constraints.txt");
  writeFileSync(`${file}.new`, `${HEADER}${pins.join("\n")}\n`);
  renameSync(`${file}.new`, file);
  process.stdout.write(`${pins.length} versions written to constraints.txt\n`);
}

await runMain(main);
