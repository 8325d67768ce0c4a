// Bundles the extension and the pages of the dashboard and of the complexity report, each into a file of its own; `--watch` rebuilds on change,
// `--production` minifies and drops the source maps.
// Beside them NOTICES.txt collects the licences of the packages that went into the bundles.
import { context } from "esbuild";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const production = process.argv.includes("--production");
const watch = process.argv.includes("--watch");
const root = fileURLToPath(new URL("..", import.meta.url));
const dist = "extension/dist";

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: production,
  sourcemap: !production,
  legalComments: "none",
  logLevel: "info",
  metafile: true,
};

const builds = await Promise.all([
  context({
    ...common,
    entryPoints: ["extension/src/extension.ts"],
    outfile: `${dist}/extension.js`,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["vscode"],
  }),
  // The style sheets, with those they import, become dashboard.css and metrics.css beside them.
  context({
    ...common,
    entryPoints: ["extension/webview/dashboard.ts", "extension/webview/metrics.ts"],
    outdir: dist,
    platform: "browser",
    target: "es2022",
    format: "iife",
  }),
]);

if (watch) {
  await Promise.all(builds.map((build) => build.watch()));
} else {
  const results = await Promise.all(builds.map((build) => build.rebuild()));
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  writeFileSync(path.join(root, dist, "NOTICES.txt"), notices(inputs));
  await Promise.all(builds.map((build) => build.dispose()));
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
