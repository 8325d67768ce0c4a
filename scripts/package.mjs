/**
 * `npm run package`: the Python wheel, the bundled extension, and both together in dist/burnish-VERSION.vsix.
 *
 * Usage: npm run package -- [--python PATH] [--without-model]
 *   --python PATH     the Python that builds the wheel (it needs hatchling); default: the repository's .venv
 *   --without-model   do not insist on the bundled model (for trying the packaging itself)
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PAYLOAD = path.join(ROOT, "extension", "python");
const DIST = path.join(ROOT, "dist");

/** A failure whose message says what to do; printed without a stack. */
class PackageError extends Error {}

function main() {
  const { values } = parseArgs({
    options: { python: { type: "string" }, "without-model": { type: "boolean", default: false } },
  });
  const manifest = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
  requireFiles();
  const python = values.python ?? defaultPython();
  rmSync(PAYLOAD, { recursive: true, force: true });
  mkdirSync(PAYLOAD, { recursive: true });
  const wheel = buildWheel(python, manifest.version);
  checkWheel(python, wheel, values["without-model"]);
  writeManifest(manifest.version, wheel);
  run(
    process.execPath,
    [path.join(ROOT, "extension", "esbuild.mjs"), "--production"],
    "The extension could not be built.",
  );
  const file = packVsix(manifest.version);
  console.log(`${path.relative(ROOT, file)}: ${megabytes(file)} MB (wheel: ${megabytes(wheel)} MB)`);
}

function requireFiles() {
  const needed = {
    "README.md": "the wheel and the extension show it",
    LICENSE: "the wheel and the extension contain it",
    "constraints.txt": "users' environments are installed with exactly these versions",
    "node_modules/@vscode/vsce/vsce": "run npm ci first",
  };
  const missing = Object.entries(needed).filter(([name]) => !existsSync(path.join(ROOT, name)));
  if (missing.length > 0) {
    throw new PackageError(missing.map(([name, why]) => `${name} is missing (${why}).`).join("\n"));
  }
}

function defaultPython() {
  const folder = process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  const python = path.join(ROOT, ".venv", ...folder);
  if (!existsSync(python)) {
    throw new PackageError(
      `There is no Python at ${python}. Run npm start once, which makes it, or pass --python PATH.`,
    );
  }
  return python;
}

/** Builds the wheel into PAYLOAD and returns its path. */
function buildWheel(python, version) {
  const args = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", PAYLOAD, ROOT];
  run(python, args, "The wheel could not be built. Does this Python have hatchling (pip install hatchling)?");
  const wheels = readdirSync(PAYLOAD).filter((name) => name.endsWith(".whl"));
  if (wheels.length !== 1) {
    throw new PackageError(`One wheel was expected in ${PAYLOAD}, found ${wheels.length}.`);
  }
  if (!wheels[0].startsWith(`burnish-${version}-`)) {
    throw new PackageError(
      `package.json says version ${version} but the wheel is ${wheels[0]}. Make pyproject.toml agree.`,
    );
  }
  return path.join(PAYLOAD, wheels[0]);
}

function checkWheel(python, wheel, withoutModel) {
  const list = "import sys, zipfile; print('\\n'.join(zipfile.ZipFile(sys.argv[1]).namelist()))";
  const names = run(python, ["-c", list, wheel], "The wheel could not be read.", "pipe").split(/\r?\n/);
  const has = (pattern) => names.some((name) => pattern.test(name));
  if (!has(/^burnish_cli\/__main__\.py$/) && !withoutModel) {
    throw new PackageError("The wheel has no burnish_cli/__main__.py, so the server could not be started.");
  }
  if (!has(/^burnish_models\/bundled\/.*\.gguf$/) && !withoutModel) {
    throw new PackageError(
      "The wheel has no bundled model (models/burnish_models/bundled/*.gguf). Train or copy it first.",
    );
  }
}

function writeManifest(version, wheel) {
  const constraints = path.join(PAYLOAD, "constraints.txt");
  copyFileSync(path.join(ROOT, "constraints.txt"), constraints);
  const hash = createHash("sha256").update(readFileSync(wheel)).update(readFileSync(constraints));
  const manifest = { version, wheel: path.basename(wheel), sha256: hash.digest("hex") };
  writeFileSync(path.join(PAYLOAD, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

function packVsix(version) {
  mkdirSync(DIST, { recursive: true });
  const file = path.join(DIST, `burnish-${version}.vsix`);
  rmSync(file, { force: true });
  const vsce = path.join(ROOT, "node_modules", "@vscode", "vsce", "vsce");
  const flags = ["--no-dependencies", "--allow-missing-repository", "--no-rewrite-relative-links"];
  run(process.execPath, [vsce, "package", ...flags, "--out", file], "The .vsix could not be made.");
  return file;
}

/** Runs a program in the root folder; what it prints is shown, or returned with `output` "pipe". */
function run(command, args, failure, output = "inherit") {
  const result = spawnSync(command, args, { cwd: ROOT, stdio: ["ignore", output, "inherit"], encoding: "utf8" });
  if (result.error) {
    throw new PackageError(`${failure} (${result.error.message})`);
  }
  if (result.status !== 0) {
    throw new PackageError(`${failure} (exit code ${result.status ?? result.signal})`);
  }
  return result.stdout ?? "";
}

function megabytes(file) {
  return (statSync(file).size / 1e6).toFixed(1);
}

try {
  main();
} catch (error) {
  if (!(error instanceof PackageError) && error.code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}
