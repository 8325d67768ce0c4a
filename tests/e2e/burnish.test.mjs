/** Burnish in a real VS Code in a real browser, used as a person uses it. */

import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, afterEach, before, describe, test } from "node:test";

import { ROOT } from "../../scripts/lib/paths.mjs";
import { engineWorker } from "./harness/processes.mjs";
import { Session } from "./harness/session.mjs";
import { until } from "./harness/wait.mjs";

const MODEL_START_MS = 60_000;
const BACK_AFTER_KILL_MS = 5_000;
const LIMIT = { timeout: 120_000 };

describe("Burnish in the editor", { timeout: 15 * 60_000 }, () => {
  const session = new Session("e2e");
  /** @type {import("./harness/workbench.mjs").Workbench} */
  let editor;
  let failed = false;

  before(async () => {
    writeFileSync(path.join(session.workspace, "crlf.py"), CRLF_SOURCE);
    writeFileSync(path.join(session.workspace, "emoji.py"), EMOJI_SOURCE);
    writeFileSync(path.join(session.workspace, "tabs.py"), TABS_SOURCE);
    try {
      editor = await session.start();
    } catch (error) {
      await session.end({ keep: true });
      throw error;
    }
  }, LIMIT);

  afterEach((context) => {
    // `passed` is undefined on Node.js 20, where only the error tells.
    failed ||= context.passed === false || Boolean(context.error);
  });

  after(() => session.end({ keep: failed || process.exitCode === 1 }), LIMIT);

  test("opening a Python file starts the server and loads the bundled model", LIMIT, async () => {
    await editor.openFile("stockroom/inventory.py");
    const status = await editor.burnishStatus(/^Burnish\. Ready: /, MODEL_START_MS);
    assert.match(status, /Ready: burnish-/);
  });
});

const CRLF_SOURCE = ["def double(values):", "    result = []", "    for value in values:", "        ", ""].join("\r\n");
const EMOJI_SOURCE = 'GREETING = "hello"\n\n\ndef greet(name):\n    print("👋🏽 hello", name)\n';
const TABS_SOURCE = "def double(values):\n\tresult = []\n\tfor value in values:\n\t\t\n";
void [assert, copyFileSync, existsSync, readFileSync, readdirSync, ROOT, engineWorker, until, BACK_AFTER_KILL_MS];
