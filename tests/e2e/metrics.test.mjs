/** Complexity in a real VS Code: figures above functions, what drives them, and the report on the workspace. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe } from "node:test";

import { Session } from "./harness/session.mjs";
import { CALM } from "./harness/settings.mjs";
import { Steps } from "./harness/steps.mjs";
import { pause, until } from "./harness/wait.mjs";

const START_MS = 120_000;
const LIMIT = { timeout: 240_000 };

const FILE = "stockroom/orders.py";
const SOURCE = `"""Orders, and whether they can be sent."""

from stockroom.items import Item


def total(items: list[Item]) -> float:
    return sum(item.price for item in items)


def refusal(order: dict, stock: dict[str, int], blocked: set[str]) -> str:
    """Why an order cannot be sent; empty where it can."""
    if order.get("lines"):
        if order["customer"] not in blocked:
            for sku, count in order["lines"].items():
                if sku in stock:
                    if count > stock[sku] and not order.get("partial"):
                        return f"only {stock[sku]} of {sku} left"
                    if count <= 0 or count > 1000 or count % 1:
                        return f"{count} is no amount"
                elif order.get("strict") or not order.get("backorder"):
                    return f"{sku} is not kept"
            if order.get("express") and order.get("country") != "DE":
                return "express is for Germany only"
        else:
            return "the customer is blocked"
    else:
        return "there is nothing in it"
    return ""
`;
const LINE = SOURCE.split("\n").findIndex((line) => line.startsWith("def refusal")) + 1;
const TITLE = "complexity 14 · C · 19 lines";

describe("Complexity in the editor", { timeout: 20 * 60_000 }, () => {
  const session = new Session("metrics");
  const steps = new Steps(session, LIMIT);
  const { step } = steps;
  /** @type {import("./harness/workbench.mjs").Workbench} */
  let editor;

  before(async () => {
    try {
      writeFileSync(path.join(session.workspace, FILE), SOURCE);
      editor = await session.start({
        ...CALM,
        // The figures stand above.
        "editor.hover.above": false,
      });
    } catch (error) {
      await session.end({ keep: true });
      throw error;
    }
  }, LIMIT);

  after(() => session.end({ keep: steps.failed }), LIMIT);

  /** @returns {Promise<string[]>} the code lenses on the screen */
  async function lenses() {
    const said = await editor.page.locator(".codelens-decoration a").allInnerTexts();
    return said.map((text) => text.replaceAll("\u00a0", " "));
  }

  /** Waits until a lens says this. */
  function lens(title) {
    return until(`the lens ${title}`, async () => (await lenses()).includes(title), { timeoutMs: 60_000 });
  }

  function hint() {
    const marks = editor.page.locator(".squiggly-hint");
    return until("the hint", async () => (await marks.count()) > 0, { timeoutMs: 60_000 });
  }

  step("a function beyond the threshold is pointed out; above functions stands nothing yet", async () => {
    await editor.openFile(FILE);
    await editor.burnishStatus(/^Burnish\. /, START_MS);
    await hint();
    assert.deepEqual(await lenses(), []);
  });

  step("one command shows the figures above functions, at once", async () => {
    await editor.command("Burnish: Show or Hide Complexity Above Functions");
    await lens(TITLE);
    assert.ok((await lenses()).includes("complexity 2 · A · 2 lines"), (await lenses()).join(" | "));
  });

  step("half-written code keeps the last figures, moved along", async () => {
    await editor.goTo(LINE - 1);
    await editor.type("import (");
    await pause(2_000);
    await lens(TITLE);
    await editor.press("Home", "Shift+End", "Delete");
    await lens(TITLE);
    await editor.goTo(SOURCE.split("\n").findIndex((line) => line.includes("count % 1")) + 1);
    await editor.press("End");
    await editor.press("ArrowLeft");
    await editor.type(" or None");
    await lens("complexity 15 · C · 19 lines");
    await editor.press(...Array.from(" or None", () => "Backspace"));
    await lens(TITLE);
  });

  step("hovering over the name says what drives it", async () => {
    await editor.goTo(LINE);
    for (let column = 0; column < "def re".length; column++) await editor.press("ArrowRight");
    const hover = editor.page.locator(".monaco-hover").filter({ hasText: "nesting" });
    const said = await until("the hover", async () => {
      await editor.command("Show or Focus Hover");
      await pause(2_000);
      const texts = (await hover.allInnerTexts()).join("\n").replaceAll("\u00a0", " ");
      return /Complexity 14 · C/.test(texts) && texts;
    });
    assert.match(said, /\(below 11 is asked for\) · nesting 5 \(below 4 is asked for\) · 19 lines/);
    assert.match(said, /\+2 or of 3 in line \d+, \d deep/);
    await editor.page.mouse.move(900, 700);
    await editor.picture("metrics-lens");
    await editor.press("Escape");
  });

  step("a click on the figures lists what drives them and leads to the line", async () => {
    await editor.page.locator(".codelens-decoration a").filter({ hasText: "complexity 14" }).click();
    const row = await editor.pickRow("or of 3");
    await editor.pickRow("Refactor…");
    await editor.page.screenshot({ path: path.join(session.results, "drivers.png") });
    await row.click();
    const wanted = SOURCE.split("\n").findIndex((line) => line.includes("count % 1")) + 1;
    await until("the line", async () => (await editor.cursor()).line === wanted);
  });

  step("hints at the ends of lines are the other form", async () => {
    await session.changeSettings({ "burnish.metrics.inlayHints": true, "burnish.metrics.codeLens": false });
    await editor.tab(/orders\.py/);
    const hints = editor.page.locator(".view-line").filter({ hasText: /complexity.14.·.C/ });
    await until("the inlay hint", async () => (await hints.count()) > 0, { timeoutMs: 60_000 });
    await until("the lenses to go", async () => (await lenses()).length === 0);
  });

  step("the report has every function, as a map and as a table that its headings sort", async () => {
    await editor.command("Burnish: Complexity of the Workspace");
    await editor.tab(/Complexity/);
    const page = editor.webview();
    await page.getByText(/Average complexity/).waitFor({ timeout: 60_000 });
    assert.match(await page.locator("#headline").innerText(), /\d+ functions in \d+ files/);
    const rows = page.locator("#table tbody tr");
    assert.match(await rows.filter({ hasText: "refusal" }).innerText(), /stockroom\/orders\.py:10\s+14 C\s+5\s/);
    const figures = (await rows.locator("td:nth-child(3)").allInnerTexts()).map((words) => Number.parseInt(words, 10));
    assert.deepEqual(
      figures,
      figures.toSorted((one, other) => other - one),
    );
    assert.match(await page.locator("#map").getAttribute("aria-label"), /The most complex is \w+ in stockroom/);
    assert.ok((await page.locator("#map g.box").count()) > 5);
    await editor.page.mouse.move(640, 790);
    await editor.command("Notifications: Clear All Notifications");
    await editor.command("View: Close Primary Side Bar").catch(() => undefined);
    await pause(1_500);
    await editor.picture("metrics-report");
    await page.getByRole("button", { name: "Function" }).click();
    assert.equal(await page.locator("th[aria-sort]").getAttribute("aria-sort"), "ascending");
  });

  step("in a dark theme it can be read as well", async () => {
    await session.changeSettings({ "workbench.colorTheme": "Default Dark Modern" });
    await editor.tab(/Complexity/);
    await editor.webview().locator("#map g.box").first().waitFor({ timeout: 30_000 });
    await pause(1_500);
    await editor.page.screenshot({ path: path.join(session.results, "metrics-report-dark.png") });
  });

  step("it is compared with a revision, and a function in it can be opened", async () => {
    const git = (...args) => execFileSync("git", args, { cwd: session.workspace, stdio: "pipe" });
    git("init", "-q");
    git("add", ".");
    git("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false", "commit", "-qm", "first");
    writeFileSync(path.join(session.workspace, FILE), SOURCE.replace(" or count % 1", ""));
    const page = editor.webview();
    await page.getByRole("button", { name: "Compare with a Revision…" }).click();
    await editor.answerInput("Compare with a git revision", "HEAD");
    await page.getByRole("heading", { name: "Since HEAD" }).waitFor({ timeout: 60_000 });
    assert.match(await page.locator("#trend").innerText(), /1 function less complex/);
    await page.locator("#trend").getByRole("button", { name: "refusal" }).click();
    await editor.tab(/orders\.py/);
    await until("the function", async () => (await editor.cursor()).line === LINE);
  });
});
