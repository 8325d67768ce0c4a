/** Refactorings in a real VS Code: a suggestion taken, a function extracted with a preview, a plan applied step by step, undo. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe } from "node:test";

import { EXAMPLES } from "../../scripts/lib/paths.mjs";
import { Home } from "./harness/record.mjs";
import { Session } from "./harness/session.mjs";
import { CALM, TELEMETRY_ON } from "./harness/settings.mjs";
import { Steps } from "./harness/steps.mjs";
import { pause, until } from "./harness/wait.mjs";

const START_MS = 240_000;
const VERIFICATION_MS = 240_000;
const LIMIT = { timeout: 480_000 };

const FILE = "stockroom/deliveries.py";
const SUGGESTED = {
  line: "            if sku in received:",
  title: /^Use `get`: complexity (\d+) → (\d+), maintainability/,
};
const BLOCK = {
  first: '        report.append(f"{sum(received.values())} pieces of {len(received)} items")',
  last: "            for words in sorted(surplus):",
};
const EVIDENCE = /equivalent on \d+ inputs \(\d+ % branches\)/i;

describe("Refactorings in the editor", { timeout: 40 * 60_000 }, () => {
  const session = new Session("refactor");
  const home = new Home(session.home);
  const steps = new Steps(session, LIMIT);
  const { step } = steps;
  const source = readFileSync(path.join(EXAMPLES, FILE), "utf8");
  const lines = source.split("\n");
  /** @type {import("./harness/workbench.mjs").Workbench} */
  let editor;

  before(async () => {
    try {
      editor = await session.start({
        ...CALM,
        "burnish.refactor.preview": "always",
        ...TELEMETRY_ON,
      });
    } catch (error) {
      await session.end({ keep: true });
      throw error;
    }
  }, LIMIT);

  after(() => session.end({ keep: steps.failed }), LIMIT);

  /** Puts the cursor at the beginning of the code in a line. */
  async function goToLine(line) {
    const number = lines.indexOf(line) + 1;
    assert.ok(number > 0, `the example has lost the line ${line}`);
    await editor.goTo(number);
    await editor.press("Home");
    return number;
  }

  /** Waits for an open menu of actions that has a row of this kind, and reads its rows. */
  async function menu(open, wanted) {
    const rows = editor.page.locator(".action-widget .monaco-list-row.action");
    return until(
      `the menu with ${wanted}`,
      async () => {
        await open();
        await rows
          .first()
          .waitFor({ timeout: 20_000 })
          .catch(() => undefined);
        await pause(500);
        const texts = await rows.allInnerTexts();
        if (texts.some((row) => wanted.test(row))) return texts;
        await editor.press("Escape");
        return false;
      },
      { timeoutMs: START_MS },
    );
  }

  /** Chooses a row of the open menu with the keyboard. */
  async function choose(title) {
    const focused = editor.page.locator(".action-widget .monaco-list-row.focused");
    await until(`the row ${title}`, async () => {
      const [now = ""] = await focused.allInnerTexts();
      if (!title.test(now)) await editor.press("ArrowDown");
      return title.test(now);
    });
    await editor.press("Enter");
  }

  const quickFixes = () => editor.press("Control+.");

  /** Waits until the open file has changes that are not saved. */
  function changed() {
    const dirty = editor.page.locator(".tab.active.dirty");
    return until("the change", async () => (await dirty.count()) > 0, { timeoutMs: VERIFICATION_MS });
  }

  /** A button of the notification that says this. */
  function button(said, name) {
    const toast = editor.page.locator(".notification-toast").filter({ hasText: said });
    return toast.locator(".monaco-button").filter({ hasText: name }).first();
  }

  step("a complex function gets a suggestion that says by how much, and its quick fix", async () => {
    await editor.openFile(FILE);
    await editor.burnishStatus(/^Burnish\. /, START_MS);
    await goToLine(SUGGESTED.line);
    const marks = editor.page.locator(".squiggly-hint");
    await until("a hint", async () => (await marks.count()) > 0, { timeoutMs: START_MS });
    await menu(quickFixes, SUGGESTED.title);
    await choose(SUGGESTED.title);
    await changed();
    const text = await editor.save(FILE);
    assert.match(text, /^ {12}came = received\.get\(sku, 0\)$/m);
    await editor.press("Control+Z");
    assert.equal(await editor.save(FILE), source);
  });

  step("a selection becomes a function: named, looked at, applied, and undone by one step", async () => {
    const first = await goToLine(BLOCK.first);
    const count = lines.indexOf(BLOCK.last) + 3 - first;
    await editor.press("Home", ...Array(count).fill("Shift+ArrowDown"));
    const question = editor.page.locator(".quick-input-widget").filter({ hasText: /Extract function/ });
    const asked = () =>
      question.waitFor({ timeout: 10_000 }).then(
        () => true,
        () => false,
      );
    // A menu that the editor fills anew at this very moment swallows the key.
    await until(
      "the question for a name",
      async () => {
        await menu(() => editor.press("Control+Shift+R"), /^Extract function…/);
        await choose(/^Extract function…/);
        return asked();
      },
      { timeoutMs: START_MS },
    );
    await editor.answerInput(/Extract function/, "1st");
    await until("the name to be refused", async () =>
      (await editor.page.locator(".quick-input-widget").innerText()).includes("cannot be a name"),
    );
    await editor.answerInput(/Extract function/, "write_report");
    const panel = editor.page.locator(".bulk-edit-panel");
    await panel.waitFor({ timeout: START_MS });
    // What is to be confirmed is ticked by who has looked at it.
    await panel.locator("input[type=checkbox]").first().check();
    await pause(2_000);
    await editor.picture("refactor-extract");
    assert.equal(readFileSync(path.join(session.workspace, FILE), "utf8"), source);
    await panel.locator(".monaco-button").filter({ hasText: "Apply" }).first().click();
    await editor.page.locator('.tab[data-resource-name="deliveries.py"]').first().click();
    await changed();
    const text = await editor.save(FILE);
    assert.match(text, /^def write_report\(/m);
    assert.match(text, /^ {8}write_report\(.*\)$/m);
    await editor.press("Control+Z");
    assert.equal(await editor.save(FILE), source);
  });

  step("a plan is walked through: each step shown with its verdict, applied, and taken back", async () => {
    await editor.command("View: Close Panel").catch(() => undefined);
    await goToLine(BLOCK.first);
    await editor.command("Burnish: Simplify This Function Step by Step");
    let taken = 0;
    for (let number = 1, of = 1; number <= of; number++) {
      const toast = new RegExp(`Step ${number} of \\d+`);
      await button(toast, "Apply").waitFor({ timeout: VERIFICATION_MS });
      const said = (await editor.notifications()).find((one) => toast.test(one)) ?? "";
      of = Number(/ of (\d+)/.exec(said)?.[1]);
      assert.match(said, /Complexity \d+ → \d+/);
      assert.match(said, number === 1 ? /same|equivalent/i : EVIDENCE);
      await editor.tab(/Step \d+ of \d+: complexity \d+ → \d+ \((exact|tested)\)/);
      if (number === 2) {
        await editor.command("View: Close Primary Side Bar").catch(() => undefined);
        await editor.page.mouse.move(500, 700);
        await pause(2_000);
        await editor.picture("refactor-plan");
      }
      await button(toast, "Apply").click();
      taken++;
    }
    assert.ok(taken >= 2, `${taken} steps`);
    const end = await editor.notification(/steps applied to/, VERIFICATION_MS);
    assert.match(end, new RegExp(`${taken} of ${taken} steps applied to .delivery_report.`));
    await editor.page.locator('.tab[data-resource-name="deliveries.py"]').first().click();
    await editor.focusedEditor();
    const text = await editor.save(FILE);
    assert.match(text, /^def _compare_order\(/m);
    assert.match(text, /^ {8}(\w+ = )?_compare_order\(/m);
    for (let number = 0; number < taken; number++) await editor.press("Control+Z");
    assert.equal(await editor.save(FILE), source);
  });

  step("where the user agrees, what is offered and taken is recorded", async () => {
    assert.ok(!home.hasRecord, "there is a record");
    await editor.command("Burnish: Learning…");
    await (await editor.pickRow("Record what becomes of suggestions")).click();
    await (await editor.dialog("Record what becomes of suggestions?")).press("Record");
    await editor.burnishStatus(/Recording$/, START_MS);
    await editor.press("Escape");
    await editor.page.locator(".tab.active").click();
    await editor.focusedEditor();
    const known = home.events();
    await goToLine(SUGGESTED.line);
    await menu(quickFixes, SUGGESTED.title);
    await choose(SUGGESTED.title);
    const accepted = await home.newEvent("accepted", known);
    const [offer] = home.events().filter((event) => event.suggestion === accepted.suggestion && event.rule);
    assert.deepEqual([offer.rule, offer.verdict], ["dict-get", "exact"]);
    await editor.press("Control+Z");
    await editor.closeFile();
  });

  step("nothing went wrong behind the scenes", () => {
    assert.notEqual(session.log(), "", "there is no log");
    assert.doesNotMatch(session.log(), /Traceback \(most recent call last\)/);
  });
});
