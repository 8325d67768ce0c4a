/** An editor with Burnish in it: the desktop's own VS Code, or code-server in a browser. */

import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";

import { UserError } from "./errors.mjs";
import { venvProgram } from "./paths.mjs";
import { step } from "./progress.mjs";
import { endProcess, run, startProcess, which } from "./run.mjs";
import { readStamp, writeStamp } from "./stamps.mjs";

const START_TIMEOUT_MS = 60_000;

/**
 * A program with the arguments that always come first.
 * @typedef {{command: string, args: string[]}} Program
 *
 * The folders that make up an editor of its own, apart from the user's.
 * @typedef {{data: string, extensions: string}} Profile
 */

/**
 * @param {string} folder
 * @returns {Profile} a profile below `folder`
 */
export function profileIn(folder) {
  return { data: path.join(folder, "user-data"), extensions: path.join(folder, "extensions") };
}

/**
 * The user's own VS Code, if a window can be opened from here.
 * @returns {string | undefined} the path of `code`
 */
export function desktopEditor() {
  // Inside an editor's remote terminal `code` is another program, which knows no profiles.
  if (process.env.VSCODE_IPC_HOOK_CLI) return undefined;
  if (process.platform === "linux" && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return undefined;
  if (process.getuid?.() === 0) return undefined;
  return which("code");
}

/**
 * Puts Burnish and the settings it needs into a profile.
 * @param {Program} program the editor
 * @param {Profile} profile
 * @param {{file: string, inputs: string}} vsix the package and the digest of its contents
 * @param {Record<string, unknown>} [settings] further settings
 */
export async function prepareProfile(program, profile, vsix, settings = {}) {
  writeSettings(profile, settings);
  await step("Burnish, installed into the editor", async (update, note) => {
    const stampFile = path.join(profile.extensions, ".burnish-stamp.json");
    if (readStamp(stampFile).inputs === vsix.inputs) return note("up to date");
    mkdirSync(profile.extensions, { recursive: true });
    await run(
      program.command,
      [...program.args, ...profileArguments(profile), "--install-extension", vsix.file, "--force"],
      {
        what: "The installation of the extension into the editor",
        log: "install-extension",
        advice: "see the log; delete .cache and run this again if it stays so",
        onLine: update,
      },
    );
    writeStamp(stampFile, { inputs: vsix.inputs });
  });
}

/**
 * Starts code-server on the loopback interface and waits until it answers.
 * @param {Program} program
 * @param {Profile} profile
 * @param {{folder: string, port: number, log: string, env?: NodeJS.ProcessEnv}} options `folder` is opened; `log` is the
 *   file for the server's own output
 * @returns {Promise<{address: string, pid: number, exited: Promise<void>, stop: () => Promise<void>}>}
 */
export async function startBrowserEditor(program, profile, { folder, port, log, env }) {
  mkdirSync(path.dirname(log), { recursive: true });
  const bind = `127.0.0.1:${port}`;
  const out = createWriteStream(log);
  await new Promise((resolve, reject) => out.once("open", resolve).once("error", reject));
  const child = startProcess(
    program.command,
    [
      ...program.args,
      ...profileArguments(profile),
      ...["--auth", "none", "--bind-addr", bind, "--config", path.join(profile.data, "code-server.yaml")],
      ...["--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"],
      ...["--disable-getting-started-override", folder],
    ],
    { cwd: folder, env: { ...process.env, ...env }, stdio: ["ignore", out, out] },
  );
  const exited = new Promise((resolve) => child.once("exit", () => resolve()));
  const editor = { address: `http://${bind}/`, pid: child.pid ?? 0, exited, stop: () => endProcess(child) };
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(`${editor.address}healthz`))) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || Date.now() > deadline) {
      await editor.stop();
      const how = ended ? "stopped at once" : `did not answer within ${START_TIMEOUT_MS / 1000} seconds`;
      throw new UserError(`The browser editor ${how}; its log says why`, { log });
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return editor;
}

/**
 * Opens a window of the desktop's VS Code with this profile.
 * @param {Program} program
 * @param {Profile} profile
 * @param {string} folder
 * @param {{wait: boolean}} options `wait`: return only when the window is closed
 */
export async function openDesktopEditor(program, profile, folder, { wait }) {
  const args = [
    ...profileArguments(profile),
    "--disable-workspace-trust",
    "--new-window",
    ...(wait ? ["--wait"] : []),
    folder,
  ];
  await run(program.command, [...program.args, ...args], {
    what: "VS Code",
    log: "vscode",
    advice: "try `npm start -- --browser`, which needs no desktop",
  });
}

/**
 * A port nobody listens on.
 * @param {number | undefined} wanted exactly this one; undefined takes the first free one from 8137 on
 * @returns {Promise<number>}
 */
export async function freePort(wanted) {
  if (wanted !== undefined) {
    if (await isFree(wanted)) return wanted;
    throw new UserError(`Port ${wanted} is in use; choose another one with --port or leave the option out`);
  }
  for (let port = 8137; port < 8237; port++) if (await isFree(port)) return port;
  throw new UserError("No free port between 8137 and 8236; name one with --port");
}

/** @param {Profile} profile */
function profileArguments(profile) {
  return ["--user-data-dir", profile.data, "--extensions-dir", profile.extensions];
}

/**
 * Adds what Burnish needs to the profile's settings; what stands there already stays.
 * @param {Profile} profile
 * @param {Record<string, unknown>} settings
 */
function writeSettings(profile, settings) {
  const file = path.join(profile.data, "User", "settings.json");
  const defaults = {
    "workbench.startupEditor": "readme",
    "telemetry.telemetryLevel": "off",
    // The examples lie in Burnish's own repository: nothing to ask about.
    "git.openRepositoryInParentFolders": "never",
  };
  let present = {};
  if (existsSync(file)) {
    try {
      present = JSON.parse(readFileSync(file, "utf8"));
    } catch {
      throw new UserError(`The settings of the trial editor are not plain JSON (comments?); mend or delete ${file}`);
    }
  }
  const own = { "burnish.interpreter": venvProgram("python") };
  writeJson(file, { ...defaults, ...present, ...settings, ...own });
  // In a browser the editor is a remote one, which takes these from its machine; from the user only by chance.
  const ofMachine = Object.entries(settings).filter(([name]) => name.startsWith("burnish.engine."));
  writeJson(path.join(profile.data, "Machine", "settings.json"), { ...Object.fromEntries(ofMachine), ...own });
}

/**
 * @param {string} file
 * @param {Record<string, unknown>} value
 */
function writeJson(file, value) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

/** @param {number} port */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

/** @param {string} address */
async function answers(address) {
  try {
    return (await fetch(address, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}
