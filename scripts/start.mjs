/**
 * `npm start`: from a fresh clone to an editor with Burnish running on examples/.
 *
 * Usage: npm start -- [--browser | --desktop] [--port N] [--folder DIR] [--profile DIR] [--once]
 */

import { mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { ensureCodeServer } from "./lib/codeserver.mjs";
import {
  desktopEditor,
  freePort,
  openDesktopEditor,
  prepareProfile,
  profileIn,
  startBrowserEditor,
} from "./lib/editor.mjs";
import { UserError } from "./lib/errors.mjs";
import { packageExtension } from "./lib/extension.mjs";
import { withLock } from "./lib/lock.mjs";
import { ensureNodePackages } from "./lib/npm.mjs";
import { CACHE, EXAMPLES, LOGS } from "./lib/paths.mjs";
import { duration } from "./lib/progress.mjs";
import { ensurePythonPackages } from "./lib/python.mjs";
import { runMain, which } from "./lib/run.mjs";

const HELP = `Makes everything Burnish needs and opens an editor with it on examples/.

  npm start                    your own VS Code if \`code\` is installed, else one in the browser
  npm start -- --browser       always the one in the browser
  npm start -- --desktop       always your own VS Code
  npm start -- --port 9000     the port of the one in the browser (127.0.0.1 only)
  npm start -- --folder DIR    open this folder instead of examples/
  npm start -- --profile DIR   keep the editor's settings and state there instead of .cache/
  npm start -- --once          start it, check that it answers, stop it again
`;

/** @returns {Promise<number>} exit code */
async function main() {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const started = Date.now();
  const code = options.browser ? undefined : options.desktop ? which("code") : desktopEditor();
  if (options.desktop && !code) throw new UserError("`code` is not on the PATH; install VS Code, or use --browser");
  const editor = await withLock("setup", async () => {
    await ensureNodePackages();
    await ensurePythonPackages([]);
    const vsix = await packageExtension();
    const program = code
      ? { command: code, args: [] }
      : { command: process.execPath, args: [await ensureCodeServer()] };
    const profile = profileIn(options.profile ?? path.join(CACHE, code ? "editor-desktop" : "editor-browser"));
    mkdirSync(profile.data, { recursive: true });
    await prepareProfile(program, profile, vsix);
    return { program, profile };
  });
  process.stdout.write(`Everything is ready after ${duration(Date.now() - started)}.\n`);
  return code ? runDesktop(editor, options) : runBrowser(editor, options);
}

async function runBrowser({ program, profile }, { folder, port, once }) {
  const log = path.join(LOGS, "code-server.log");
  const editor = await startBrowserEditor(program, profile, { folder, port: await freePort(port), log });
  process.stdout.write(`\n  Burnish is running in an editor at ${editor.address}\n\n`);
  process.stdout.write("Open that address in a browser, open a Python file and type; Tab takes the grey text.\n");
  if (once) {
    await editor.stop();
    process.stdout.write("It answers; stopped again, as --once asks.\n");
    return 0;
  }
  process.stdout.write("Ctrl-C stops the editor.\n");
  await editor.exited;
  throw new UserError("The browser editor ended by itself; its log says why", { log });
}

async function runDesktop({ program, profile }, { folder, once }) {
  process.stdout.write(`\n  VS Code opens with Burnish on ${folder}\n\n`);
  process.stdout.write("Open a Python file and type; Tab takes the grey text. Your own profile is left as it is.\n");
  if (!once) process.stdout.write("This ends when the window is closed.\n");
  await openDesktopEditor(program, profile, folder, { wait: !once });
  return 0;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        browser: { type: "boolean" },
        desktop: { type: "boolean" },
        port: { type: "string" },
        folder: { type: "string", default: EXAMPLES },
        profile: { type: "string" },
        once: { type: "boolean", default: false },
        help: { type: "boolean", short: "h" },
      },
    });
    const port = values.port === undefined ? undefined : Number(values.port);
    if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536)) {
      throw new UserError(`--port takes a number from 1 to 65535, not ${values.port}`);
    }
    if (values.browser && values.desktop) throw new UserError("Choose one of --browser and --desktop");
    const folder = path.resolve(values.folder);
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
      throw new UserError(`There is no folder ${folder}`);
    return { ...values, port, folder, profile: values.profile && path.resolve(values.profile) };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${error.message.split("\n")[0]} See npm start -- --help`);
  }
}

await runMain(main);
