/**
 * code-server: VS Code in a browser, from its npm package.
 *
 * Its own install script is not used: newer npm versions block install scripts, and one dependency's script wants a
 * download from outside the package registry. So the package is unpacked, its dependencies are installed
 * without scripts, and the four native modules that matter are compiled here.
 */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";

import { needSystem, wishSystem } from "./debian.mjs";
import { UserError } from "./errors.mjs";
import { npm, npmFolder } from "./npm.mjs";
import { CACHE } from "./paths.mjs";
import { step } from "./progress.mjs";
import { run, which } from "./run.mjs";

const VERSION = "4.100.3";
const SHA512 = "q/Fh2DOxCRNhC/WiG/6sAhSKnj7ZACTVBaeeZ+rWjol//0FCbl/qg1ln5ecZ99jYcfqMxZZAyWcN+YBIo0DgpA==";
const HOME = path.join(CACHE, `code-server-${VERSION}-node${process.versions.modules}`);

/** Native modules, and whether the editor cannot start without them. */
const NATIVE = [
  { folder: "node_modules/argon2", needed: true },
  { folder: "lib/vscode/node_modules/@vscode/spdlog", needed: false },
  { folder: "lib/vscode/node_modules/native-watchdog", needed: false },
  { folder: "lib/vscode/node_modules/node-pty", needed: false },
];

/** @returns {Promise<string>} code-server's entry script, installed under .cache if need be */
export async function ensureCodeServer() {
  const entry = path.join(HOME, "out", "node", "entry.js");
  if (existsSync(entry)) return entry;
  if (process.platform === "win32") {
    throw new UserError(
      "The browser editor does not run on Windows; install VS Code so that `code` is on the PATH, and run this again",
    );
  }
  await needSystem(["build-essential"], {
    why: "a C++ compiler (for the browser editor)",
    present: () => Boolean((which("c++") ?? which("g++") ?? which("clang++")) && which("make")),
    elsewhere: "install a C++ compiler and make (on macOS: xcode-select --install) and run this again",
  });
  await wishSystem(["ripgrep"], { why: "search in the browser editor", present: () => which("rg") !== undefined });
  await step(`Browser editor (code-server ${VERSION})`, install);
  return entry;
}

/** @param {(line: string) => void} update */
async function install(update) {
  const partial = `${HOME}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const options = {
    what: "The installation of code-server",
    advice: "check the network, then run this again",
    onLine: update,
  };
  const archive = await download(options);
  await run("tar", ["-xzf", archive, "-C", partial, "--strip-components=1"], { ...options, log: "code-server-unpack" });
  for (const folder of ["", "lib/vscode", "lib/vscode/extensions"]) {
    const [command, args] = npm("install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund");
    const log = `code-server-npm-${path.basename(folder) || "root"}`;
    await run(command, args, { ...options, log, cwd: path.join(partial, folder) });
  }
  for (const native of NATIVE) await compile(path.join(partial, native.folder), native.needed, update);
  symlinkSync("node_modules", path.join(partial, "lib", "vscode", "node_modules.asar"));
  linkRipgrep(partial);
  // The folder's final name is the stamp: it appears only when everything is inside.
  rmSync(HOME, { recursive: true, force: true });
  renameSync(partial, HOME);
}

/** @returns {Promise<string>} the package's archive, its checksum verified */
async function download(options) {
  const folder = path.join(CACHE, "downloads");
  const archive = path.join(folder, `code-server-${VERSION}.tgz`);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(archive) || checksum(archive) !== SHA512) {
    const [command, args] = npm("pack", `code-server@${VERSION}`, "--pack-destination", folder);
    await run(command, args, { ...options, log: "code-server-download" });
  }
  if (checksum(archive) !== SHA512) {
    rmSync(archive);
    throw new UserError(
      `The download of code-server ${VERSION} has the wrong checksum; it was removed, run this again`,
    );
  }
  return archive;
}

/** @param {string} file */
function checksum(file) {
  return createHash("sha512").update(readFileSync(file)).digest("base64");
}

/**
 * Compiles one native module with the node-gyp that npm brings, against this Node.js' own headers if they are there.
 * @param {string} folder
 * @param {boolean} needed
 * @param {(line: string) => void} update
 */
async function compile(folder, needed, update) {
  const name = path.basename(folder);
  const gyp = npmFolder() && path.join(npmFolder(), "node_modules", "node-gyp", "bin", "node-gyp.js");
  if (!gyp || !existsSync(gyp))
    throw new UserError("npm's node-gyp was not found; install Node.js 20 with npm and run this again");
  const prefix = path.resolve(path.dirname(process.execPath), "..");
  const headers = existsSync(path.join(prefix, "include", "node", "node.h")) ? [`--nodedir=${prefix}`] : [];
  const args = [gyp, "rebuild", ...headers, ...(name === "argon2" ? argon2Arguments(folder) : [])];
  try {
    await run(process.execPath, args, {
      what: `The compilation of ${name} for the browser editor`,
      log: `code-server-${name}`,
      advice: "see the log; a C++ compiler, make and Python are needed",
      cwd: folder,
      onLine: (line) => update(`compiling ${name}: ${line}`),
    });
  } catch (error) {
    if (needed || !(error instanceof UserError)) throw error;
    update(`${name} could not be compiled; going on without it`);
  }
}

/**
 * argon2 expects node-pre-gyp to tell node-gyp where the result goes.
 * @param {string} folder
 */
function argon2Arguments(folder) {
  const target = path.join(folder, "lib", "binding", "napi-v3");
  return [
    "--module_name=argon2",
    `--module_path=${target}`,
    `--module=${path.join(target, "argon2.node")}`,
    `--napi_version=${process.versions.napi}`,
    "--napi_build_version=3",
    "--node_napi_label=napi-v3",
  ];
}

/** @param {string} home where code-server is being put together */
function linkRipgrep(home) {
  const installed = which("rg");
  if (!installed) return;
  const folder = path.join(home, "lib", "vscode", "node_modules", "@vscode", "ripgrep", "bin");
  mkdirSync(folder, { recursive: true });
  symlinkSync(installed, path.join(folder, "rg"));
}
