/** Versions that a model proposes, in a real VS Code: the endpoint confirmed, the proved ones listed, looked at, sent away, taken. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe } from "node:test";

import { EXAMPLES } from "../../scripts/lib/paths.mjs";
import { Model } from "./harness/model.mjs";
import { Home } from "./harness/record.mjs";
import { Session } from "./harness/session.mjs";
import { CALM, TELEMETRY_ON } from "./harness/settings.mjs";
import { Steps } from "./harness/steps.mjs";
import { pause, until } from "./harness/wait.mjs";

const START_MS = 240_000;
const RUN_MS = 240_000;
const LIMIT = { timeout: 480_000 };

const FILE = "stockroom/reports.py";
const COMMAND = "Burnish: Rewrite This Function with the Model…";
const HEADER = "def running_totals(amounts: list[int]) -> list[int]:";
const LOOP = [
  "    totals = []",
  "    total = 0",
  "    for amount in amounts:",
  "        total += amount",
  "        totals.append(total)",
  "    return totals",
];
const COMPREHENSION = ["    total = 0", "    return [total := total + amount for amount in amounts]"];
const WRONG = ["    return [amount for amount in amounts]"];

/** A model's answer with this body. */
const version = (body) => ["```python", HEADER, ...body, "```"].join("\n");

describe("Rewrites by a model in the editor", { timeout: 40 * 60_000 }, () => {
  const session = new Session("rewrite");
  const home = new Home(session.home);
  const model = new Model();
  const steps = new Steps(session, LIMIT);
  const { step } = steps;
  const source = readFileSync(path.join(EXAMPLES, FILE), "utf8");
  const lines = source.split("\n");
  /** @type {import("./harness/workbench.mjs").Workbench} */
  let editor;

  before(async () => {
    try {
      await model.start();
      editor = await session.start({
        ...CALM,
        "burnish.engine.endpoint.url": `http://${model.host}`,
        ...TELEMETRY_ON,
      });
    } catch (error) {
      await session.end({ keep: true });
      throw error;
    }
  }, LIMIT);

  after(async () => {
    await session.end({ keep: steps.failed });
    await model.stop();
  }, LIMIT);

  const rows = () => editor.page.locator(".quick-input-list .monaco-list-row");

  /** Puts the cursor into the function that is rewritten, in front of everything else. */
  async function goToFunction() {
    await editor.page.locator('.tab[data-resource-name="reports.py"]').first().click();
    await editor.focusedEditor();
    await editor.goTo(lines.indexOf(HEADER) + 3);
  }

  /** Runs the command and answers the dialog. */
  async function ask(button) {
    await goToFunction();
    await editor.command(COMMAND);
    const dialog = await editor.dialog(`Send this function to ${model.host}?`);
    assert.match(
      dialog.text,
      /What leaves this machine: the function at the cursor, the import statements of its file/,
    );
    await dialog.press(button);
  }

  /** A button of the notification that says this. */
  function button(said, name) {
    const toast = editor.page.locator(".notification-toast").filter({ hasText: said });
    return toast.locator(".monaco-button").filter({ hasText: name }).first();
  }

  /** Waits for the list of versions and reads it. */
  async function versions() {
    await editor.page
      .locator(".quick-input-widget")
      .filter({ hasText: "versions of running_totals that were proved better" })
      .waitFor({ timeout: RUN_MS });
    return rows().allInnerTexts();
  }

  step("where the user agrees, what is shown and taken will be recorded", async () => {
    await editor.openFile(FILE);
    // What the server finds in the file shows that it runs.
    await editor.goTo(lines.indexOf(HEADER) + 3);
    const marks = editor.page.locator(".squiggly-hint, .squiggly-info, .squiggly-warning");
    await until("a finding", async () => (await marks.count()) > 0, { timeoutMs: START_MS });
    await editor.command("Burnish: Learning…");
    await (await editor.pickRow("Record what becomes of suggestions")).click();
    await (await editor.dialog("Record what becomes of suggestions?")).press("Record");
    await editor.burnishStatus(/Recording$/, START_MS);
    await editor.press("Escape");
  });

  step("nothing is sent unless the endpoint is confirmed by name", async () => {
    await ask("Cancel");
    await pause(2_000);
    assert.deepEqual(model.asked, []);
    assert.equal((await editor.notifications()).length, 0);
  });

  step("what was proved is listed, looked at, sent away and taken; the rest is not shown", async () => {
    model.answers = [version(LOOP), version(WRONG), version(COMPREHENSION), "I cannot."];
    const known = home.events();
    await ask("Send");
    const listed = await versions();
    assert.equal(listed.length, 2, listed.join("\n"));
    for (const row of listed) {
      assert.match(row, /faster/);
      assert.match(row, /tested/);
      assert.match(row, /equivalent on \d+ inputs \(\d+ % branches\)/);
    }
    const sent = JSON.stringify(model.asked[0]);
    assert.match(sent, /def running_totals/);
    assert.doesNotMatch(sent, /def render_table|def best_sellers/);
    assert.ok(
      model.asked.some((messages) => /but your version/.test(messages.at(-1).content)),
      "the counterexample did not go back",
    );

    // The second one is looked at, and left; then looked at and sent away.
    for (const said of ["Back", "Reject"]) {
      await rows().nth(1).click();
      await editor.tab(/faster.*\(tested\)/);
      if (said === "Back") {
        await button(/faster/, "Explain").click();
        await editor.tab(/Why: running_totals/);
      }
      await button(/faster/, said).click();
      await versions();
    }
    const dismissed = await home.newEvent("dismissed", known);
    await until("one version to be left", async () => (await rows().count()) === 1);

    await rows().first().click();
    await editor.tab(/faster.*\(tested\)/);
    await editor.command("View: Close Primary Side Bar").catch(() => undefined);
    await editor.page.mouse.move(500, 700);
    await pause(2_000);
    await editor.picture("rewrite-preview");
    await button(/faster/, "Apply").click();
    await editor.notification(/running_totals is rewritten/, RUN_MS);
    const accepted = await home.newEvent("accepted", known);
    assert.notEqual(accepted.suggestion, dismissed.suggestion);
    const offers = home.events().filter((event) => event.rule === "model-rewrite");
    assert.deepEqual(
      offers.map((event) => event.suggestion).sort(),
      [accepted.suggestion, dismissed.suggestion].sort(),
    );
    const offer = offers.find((event) => event.suggestion === accepted.suggestion);
    assert.equal(offer.verdict, "tested");
    assert.match(offer.model, /team-coder-instruct/);
    await goToFunction();
    const text = await editor.save(FILE);
    assert.ok(
      [LOOP, COMPREHENSION].some((body) => text.includes(body.join("\n"))),
      text,
    );
    assert.ok(text.includes(`${HEADER}\n    """The stock after each movement."""\n`), "the docstring is lost");
    await editor.press("Control+Z");
    assert.equal(await editor.save(FILE), source);
  });

  step("where nothing is proved better, a sentence says why", async () => {
    model.answers = ["```python\ndef other(amounts):\n    return amounts\n```", "There is nothing to change."];
    await ask("Send");
    const said = await editor.notification(/versions were tried/, RUN_MS);
    assert.match(
      said,
      /6 versions were tried, and none is shown: 5 × not Python, 1 × no such function \(\d+ s, [\d,]+ tokens\)\./,
    );
  });

  step("nothing went wrong behind the scenes", () => {
    assert.notEqual(session.log(), "", "there is no log");
    assert.doesNotMatch(session.log(), /Traceback \(most recent call last\)/);
  });
});
