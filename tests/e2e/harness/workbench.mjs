/** VS Code's workbench as a person sees it: rows to double-click, keys to press, grey text to read. */

import { mkdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

import { pause, until } from "./wait.mjs";

/** VS Code shows spaces as no-break spaces. */
const plain = (text) => text.replaceAll("\u00a0", " ").replaceAll("\u200b", "");

/** One browser page with a workbench in it. */
export class Workbench {
  /**
   * @param {import("playwright-core").Page} page
   * @param {string} workspace the folder that is open
   * @param {string} pictures folder for screenshots
   */
  constructor(page, workspace, pictures) {
    this.page = page;
    this.workspace = workspace;
    this.pictures = pictures;
  }

  /** @param {string} address of the editor */
  async open(address) {
    await this.page.goto(address, { waitUntil: "domcontentloaded", timeout: 60_000 });
    await this.page.locator(".monaco-workbench .explorer-folders-view").waitFor({ timeout: 60_000 });
  }

  /**
   * Opens a file by a double click on its row, its folders first.
   * @param {string} file path relative to the workspace, with slashes
   */
  async openFile(file) {
    const parts = file.split("/");
    const explorer = this.page.locator(".explorer-folders-view");
    const row = (name, level) =>
      explorer.locator(`.monaco-list-row[aria-level="${level}"]`).filter({
        has: this.page.locator(`.label-name`, { hasText: new RegExp(`^${escape(name)}$`) }),
      });
    for (const [index, name] of parts.slice(0, -1).entries()) {
      const folder = row(name, index + 1);
      await folder.waitFor({ timeout: 15_000 });
      if ((await folder.getAttribute("aria-expanded")) !== "true") await folder.click();
      await until(`folder ${name} to open`, async () => (await folder.getAttribute("aria-expanded")) === "true");
    }
    const name = parts[parts.length - 1];
    await row(name, parts.length).dblclick({ timeout: 15_000 });
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor({ timeout: 15_000 });
    await this.page.locator(".monaco-editor.focused").first().waitFor({ timeout: 15_000 });
  }

  /**
   * Puts the cursor somewhere (1-based, columns in UTF-16 units) through "Go to Line/Column".
   * @param {number} line
   * @param {number} [column]
   */
  async goTo(line, column = 1) {
    await this.page.keyboard.press("Control+G");
    const input = this.page.locator(".quick-input-widget input");
    await input.waitFor({ state: "visible", timeout: 10_000 });
    await input.fill(`:${line}:${column}`);
    await pause(150);
    await this.page.keyboard.press("Enter");
    await input.waitFor({ state: "hidden", timeout: 10_000 });
    await until(`the cursor at ${line}:${column}`, async () => {
      const { line: nowLine, column: nowColumn } = await this.cursor();
      return nowLine === line && (column > 500 || nowColumn === column);
    });
  }

  /** @returns {Promise<{line: number, column: number}>} the cursor as the status bar tells it */
  async cursor() {
    const text = await this.page.locator('[id="status.editor.selection"]').innerText();
    const [, line, column] = /Ln (\d+), Col (\d+)/.exec(plain(text)) ?? ["", "0", "0"];
    return { line: Number(line), column: Number(column) };
  }

  /**
   * Types as a person would, with a short rest between the keys.
   * @param {string} text
   */
  async type(text) {
    await this.page.keyboard.type(text, { delay: 40 });
  }

  /** @param {...string} keys for example "Tab", "Control+S" */
  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** @returns {Promise<string>} the grey text now on the screen, lines joined by newlines; "" when there is none */
  async ghostTextNow() {
    return plain(
      await this.page.evaluate(() => {
        const pieces = [...document.querySelectorAll(".ghost-text-decoration, .ghost-text-decoration-preview")];
        const inline = pieces.map((piece) => piece.textContent ?? "").join("");
        const below = [...document.querySelectorAll(".suggest-preview-text .view-line, .ghost-text .view-line")];
        return [inline, ...below.map((line) => line.textContent ?? "")].join("\n").replace(/\n+$/, "");
      }),
    );
  }

  /**
   * Waits for grey text.
   * @param {number} [timeoutMs]
   */
  ghostText(timeoutMs = 15_000) {
    return until("ghost text", () => this.ghostTextNow(), { timeoutMs });
  }

  /** Waits until no grey text is left. */
  noGhostText() {
    return until("the ghost text to go", async () => (await this.ghostTextNow()) === "", { timeoutMs: 5_000 });
  }

  /**
   * Saves the open file and reads it back from the disk.
   * @param {string} file relative to the workspace
   * @returns {Promise<string>} its contents, line ends as they are
   */
  async save(file) {
    const onDisk = path.join(this.workspace, file);
    const before = statSync(onDisk).mtimeMs;
    await this.press("Control+S");
    await until(`${file} to be saved`, () => statSync(onDisk).mtimeMs !== before);
    return readFileSync(onDisk, "utf8");
  }

  /** Undoes everything back to what is on the disk and closes the file. */
  async revertAndClose() {
    await this.command("View: Revert and Close Editor");
    await until("the editor to close", async () => (await this.page.locator(".tab.active").count()) === 0);
  }

  /**
   * Runs a command from the command palette.
   * @param {string} title as the palette shows it, for example "Burnish: Show Log"
   */
  async command(title) {
    await this.press("F1");
    const input = this.page.locator(".quick-input-widget input");
    await input.waitFor({ state: "visible", timeout: 10_000 });
    await input.fill(`>${title}`);
    const row = this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: title }).first();
    await row.waitFor({ timeout: 10_000 });
    await row.click();
  }

  /**
   * Waits for an entry of the open pick list.
   * @param {string | RegExp} text
   */
  async pickRow(text) {
    const row = this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: text }).first();
    await row.waitFor({ timeout: 15_000 });
    return row;
  }

  /** @returns {Promise<string>} the whole status bar, left to right */
  async statusBar() {
    return plain(await this.page.locator(".part.statusbar").innerText()).replace(/\s+/g, " ");
  }

  /** @returns {Promise<string[]>} the notifications on the screen */
  async notifications() {
    return (await this.page.locator(".notification-toast .notification-list-item-message").allInnerTexts()).map(plain);
  }

  /**
   * Saves a picture of the page.
   * @param {string} name without ending
   */
  async picture(name) {
    mkdirSync(this.pictures, { recursive: true });
    await this.page.screenshot({ path: path.join(this.pictures, `${name}.png`) });
  }
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
