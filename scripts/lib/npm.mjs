/** npm as a program: the one that runs us, found without relying on the PATH. */

import { existsSync } from "node:fs";
import path from "node:path";

import { digest, readStamp, writeStamp } from "./stamps.mjs";
import { ROOT } from "./paths.mjs";
import { step } from "./progress.mjs";
import { run, which } from "./run.mjs";

const NODE_STAMP = path.join(ROOT, "node_modules", ".burnish-stamp.json");

/**
 * @param {...string} args npm's arguments
 * @returns {[string, string[]]} program and arguments that run npm with the Node.js that runs us
 */
export function npm(...args) {
  const script = npmScript();
  return script ? [process.execPath, [script, ...args]] : ["npm", args];
}

/** @returns {string | undefined} the folder of npm's own package, which brings node-gyp */
export function npmFolder() {
  const script = npmScript();
  return script ? path.dirname(path.dirname(script)) : undefined;
}

/** Installs the packages of package-lock.json unless they are there already. */
export async function ensureNodePackages() {
  await step("Node packages", async (update, note) => {
    const inputs = digest(["package.json", "package-lock.json", ".npmrc"], [process.version, process.arch]);
    if (readStamp(NODE_STAMP).inputs === inputs) return note("up to date");
    const [command, args] = npm("ci", "--no-audit", "--no-fund");
    const advice = "check the network and that package-lock.json is as committed, then run this again";
    await run(command, args, { what: "npm ci", log: "npm-ci", advice, onLine: update });
    writeStamp(NODE_STAMP, { inputs });
  });
}

/** @returns {string | undefined} npm's entry script */
function npmScript() {
  const found = which("npm");
  const nodeFolder = path.dirname(process.execPath);
  const candidates = [
    process.env.npm_execpath,
    path.join(nodeFolder, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    path.join(nodeFolder, "node_modules", "npm", "bin", "npm-cli.js"),
    found && path.join(path.dirname(found), "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
  ];
  return candidates.find((candidate) => candidate && candidate.endsWith("npm-cli.js") && existsSync(candidate));
}
