/** The learning loop in a real VS Code: agree, decide about suggestions, train, look, roll back, erase. */

import assert from "node:assert/strict";
import { copyFileSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { after, before, describe } from "node:test";

import { EXAMPLES } from "../../scripts/lib/paths.mjs";
import { Home } from "./harness/record.mjs";
import { Session } from "./harness/session.mjs";
import { TELEMETRY_ON } from "./harness/settings.mjs";
import { Steps } from "./harness/steps.mjs";
import { pause, until } from "./harness/wait.mjs";

const MODEL_START_MS = 120_000;
const TRAINING_MS = 900_000;
const LIMIT = { timeout: 240_000 };
const READY = /^Burnish\. Ready: /;
const RECORDING = /^Burnish\. Ready: .*\. Recording$/;

const FILE = "stockroom/inventory.py";
const ANCHOR = "        return [item for item in self if tag in item.tags]";
const BEGINNINGS = [
  "for item in sel",
  "return [item for item in sel",
  "for item in self._it",
  "return self._items.val",
];
/** What follows these is more than a letter, which could as well have been typed. */
const IN_A_WORD = ["for item in self._it", "return self._items.val", "return self.move", "raise Value"];

describe("The learning loop in the editor", { timeout: 30 * 60_000 }, () => {
  const session = new Session("learning");
  const home = new Home(session.home);
  const steps = new Steps(session, LIMIT);
  const { step } = steps;
  /** @type {import("./harness/workbench.mjs").Workbench} */
  let editor;
  let adapter = "";
  let asked = 0;

  before(async () => {
    try {
      editor = await session.start(
        {
          "editor.quickSuggestions": false,
          "editor.suggestOnTriggerCharacters": false,
          "burnish.completion.minConfidence": 0,
          "burnish.completion.maxLatencyMs": 20_000,
          "burnish.logLevel": "debug",
          ...TELEMETRY_ON,
        },
        // The way of an adapter is tested here, not what it learned.
        { BURNISH_NIGHTLY_MAX_STEPS: "2", BURNISH_NIGHTLY_CASES: "60" },
      );
    } catch (error) {
      await session.end({ keep: true });
      throw error;
    }
  }, LIMIT);

  after(() => session.end({ keep: steps.failed }), LIMIT);

  /** Opens the file as it was at first and begins a line in it that brings grey text. */
  async function suggestion(beginnings = BEGINNINGS) {
    copyFileSync(path.join(EXAMPLES, FILE), path.join(session.workspace, FILE));
    const anchor = readFileSync(path.join(EXAMPLES, FILE), "utf8").split("\n").indexOf(ANCHOR) + 1;
    assert.ok(anchor > 0, "the example has lost the line the test looks for");
    await editor.openFile(FILE);
    await editor.goTo(anchor);
    await editor.press("End", "Enter", "Enter");
    // Another one first each time: what was just sent away is not offered again.
    const first = asked++ % beginnings.length;
    return editor.typeUntilGhostText([...beginnings.slice(first), ...beginnings.slice(0, first)]);
  }

  /** @param {string} row a part of the menu's row */
  async function learning(row) {
    await editor.command("Burnish: Learning…");
    await (await editor.pickRow(row)).click();
  }

  step("nothing is recorded before anybody agreed", async () => {
    await editor.openFile(FILE);
    assert.doesNotMatch(await editor.burnishStatus(READY, MODEL_START_MS), /Recording/);
    await editor.closeFile();
    await suggestion();
    await editor.press("Tab");
    await pause(2_000);
    assert.ok(!home.hasRecord, "there is a record");
    await editor.closeFile();
  });

  step("the dialog names fields, file, retention and the way out; closing it changes nothing", async () => {
    await learning("Record what becomes of suggestions");
    const dialog = await editor.dialog("Record what becomes of suggestions?");
    for (const part of [
      "the code around the cursor",
      path.join(session.home, "telemetry.sqlite3"),
      "90 days",
      "Way out",
    ]) {
      assert.ok(dialog.text.includes(part), `${part} is not in: ${dialog.text}`);
    }
    await editor.picture("consent");
    await dialog.press("Cancel");
    await pause(1_500);
    assert.doesNotMatch(await editor.burnishStatusNow(), /Recording/);
  });

  step("after agreeing the status item shows that it records", async () => {
    await learning("Record what becomes of suggestions");
    await (await editor.dialog("Record what becomes of suggestions?")).press("Record");
    await editor.burnishStatus(RECORDING);
    const tip = await editor.burnishTooltip();
    assert.match(tip, /Recording: on, on this machine only/);
    await editor.picture("recording");
    await editor.page.mouse.move(600, 300);
  });

  step("Tab, and then undo", async () => {
    const { ghost } = await suggestion();
    const before = home.events();
    await editor.press("Tab");
    const accepted = await home.newEvent("accepted", before);
    assert.equal(accepted.by, "command");
    const offer = home.events().find((event) => event.kind === "suggested" && event.suggestion === accepted.suggestion);
    // Its beginning may have been typed.
    assert.ok(offer.text.endsWith(ghost), `${offer.text} was shown as ${ghost}`);
    assert.equal(offer.place.path, FILE);
    assert.match(offer.client, /code-server|Visual Studio Code/i);
    // One step back may take away what was typed last, too, or leave its beginning.
    await editor.press("Control+Z");
    assert.equal((await home.newEvent("undone", before)).suggestion, accepted.suggestion);
    await editor.closeFile();
  });

  step("Esc, which still hides the text", async () => {
    await suggestion();
    const before = home.events();
    await pause(1_000);
    await editor.press("Escape");
    await editor.noGhostText();
    const dismissed = await home.newEvent("dismissed", before);
    assert.equal(dismissed.by, "escape");
    assert.ok(dismissed.visible_ms >= 900, `seen for ${dismissed.visible_ms} ms only`);
    await editor.closeFile();
  });

  step("a word of it", async () => {
    const { ghost } = await suggestion(IN_A_WORD);
    assert.match(ghost, /^\w\w+\W/, "a word, and something after it");
    const before = home.events();
    await editor.press("Control+ArrowRight");
    await pause(500);
    await editor.type("zz");
    await editor.press("Enter");
    const part = await home.newEvent("accepted-in-part", before);
    assert.ok(part.characters > 0);
    await editor.closeFile();
  });

  step("typing it oneself", async () => {
    const { ghost } = await suggestion();
    const before = home.events();
    const first = ghost.split("\n")[0];
    for (const character of first) {
      await editor.type(character);
      await pause(60);
    }
    await editor.press("Control+Home");
    const through = await home.newEvent("typed-through", before);
    assert.ok(through.verbatim > 0.5, `${through.verbatim} of it`);
    await editor.closeFile();
  });

  step("the editor's own telemetry switch stops it, and starts it again", async () => {
    await session.changeSettings({ "telemetry.telemetryLevel": "off" });
    await until("the status to notice", async () => !RECORDING.test(await editor.burnishStatusNow()));
    const before = home.events().length;
    await suggestion();
    await editor.press("Tab");
    await pause(2_000);
    await editor.closeFile();
    assert.equal(home.events().length, before);
    await session.changeSettings({ "telemetry.telemetryLevel": "all" });
    await editor.burnishStatus(RECORDING);
  });

  step("my data is shown, cannot be changed there, and leaves no copy", async () => {
    await editor.command("Burnish: Show My Data");
    await editor.tab(/Burnish record/);
    await until("the events", async () => /"kind": ?"accepted"/.test(await editorText()));
    await editor.closeFile();
    const storage = path.join(session.profile.data, "User", "globalStorage", "burnish.burnish", "record");
    assert.deepEqual(readdirSync(storage), []);
  });

  /** What the open editor shows. */
  async function editorText() {
    const lines = await editor.page.locator(".editor-instance .view-line").allInnerTexts();
    return lines.join("\n").replaceAll("\u00a0", " ");
  }

  step("the dashboard says honestly that there is too little to learn from", async () => {
    await learning("Let the model learn");
    await (await editor.dialog("Let the model learn from the record?")).press("Let It Learn");
    await editor.command("Burnish: Dashboard: Is It Better?");
    const page = editor.webview();
    await page.getByText("Not enough yet").first().waitFor({ timeout: 60_000 });
    await page.getByText("No adapter has been trained yet").waitFor({ timeout: 30_000 });
    await page.locator("#plot-acceptance canvas").waitFor({ timeout: 30_000 });
    await editor.picture("dashboard-little", session.results);
  });

  step(
    "Train Now makes an adapter, which the status item and the dashboard name",
    async () => {
      home.seed(session.workspace, "--days", "8", "--ending", "6", "--per-day", "12", "--taken", "0.4");
      const page = editor.webview();
      await page.getByRole("button", { name: "Train Now" }).click();
      await page.locator("#run progress").waitFor({ timeout: 60_000 });
      await editor.picture("training", session.results);
      await page.locator("#run progress").waitFor({ state: "detached", timeout: TRAINING_MS });
      const report = home.json("nightly", "status").last;
      assert.ok(["promoted", "refused"].includes(report.decision), JSON.stringify(report));
      process.stdout.write(`# the gate: ${report.decision}. ${report.reason}\n`);
      adapter = report.adapter_name;
      assert.ok((await page.locator("#run").innerText()).includes(report.reason), "the dashboard does not say why");
      if (report.decision === "refused") {
        // So little says nothing clear; its user may still want to see what it does.
        await page.locator("#adapters").getByRole("button", { name: "Use It…" }).click();
        const dialog = await editor.dialog(`Use the adapter ${adapter}?`);
        assert.ok(dialog.text.includes(report.reason));
        await dialog.press("Use It");
      }
      await until("the status to name the adapter", async () =>
        (await editor.burnishStatusNow()).includes(` with ${adapter}`),
      );
      await page.locator("#adapters li.active", { hasText: adapter }).waitFor({ timeout: 30_000 });
    },
    { timeout: TRAINING_MS + 120_000 },
  );

  step("the dashboard compares, in the theme's colours", async () => {
    const { id } = home.json("adapters", "list").adapters.find((one) => one.name === adapter);
    home.seed(session.workspace, "--days", "5", "--ending", "1", "--per-day", "45", "--taken", "0.55", "--adapter", id);
    home.seed(session.workspace, "--days", "8", "--ending", "6", "--per-day", "40", "--taken", "0.36", "--seed", "2");
    const page = editor.webview();
    await page
      .getByText(
        new RegExp(`With the adapter ${adapter} you accept \\d+ % .*, without it \\d+ %`.replaceAll(" ", "\\s")),
      )
      .waitFor({ timeout: 60_000 });
    await editor.command("View: Close Primary Side Bar").catch(() => undefined);
    for (const [name, theme] of [
      ["dashboard-dark", "Default Dark Modern"],
      ["dashboard-light", "Default Light Modern"],
      ["dashboard-contrast", "Default High Contrast"],
    ]) {
      await session.changeSettings({ "workbench.colorTheme": theme });
      await page.locator("#plot-latency canvas").waitFor({ timeout: 30_000 });
      await pause(1_000);
      await editor.picture(name, name === "dashboard-contrast" ? session.results : undefined);
    }
  });

  step("rolling back goes to the model alone", async () => {
    await editor.command("Burnish: Roll Back the Adapter…");
    await editor.answerInput(`roll back ${adapter}`, "only trying");
    await until("the status to name none", async () => !(await editor.burnishStatusNow()).includes(adapter));
    assert.match(await editor.notification(/rolled back/), /The model now serves alone\./);
    await editor.webview().locator("#adapters li.active").waitFor({ state: "detached", timeout: 30_000 });
    const [record] = home.json("adapters", "list").adapters.filter((one) => one.name === adapter);
    assert.equal(record.state, "retired");
  });

  step("erasing takes events and adapters away, and names them", async () => {
    await editor.command("Burnish: Erase My Data…");
    await (await editor.pickRow("Everything")).click();
    await (await editor.dialog("Erase everything that was recorded?")).press("Erase, Adapters Too");
    const said = await editor.notification(/Burnish erased/);
    assert.match(said, new RegExp(`erased \\d+ events\\. Adapters removed with them: ${adapter}\\.`));
    assert.deepEqual(home.events(), []);
    assert.deepEqual(
      readdirSync(path.join(session.home, "adapters")).filter((name) => name.endsWith(".gguf")),
      [],
    );
    await editor.webview().getByText("There is nothing to compare yet.").waitFor({ timeout: 60_000 });
  });

  step("nothing went wrong behind the scenes", () => {
    assert.notEqual(session.log(), "", "there is no log");
    assert.doesNotMatch(session.log(), /Traceback \(most recent call last\)|\[error\]/);
  });
});
