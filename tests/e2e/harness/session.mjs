/** One run of the editor for the tests: a copy of examples/, a fresh profile, a browser, and the logs if it fails. */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { chromium } from "playwright-core";

import { freePort, prepareProfile, profileIn, startBrowserEditor } from "../../../scripts/lib/editor.mjs";
import { E2E_SETTINGS, EXAMPLES, ROOT, TEST_RESULTS } from "../../../scripts/lib/paths.mjs";
import { endAll } from "../../../scripts/lib/run.mjs";
import { until } from "./wait.mjs";
import { Workbench } from "./workbench.mjs";

const BROWSER_ARGUMENTS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync"],
];
const WINDOW = { width: 1280, height: 800 };

const NOWHERE = "http://127.0.0.1:9/";

/** The editor looks for extensions here. */
const NO_GALLERY = JSON.stringify({ serviceUrl: NOWHERE, itemUrl: NOWHERE });

/**
 * What `npm test` prepared.
 * @returns {{vsix: {file: string, inputs: string}, codeServer: string, chromium: string, updateImages: boolean}}
 */
export function settings() {
  return JSON.parse(readFileSync(E2E_SETTINGS, "utf8"));
}

/**
 * @returns {Promise<import("playwright-core").Browser>}
 */
export function launchBrowser() {
  return chromium.launch({ executablePath: settings().chromium, headless: true, args: BROWSER_ARGUMENTS });
}

// Told to stop in the middle of a test: the editor is in a process group of its own and would stay.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    endAll();
    setTimeout(() => process.exit(1), 2_000);
  });
}

/** A running editor with Burnish, seen through a browser. */
export class Session {
  /** @param {string} name of the test run, for its folder below test-results/ */
  constructor(name) {
    this.results = path.join(TEST_RESULTS, name);
    rmSync(this.results, { recursive: true, force: true });
    mkdirSync(this.results, { recursive: true });
    this.folder = mkdtempSync(path.join(os.tmpdir(), "burnish-e2e-"));
    this.workspace = path.join(this.folder, "examples");
    cpSync(EXAMPLES, this.workspace, { recursive: true, filter: (source) => !source.includes("__pycache__") });
    this.profile = profileIn(this.folder);
    this.pictures = settings().updateImages ? path.join(ROOT, "docs", "images") : this.results;
  }

  /** Where Burnish keeps its models and logs during this run. */
  get home() {
    return path.join(this.folder, "burnish-home");
  }

  /**
   * Changes the editor's settings while it runs, in its own editor: without native modules it does not watch the file.
   * @param {Record<string, unknown>} changes
   */
  async changeSettings(changes) {
    const file = path.join(this.profile.data, "User", "settings.json");
    const settings = { ...JSON.parse(readFileSync(file, "utf8")), ...changes };
    await this.workbench.command("Preferences: Open User Settings (JSON)");
    await this.workbench.tab(/settings\.json/);
    await this.workbench.focusedEditor();
    await this.workbench.press("Control+A");
    await this.page.keyboard.insertText(JSON.stringify(settings));
    // What the editor closed by itself stands right of it.
    await this.workbench.press("Control+Shift+End", "Delete", "Control+S");
    await until("the settings to be saved", () => readFileSync(file, "utf8") === JSON.stringify(settings));
    await this.workbench.command("View: Close Editor");
  }

  /**
   * @param {Record<string, unknown>} [editorSettings] settings of the editor beyond the tests' own
   * @param {NodeJS.ProcessEnv} [env] variables for everything that the editor starts
   */
  async start(editorSettings = {}, env = {}) {
    const program = { command: process.execPath, args: [settings().codeServer] };
    await prepareProfile(program, this.profile, settings().vsix, {
      "workbench.startupEditor": "none",
      "files.autoSave": "off",
      ...editorSettings,
    });
    this.editor = await startBrowserEditor(program, this.profile, {
      folder: this.workspace,
      port: await freePort(),
      log: path.join(this.results, "code-server.log"),
      env: { BURNISH_HOME: this.home, EXTENSIONS_GALLERY: NO_GALLERY, CS_TELEMETRY_URL: NOWHERE, ...env },
    });
    this.browser = await launchBrowser();
    this.page = await this.browser.newPage({ viewport: WINDOW });
    this.workbench = new Workbench(this.page, this.workspace, this.pictures);
    await this.workbench.open(this.editor.address);
    return this.workbench;
  }

  /** @returns {string} Burnish's log as far as it is written */
  log() {
    const logs = path.join(this.profile.data, "logs");
    const files = readdirSync(logs, { recursive: true }).filter((file) => /burnish.*\.log$/i.test(String(file)));
    return files.map((file) => readFileSync(path.join(logs, String(file)), "utf8")).join("\n");
  }

  /**
   * Ends everything that was started.
   * @param {{keep: boolean}} options `keep`: the logs and a last picture go to test-results/
   */
  async end({ keep }) {
    try {
      if (keep) await this.keepEvidence();
    } finally {
      await this.browser?.close();
      await this.editor?.stop();
      endAll();
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
  }

  /**
   * Keeps a picture of a failure.
   * @param {string} title what failed
   */
  async keepPicture(title) {
    const name = `failed-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.png`;
    await this.page?.screenshot({ path: path.join(this.results, name), timeout: 10_000 });
  }

  async keepEvidence() {
    for (const [name, source] of [
      ["editor-logs", path.join(this.profile.data, "logs")],
      ["burnish-logs", path.join(this.home, "logs")],
      ["workspace", this.workspace],
    ]) {
      cpSync(source, path.join(this.results, name), { recursive: true, force: true, errorOnExist: false });
    }
  }
}
