/** VS Code's workbench as a person sees it: rows to double-click, keys to press, grey text to read. */

import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { pause, until } from "./wait.mjs";

/** VS Code shows spaces as no-break spaces. */
const plain = (text) => text.replaceAll("\u00a0", " ").replaceAll("\u200b", "");

const STATUS_ITEM = '.statusbar-item[id*="burnish.status"]';

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
      await folder.waitFor({ timeout: 30_000 });
      if ((await folder.getAttribute("aria-expanded")) !== "true") await folder.click();
      await until(`folder ${name} to open`, async () => (await folder.getAttribute("aria-expanded")) === "true");
    }
    const name = parts[parts.length - 1];
    await row(name, parts.length).dblclick({ timeout: 30_000 });
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor({ timeout: 30_000 });
    await this.focusedEditor();
  }

  /** Waits until an editor takes what is typed. */
  async focusedEditor() {
    await this.page.locator(".monaco-editor.focused").first().waitFor({ timeout: 30_000 });
  }

  /**
   * Puts the cursor at the beginning of a line (1-based) through "Go to Line/Column".
   * @param {number} line
   */
  async goTo(line) {
    await this.page.keyboard.press("Control+G");
    const input = this.page.locator(".quick-input-widget input");
    await input.waitFor({ state: "visible", timeout: 30_000 });
    await input.fill(`:${line}:1`);
    await pause(150);
    await this.page.keyboard.press("Enter");
    await input.waitFor({ state: "hidden", timeout: 30_000 });
    await until(`the cursor in line ${line}`, async () => (await this.cursor()).line === line);
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
    // VS Code empties the file before it fills it: wait until the contents stay as they are.
    return until(`${file} to be written`, async () => {
      const contents = readFileSync(onDisk, "utf8");
      await pause(150);
      return contents === readFileSync(onDisk, "utf8") ? contents : "";
    });
  }

  /** Closes the open file, unsaved changes and all. */
  async closeFile() {
    await this.command("View: Revert and Close Editor");
    await until("the editor to close", async () => (await this.page.locator(".tab.active").count()) === 0);
  }

  /** Leaves whatever is open: pick lists, notifications, files with unsaved changes. */
  async closeEverything() {
    const tabs = this.page.locator(".tab");
    for (let left = await tabs.count(); left > 0; left--) {
      await this.press("Escape", "Escape");
      await this.command("View: Revert and Close Editor");
      await until("an editor to close", async () => (await tabs.count()) < left, { timeoutMs: 5_000 }).catch(
        () => undefined,
      );
    }
  }

  /**
   * Closes the open file and puts its earlier contents back.
   * @param {string} file relative to the workspace
   * @param {string} contents
   */
  async revertTo(file, contents) {
    await this.closeFile();
    writeFileSync(path.join(this.workspace, file), contents);
  }

  /**
   * Runs a command from the command palette.
   * @param {string} title as the palette shows it, for example "Burnish: Show Log"
   */
  async command(title) {
    const input = this.page.locator(".quick-input-widget input");
    // A webview that comes up takes the focus, and the palette closes without it.
    await until("the command palette", async () => {
      await this.press("F1");
      return input.fill(`>${title}`, { timeout: 5_000 }).then(
        () => true,
        () => false,
      );
    });
    const row = this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: title }).first();
    await row.waitFor({ timeout: 30_000 });
    await row.click();
  }

  /**
   * Waits for an entry of the open pick list.
   * @param {string | RegExp} text
   */
  async pickRow(text) {
    const row = this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: text }).first();
    await row.waitFor({ timeout: 30_000 });
    return row;
  }

  /**
   * Waits for a dialog in the middle of the window.
   * @param {string | RegExp} title
   * @returns {Promise<{text: string, press: (button: string) => Promise<void>}>} all it says, and its buttons
   */
  async dialog(title) {
    const box = this.page.locator(".monaco-dialog-box").filter({ hasText: title });
    await box.waitFor({ timeout: 30_000 });
    return {
      text: plain(await box.locator(".dialog-message-container").innerText()),
      press: async (button) => {
        await box.locator(".dialog-buttons .monaco-button").filter({ hasText: button }).first().click();
        await box.waitFor({ state: "hidden", timeout: 30_000 });
      },
    };
  }

  /**
   * Answers an input box.
   * @param {string | RegExp} title
   * @param {string} text
   */
  async answerInput(title, text) {
    const box = this.page.locator(".quick-input-widget").filter({ hasText: title });
    const input = box.locator("input").first();
    await input.waitFor({ state: "visible", timeout: 30_000 });
    await input.fill(text);
    await pause(300);
    await this.press("Enter");
  }

  /**
   * Waits for a notification and takes it away.
   * @param {RegExp} text
   * @param {number} [timeoutMs]
   * @returns {Promise<string>} what it says
   */
  async notification(text, timeoutMs = 30_000) {
    const toast = this.page.locator(".notification-toast").filter({ hasText: text }).first();
    await toast.waitFor({ timeout: timeoutMs });
    const said = plain(await toast.locator(".notification-list-item-message").innerText());
    await toast.hover();
    await toast.locator(".codicon-notifications-clear").click();
    return said;
  }

  /** @returns {import("playwright-core").FrameLocator} the page inside of the open webview panel */
  webview() {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  }

  /**
   * Names a file in VS Code's own file dialog.
   * @param {string} title of the dialog
   * @param {string} file absolute path
   */
  async chooseFile(title, file) {
    const dialog = this.page.locator(".quick-input-widget").filter({ hasText: title });
    const input = dialog.locator("input").first();
    await input.waitFor({ state: "visible", timeout: 30_000 });
    // The dialog fills in a folder of its own when it is ready; what is written before that is lost.
    await until("the dialog to name a folder", async () => (await input.inputValue()).endsWith("/"));
    await pause(500);
    await input.fill(file);
    await until("the dialog to take the path", async () => (await input.inputValue()) === file);
    await pause(500);
    await this.press("Enter");
    await dialog.waitFor({ state: "hidden", timeout: 30_000 });
  }

  /**
   * Waits for the active tab's title.
   * @param {RegExp} title
   */
  async tab(title) {
    await this.page.locator(".tab.active").filter({ hasText: title }).waitFor({ timeout: 30_000 });
  }

  /** @returns {Promise<string>} the whole status bar, left to right */
  async statusBar() {
    return plain(await this.page.locator(".part.statusbar").innerText()).replace(/\s+/g, " ");
  }

  /** @returns {Promise<string>} what Burnish's status item tells a screen reader, for example "Burnish. Ready: …" */
  async burnishStatusNow() {
    const item = this.page.locator(STATUS_ITEM).first();
    if ((await item.count()) === 0) return "";
    return item.evaluate((element) => {
      const labelled = element.hasAttribute("aria-label") ? element : element.querySelector("[aria-label]");
      return labelled?.getAttribute("aria-label") ?? "";
    });
  }

  /**
   * Waits for a status.
   * @param {RegExp} wanted
   * @param {number} [timeoutMs]
   */
  async burnishStatus(wanted, timeoutMs = 15_000) {
    let last = "";
    const look = async () => {
      last = await this.burnishStatusNow();
      return wanted.test(last) ? last : "";
    };
    try {
      return await until(`the status ${wanted}`, look, { timeoutMs, everyMs: 25 });
    } catch (error) {
      throw new Error(`${error.message}; it is ${JSON.stringify(last)}`, { cause: error });
    }
  }

  /** Begins to write down every status from now on, also those too short to be seen by looking now and then. */
  async watchBurnishStatus() {
    await this.page
      .locator(STATUS_ITEM)
      .first()
      .evaluate((element) => {
        const read = () => (element.querySelector("[aria-label]") ?? element).getAttribute("aria-label") ?? "";
        window.burnishStatuses = [read()];
        const observer = new window.MutationObserver(() => {
          const status = read();
          if (status !== window.burnishStatuses.at(-1)) window.burnishStatuses.push(status);
        });
        observer.observe(element, { attributes: true, subtree: true, childList: true });
      });
  }

  /** @returns {Promise<string[]>} what was seen since {@link watchBurnishStatus} */
  burnishStatusesSeen() {
    return this.page.evaluate(() => window.burnishStatuses);
  }

  /** @returns {Promise<string>} what appears when the mouse rests on Burnish's status item */
  async burnishTooltip() {
    await this.page.locator(STATUS_ITEM).first().hover();
    const hover = this.page.locator(".monaco-hover", { hasText: "Burnish" }).first();
    await hover.waitFor({ timeout: 30_000 });
    return plain(await hover.innerText());
  }

  /**
   * Types one text after the other at the cursor until one brings grey text; what brings none is removed again.
   * @param {string[]} texts what to type, each without a line end
   * @param {number} [patienceMs] how long to wait for each
   * @returns {Promise<{typed: string, ghost: string}>}
   */
  async typeUntilGhostText(texts, patienceMs = 5_000) {
    for (const typed of texts) {
      await this.type(typed);
      const ghost = await this.ghostText(patienceMs).catch(() => "");
      if (ghost) return { typed, ghost };
      for (let index = 0; index < typed.length; index++) await this.press("Backspace");
    }
    throw new Error(`no ghost text after any of ${JSON.stringify(texts)}`);
  }

  /** @returns {Promise<string[]>} the notifications on the screen */
  async notifications() {
    return (await this.page.locator(".notification-toast .notification-list-item-message").allInnerTexts()).map(plain);
  }

  /**
   * Saves a picture of the page.
   * @param {string} name without ending
   * @param {string} [folder] where to; otherwise the folder for the documentation's pictures
   */
  async picture(name, folder = this.pictures) {
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: path.join(folder, `${name}.png`) });
  }
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
