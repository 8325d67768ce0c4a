// Bundles the extension into one file; `--watch` rebuilds on change, `--production` minifies and drops the source map.
// Beside it NOTICES.txt collects the licences of the packages that went into the bundle.
import { context } from "esbuild";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const production = process.argv.includes("--production");
const watch = process.argv.includes("--watch");
const root = fileURLToPath(new URL("..", import.meta.url));
const outfile = "extension/dist/extension.js";

const build = await context({
  absWorkingDir: root,
  entryPoints: ["extension/src/extension.ts"],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  minify: production,
  sourcemap: !production,
  legalComments: "none",
  logLevel: "info",
  metafile: true,
});

if (watch) {
  await build.watch();
} else {
  const { metafile } = await build.rebuild();
  writeFileSync(path.join(root, path.dirname(outfile), "NOTICES.txt"), notices(Object.keys(metafile.inputs)));
  await build.dispose();
}

/** The name, version and licence text of every package among the bundled files. */
function notices(inputs) {
  const folders = new Set();
  for (const input of inputs) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) {
      folders.add(found[1]);
    }
  }
  return [...folders].sort().map(notice).join("\n");
}

function notice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(path.join(root, folder, "package.json"), "utf8"));
  const file = readdirSync(path.join(root, folder)).find((entry) => /^licen[cs]e(\.\w+)?$/i.test(entry));
  const text =
    file && existsSync(path.join(root, folder, file)) ? readFileSync(path.join(root, folder, file), "utf8") : "";
  return `${"=".repeat(72)}\n${name} ${version} (${license})\n\n${text.trim()}\n`;
}
