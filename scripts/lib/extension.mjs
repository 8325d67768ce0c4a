/** The extension: compiled, and packed into the .vsix file that a user would install. */

import { readdirSync, statSync } from "node:fs";
import path from "node:path";

import { UserError } from "./errors.mjs";
import { npm } from "./npm.mjs";
import { CACHE, ROOT } from "./paths.mjs";
import { step } from "./progress.mjs";
import { run } from "./run.mjs";
import { digest, readStamp, removeStamp, writeStamp } from "./stamps.mjs";

const STAMP = path.join(CACHE, "vsix-stamp.json");

/** Everything that ends up in the package or decides how it is made. */
const INPUTS = [
  ...["package.json", "package-lock.json", "tsconfig.json", ".vscodeignore", "scripts/package.mjs"],
  ...["pyproject.toml", "constraints.txt", "README.md", "CHANGELOG.md", "LICENSE"],
  ...["extension", "server", "models", "telemetry", "training"],
];

/** Compiles the extension into extension/dist. */
export async function buildExtension() {
  await step("Extension, compiled", (update) => runScript("build", update));
}

/**
 * Packs the extension unless the package is newer than everything it is made from.
 * @returns {Promise<{file: string, inputs: string}>} the .vsix file and a digest that names its contents
 */
export async function packageExtension() {
  return step("Extension package (.vsix)", async (update, note) => {
    const inputs = digest(INPUTS, [process.platform, process.arch]);
    const stamp = readStamp(STAMP);
    if (stamp.inputs === inputs && typeof stamp.file === "string" && newestVsix() === stamp.file) {
      note("up to date");
      return { file: stamp.file, inputs };
    }
    removeStamp(STAMP);
    await runScript("package", update);
    const file = newestVsix();
    if (!file) throw new UserError("`npm run package` made no burnish-*.vsix file; run it by hand to see why");
    writeStamp(STAMP, { inputs, file });
    note(`${path.relative(ROOT, file)}, ${(statSync(file).size / 2 ** 20).toFixed(1)} MiB`);
    return { file, inputs };
  });
}

/**
 * @param {string} name of a script in package.json
 * @param {(line: string) => void} onLine
 */
function runScript(name, onLine) {
  const [command, args] = npm("run", name);
  return run(command, args, {
    what: `npm run ${name}`,
    log: `npm-run-${name}`,
    advice: "the log says why; if it makes no sense, delete node_modules and run this again",
    onLine,
  });
}

/** @returns {string | undefined} the youngest burnish-*.vsix in the root folder or in dist */
function newestVsix() {
  return [ROOT, path.join(ROOT, "dist")]
    .flatMap((folder) => entries(folder).map((name) => path.join(folder, name)))
    .filter((file) => /^burnish-.*\.vsix$/.test(path.basename(file)))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}

/** @param {string} folder */
function entries(folder) {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
}
