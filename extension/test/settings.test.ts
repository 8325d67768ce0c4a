import * as os from "node:os";
import * as path from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { editor, resetEditor } from "./fakeVscode";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
const settings = await import("../src/settings");

beforeEach(resetEditor);

describe("serverSettings", () => {
  it("has the shape the server reads, and nothing that is the extension's", () => {
    editor.settings.set("burnish.completion.minConfidence", 0.4);
    editor.settings.set("burnish.interpreter", "/x/python");
    expect(settings.serverSettings()).toEqual({
      completion: {
        enabled: true,
        multiline: true,
        minConfidence: 0.4,
        maxLatencyMs: 1500,
        debounceMs: null,
        adaptConfidence: true,
        workAhead: "auto",
        exclude: [],
      },
      memory: { enabled: true },
      context: { enabled: true },
      perf: { enabled: true, severity: "hint", modelInputs: true },
      metrics: {
        codeLens: false,
        inlayHints: false,
        diagnostics: true,
        complexity: null,
        nesting: null,
        maintainability: null,
      },
      model: "",
      engine: {
        threads: 0,
        gpuLayers: -1,
        contextTokens: 0,
        adapter: "",
        endpoint: {
          url: "",
          model: "",
          dialect: "",
          fimFamily: "",
          contextTokens: 0,
          connectTimeoutMs: 500,
          firstTokenTimeoutMs: 2000,
          totalTimeoutMs: 30_000,
          maxConcurrent: 2,
        },
      },
      learning: { trainWhenIdle: false },
      refactor: { suggest: true },
      logLevel: "info",
    });
  });
});

describe("serverSettings while snoozed", () => {
  it("has nothing worked ahead, whatever is set", () => {
    editor.settings.set("burnish.completion.workAhead", "always");
    expect(settings.serverSettings(true).completion.workAhead).toBe("never");
    expect(settings.serverSettings(true)).toEqual({
      ...settings.serverSettings(),
      completion: { ...settings.serverSettings().completion, workAhead: "never" },
    });
    expect(settings.configurationFor("burnish.completion.workAhead", true)).toBe("never");
    expect(settings.configurationFor("burnish.completion.workAhead")).toBe("always");
  });
});

describe("files without suggestions", () => {
  it("go to the server as they were written: it says which are no patterns", () => {
    editor.settings.set("burnish.completion.exclude", ["a*.py", 3]);
    expect(settings.configurationFor("burnish.completion.exclude")).toEqual(["a*.py", 3]);
  });
});

describe("configurationFor", () => {
  it("answers for the section, for parts of it, and for nothing else", () => {
    expect(settings.configurationFor("burnish")).toEqual(settings.serverSettings());
    expect(settings.configurationFor(undefined)).toEqual({ burnish: settings.serverSettings() });
    expect(settings.configurationFor("burnish.completion.maxLatencyMs")).toBe(1500);
    expect(settings.configurationFor("burnish.completion.minConfidence")).toBeNull();
    expect(settings.configurationFor("burnish.interpreter")).toBeNull();
    expect(settings.configurationFor("burnish.model.length.x")).toBeNull();
    expect(settings.configurationFor("python")).toBeNull();
  });
});

describe("launchSettings", () => {
  it("fills in folder and home, and drops what is no string", () => {
    editor.folders = [{ uri: { fsPath: "/project" } }];
    editor.settings.set("burnish.interpreter", " ${workspaceFolder}/.venv/bin/python ");
    editor.settings.set("burnish.server.arguments", ["--x", 3, null]);
    expect(settings.launchSettings()).toEqual({
      interpreter: "/project/.venv/bin/python",
      serverArguments: ["--x"],
      pipArguments: [],
    });
    editor.settings.set("burnish.interpreter", "~/venv/bin/python");
    expect(settings.launchSettings().interpreter).toBe(path.join(os.homedir(), "venv/bin/python"));
    editor.settings.set("burnish.interpreter", "  ");
    expect(settings.launchSettings().interpreter).toBeNull();
  });
});

describe("toggling", () => {
  it("changes the user's value where the workspace has none", async () => {
    expect(await settings.toggleCompletion()).toBe(false);
    expect(editor.settings.get("burnish.completion.enabled")).toBe(false);
    expect(settings.completionState()).toEqual({ enabled: false, setByWorkspace: false });
  });

  it("changes the workspace's value where it has one", async () => {
    editor.workspaceSettings.set("burnish.completion.enabled", false);
    expect(await settings.toggleCompletion()).toBe(true);
    expect(editor.settings.size).toBe(0);
    expect(settings.completionState()).toEqual({ enabled: true, setByWorkspace: true });
  });

  it("for the workspace only, and back removes the workspace's value", async () => {
    expect(await settings.toggleCompletionHere()).toBe(false);
    expect(settings.completionState()).toEqual({ enabled: false, setByWorkspace: true });
    expect(await settings.toggleCompletionHere()).toBe(true);
    expect(editor.workspaceSettings.size).toBe(0);
    editor.settings.set("burnish.completion.enabled", false);
    expect(await settings.toggleCompletionHere()).toBe(true);
    expect(editor.workspaceSettings.get("burnish.completion.enabled")).toBe(true);
  });
});
