/** Burnish in a real VS Code in a real browser, used as a person uses it. */

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { EXAMPLES, ROOT } from "../../scripts/lib/paths.mjs";
import { BROKEN, CASES } from "./harness/cases.mjs";
import { engineWorker } from "./harness/processes.mjs";
import { Session } from "./harness/session.mjs";
import { pause, until } from "./harness/wait.mjs";

const MODEL_START_MS = 120_000;
const BACK_AFTER_KILL_MS = 5_000;
const LIMIT = { timeout: 240_000 };
const READY = /^Burnish\. Ready: /;

/** The line of stockroom/inventory.py below which the tests write. */
const ANCHOR = "        return [item for item in self if tag in item.tags]";

describe("Burnish in the editor", { timeout: 20 * 60_000 }, () => {
  const session = new Session("e2e");
  /** @type {import("./harness/workbench.mjs").Workbench} */
  let editor;
  let passed = 0;

  let defined = 0;
  let started = false;

  /** A test that counts when it passes, so that the end knows whether to keep the logs. */
  function step(title, body) {
    defined += 1;
    test(title, LIMIT, async () => {
      // Without a server every other test would only wait for its limit.
      if (passed > 0 || started) assert.ok(passed > 0, "the server did not start; see the first test");
      started = true;
      try {
        await body();
      } catch (error) {
        await session.keepPicture(title);
        await editor.closeEverything();
        throw error;
      }
      passed += 1;
    });
  }

  before(async () => {
    for (const { file, source } of CASES) writeFileSync(path.join(session.workspace, file), source);
    writeFileSync(path.join(session.workspace, "broken.py"), BROKEN);
    try {
      editor = await session.start({
        // VS Code's own word list would make it a matter of chance whose suggestion Tab takes.
        "editor.quickSuggestions": false,
        "editor.suggestOnTriggerCharacters": false,
        // Here the way of the text is tested, not the model's judgement or the machine's speed.
        "burnish.completion.minConfidence": 0,
        "burnish.completion.maxLatencyMs": 20_000,
        "burnish.logLevel": "debug",
      });
    } catch (error) {
      await session.end({ keep: true });
      throw error;
    }
  }, LIMIT);

  after(() => session.end({ keep: passed < defined }), LIMIT);

  /** Opens stockroom/inventory.py and begins a new line below the anchor. */
  async function newLineInInventory() {
    // From a fresh copy, whatever a test before this one left behind.
    copyFileSync(path.join(EXAMPLES, "stockroom/inventory.py"), path.join(session.workspace, "stockroom/inventory.py"));
    const source = readFileSync(path.join(session.workspace, "stockroom/inventory.py"), "utf8");
    const anchor = source.split("\n").indexOf(ANCHOR) + 1;
    assert.ok(anchor > 0, "the example has lost the line the test looks for");
    await editor.openFile("stockroom/inventory.py");
    await editor.goTo(anchor);
    await editor.press("End", "Enter", "Enter");
    return { source, anchor };
  }

  step("opening a Python file starts the server and loads the bundled model", async () => {
    await editor.openFile("stockroom/inventory.py");
    assert.match(await editor.burnishStatus(READY, MODEL_START_MS), /Ready: burnish/i);
    await editor.closeFile();
  });

  step("typing brings ghost text, and Tab takes it", async () => {
    const { source, anchor } = await newLineInInventory();
    const { typed, ghost } = await editor.typeUntilGhostText([
      "for item in self._it",
      "for item in sel",
      "return self._items.val",
      "return [item for item in sel",
    ]);
    await editor.picture("ghost-text");
    await editor.press("Tab");
    const expected = source.split("\n");
    expected.splice(anchor, 0, "", `        ${typed}${ghost}`);
    assert.equal(await editor.save("stockroom/inventory.py"), expected.join("\n"));
    await editor.revertTo("stockroom/inventory.py", source);
  });

  step("Esc sends ghost text away and leaves the text alone", async () => {
    const { source, anchor } = await newLineInInventory();
    const { typed } = await editor.typeUntilGhostText(["for item in self._it", "for item in sel", "return self._it"]);
    await editor.press("Escape");
    await editor.noGhostText();
    await pause(1_000);
    assert.equal(await editor.ghostTextNow(), "", "it came back by itself");
    const expected = source.split("\n");
    expected.splice(anchor, 0, "", `        ${typed}`);
    assert.equal(await editor.save("stockroom/inventory.py"), expected.join("\n"));
    await editor.revertTo("stockroom/inventory.py", source);
  });

  step("Tab indents where only indentation stands left of the cursor", async () => {
    const { source, anchor } = await newLineInInventory();
    await editor.type("if self._items:");
    await editor.press("Enter", "Home");
    // Now the line holds nothing left of the cursor, and the model may well offer the body of the `if`.
    await editor.press("Shift+End", "Delete");
    await pause(3_000);
    await editor.press("Tab");
    await editor.type("x");
    const line = (await editor.save("stockroom/inventory.py")).split("\n")[anchor + 2];
    assert.match(line, /^ +x$/, "Tab put something else than blanks in front of the x");
    await editor.revertTo("stockroom/inventory.py", source);
  });

  for (const { name, file, source, line, typed: candidates } of CASES) {
    step(`positions are right with ${name}`, async () => {
      await editor.openFile(file);
      const end = source.includes("\r\n") ? "\r\n" : "\n";
      const lines = source.split(end);
      await editor.goTo(line);
      await editor.press("End");
      const { typed, ghost } = await editor.typeUntilGhostText(candidates);
      await editor.press("Tab");
      lines[line - 1] += typed + ghost;
      assert.equal(await editor.save(file), lines.join(end));
      await editor.closeFile();
    });
  }

  step("typing where no line parses does no harm", async () => {
    await editor.openFile("broken.py");
    await editor.goTo(30);
    await editor.press("End");
    await editor.type("\nreturn (a, ");
    await pause(2_000);
    await editor.press("Escape");
    const lines = (await editor.save("broken.py")).split("\n");
    assert.match(lines[30], /^ *return \(a, \)?$/);
    assert.match(await editor.burnishStatusNow(), READY);
    await editor.closeFile();
  });

  step("a silence has a reason, and the command tells it", async () => {
    const { source } = await newLineInInventory();
    await editor.type("# a remark, in which nothing is suggested");
    await pause(1_500);
    assert.equal(await editor.ghostTextNow(), "");
    await editor.command("Burnish: Why Was There No Suggestion?");
    const row = await editor.pickRow("The cursor is inside a comment");
    assert.match(await row.innerText(), /inventory\.py/);
    await editor.picture("why");
    await editor.press("Escape");
    await editor.revertTo("stockroom/inventory.py", source);
  });

  step("the status item tells the model, its state and the last latency", async () => {
    await editor.openFile("stockroom/inventory.py");
    const tip = await editor.burnishTooltip();
    assert.match(tip, /Model: burnish/i);
    assert.match(tip, /Last suggestion: \d+ ms/);
    await editor.picture("status");
    await editor.page.mouse.move(600, 300);
    await editor.closeFile();
  });

  step("another model is chosen from a file, and completes", async () => {
    const folder = path.join(session.folder, "my models");
    mkdirSync(folder);
    const bundled = path.join(ROOT, "models", "burnish_models", "bundled");
    const [file] = readdirSync(bundled).filter((name) => name.endsWith(".gguf"));
    copyFileSync(path.join(bundled, file), path.join(folder, "second.gguf"));
    const { source } = await newLineInInventory();
    await editor.command("Burnish: Select Model…");
    await (await editor.pickRow("A GGUF file")).click();
    await editor.chooseFile("Choose a GGUF model", path.join(folder, "second.gguf"));
    await editor.burnishStatus(/^Burnish\. Ready: second/, MODEL_START_MS);
    await editor.typeUntilGhostText(["for item in self._it", "for item in sel", "return self._it"]);
    await editor.press("Escape");
    await editor.command("Burnish: Select Model…");
    await editor.picture("models", session.results);
    await (await editor.pickRow(/burnish/i)).click();
    await editor.burnishStatus(/^Burnish\. Ready: burnish/i, MODEL_START_MS);
    await editor.revertTo("stockroom/inventory.py", source);
  });

  step("up to here nothing went wrong behind the scenes", () => {
    assert.doesNotMatch(session.log(), /Traceback \(most recent call last\)|\[error\]/);
  });

  step("the engine is killed, and ghost text is back within five seconds", async () => {
    const { source } = await newLineInInventory();
    const worker = await until("the engine's process", () => engineWorker(session.editor.pid));
    await editor.watchBurnishStatus();
    await editor.type("for item in self._i");
    process.kill(worker.pid, "SIGKILL");
    const killed = Date.now();
    await until("the status to notice", async () => (await editor.burnishStatusesSeen()).length > 1, { everyMs: 20 });
    await editor.burnishStatus(READY, BACK_AFTER_KILL_MS);
    await editor.press("Escape");
    await editor.typeUntilGhostText(["t", "tems.v", "tems.i", "tem"], 1_200);
    const took = Date.now() - killed;
    assert.ok(took < BACK_AFTER_KILL_MS, `it took ${took} ms`);
    const seen = await editor.burnishStatusesSeen();
    assert.ok(
      seen.some((status) => /Restarting the model/.test(status)),
      `the status never said so: ${seen.join(" | ")}`,
    );
    assert.notEqual(engineWorker(session.editor.pid)?.pid, worker.pid);
    process.stdout.write(`# ghost text again ${took} ms after the kill\n`);
    await editor.press("Escape");
    await editor.revertTo("stockroom/inventory.py", source);
  });

  step("the doctor and the log open", async () => {
    await editor.command("Burnish: Doctor: What Works Here and What Does Not");
    await editor.tab(/doctor/i);
    await pause(3_000);
    await editor.picture("doctor", session.results);
    await editor.closeFile();
    await editor.command("Burnish: Show Log");
    await editor.page.locator(".part.panel .monaco-editor").first().waitFor({ timeout: 30_000 });
  });
});
