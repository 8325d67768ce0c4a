/** `npm start`, run as a newcomer runs it: it prints an address, and what is there gives ghost text. */

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import { EXAMPLES, ROOT, TEST_RESULTS } from "../../scripts/lib/paths.mjs";
import { npm } from "../../scripts/lib/npm.mjs";
import { endProcess, startProcess } from "../../scripts/lib/run.mjs";
import { descendants } from "./harness/processes.mjs";
import { launchBrowser } from "./harness/session.mjs";
import { pause, until } from "./harness/wait.mjs";
import { Workbench } from "./harness/workbench.mjs";

const ENOUGH_MS = 180_000;

test(
  "npm start opens an editor whose ghost text works, and Ctrl-C ends it all",
  { timeout: 300_000 },
  async (context) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "burnish-start-"));
    const workspace = path.join(folder, "examples");
    cpSync(EXAMPLES, workspace, { recursive: true, filter: (source) => !source.includes("__pycache__") });
    const [command, args] = npm(
      "start",
      "--",
      "--browser",
      "--folder",
      workspace,
      "--profile",
      path.join(folder, "profile"),
    );
    const child = startProcess(command, args, {
      cwd: ROOT,
      env: { ...process.env, BURNISH_HOME: path.join(folder, "home") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
    let browser;
    context.after(async () => {
      await browser?.close();
      await endProcess(child);
      child.stdout.destroy();
      child.stderr.destroy();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    });

    const address = await until(
      "npm start to print an address",
      () => {
        assert.equal(child.exitCode, null, output);
        return /http:\/\/127\.0\.0\.1:\d+\//.exec(output)?.[0];
      },
      { timeoutMs: ENOUGH_MS },
    );

    browser = await launchBrowser();
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const editor = new Workbench(page, workspace, path.join(TEST_RESULTS, "start"));
    await editor.open(address);
    // The workspace's README is shown first, and takes the focus when it comes.
    await editor.tab(/README/);
    await pause(1_000);
    await editor.openFile("stockroom/inventory.py");
    await editor.burnishStatus(/^Burnish\. Ready: /, 120_000);
    await editor.press("Control+End");
    // All settings are the defaults here: places where any model of Python is sure, and words that the file does not
    // hold yet, for which VS Code's own list has nothing to offer. The first may pass while the prompt is read.
    const texts = ["from dataclasses import data", "from dataclasses import datac", "import itert", "import dataclas"];
    const { ghost } = await editor.typeUntilGhostText(texts).catch(async (error) => {
      await editor.command("Burnish: Why Was There No Suggestion?");
      await editor.pickRow(/inventory/).catch(() => undefined);
      await editor.picture("no-suggestion");
      throw error;
    });
    assert.ok(ghost);
    await editor.picture("start");

    const started = descendants(child.pid).map((process) => process.pid);
    assert.ok(started.length > 2, "an editor runs below npm start");
    // As the terminal does it: to the whole group.
    process.kill(-child.pid, "SIGINT");
    await ended;
    const alive = () => descendants(1).filter((process) => started.includes(process.pid));
    await until("everything that npm start started to end", () => alive().length === 0, { timeoutMs: 15_000 });
  },
);
