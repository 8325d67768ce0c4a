import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ModelInfo } from "../src/protocol";
import { FakeServer } from "./fakeServer";
import { editor, fakeLogger, resetEditor } from "./fakeVscode";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
const { Command, menuItems, registerCommands } = await import("../src/commands");
const { formatSize, modelItems, selectModel } = await import("../src/models");
const { ago, showSilences, silenceItems } = await import("../src/silence");
const { Snooze } = await import("../src/snooze");
const { Doctor, doctorMarkdown } = await import("../src/doctor");
const { NotRunningError } = await import("../src/client");
const { parseModels, parseStatus } = await import("../src/protocol");

const nano = {
  name: "nano",
  title: "Burnish nano",
  description: "Bundled.",
  installed: true,
  selected: true,
  suits: "suits this machine",
  sizeBytes: 7_300_000,
  licence: "Apache-2.0",
};
const large = {
  ...nano,
  name: "qwen-7b",
  title: "Qwen 7B",
  installed: false,
  selected: false,
  suits: false,
  sizeBytes: 8.1e9,
};

const pick =
  (test: (item: Record<string, unknown>) => boolean) =>
  (items: unknown): unknown =>
    (items as Record<string, unknown>[]).find(test);

beforeEach(resetEditor);

describe("select model", () => {
  it("lists installed, downloadable with size, licence and suitability, and a file", () => {
    const items = modelItems([large, nano] as ModelInfo[]);
    expect(items.map((item) => item.label)).toEqual([
      "Installed",
      "$(check) Burnish nano",
      "To download",
      "$(cloud-download) Qwen 7B",
      "Your own",
      "$(folder-opened) A GGUF file…",
    ]);
    expect(items[1]?.description).toBe("7 MB · Apache-2.0 · suits this machine");
    expect(items[3]?.description).toBe("8.1 GB · Apache-2.0 · too large for this machine");
  });

  it("uses an installed model at once", async () => {
    const server = new FakeServer({ "burnish.server.listModels": [nano, large] });
    editor.answers = [pick((item) => item["label"] === "$(check) Burnish nano")];
    await selectModel(server);
    expect(server.asked.at(-1)).toEqual(["burnish.server.useModel", "nano"]);
  });

  it("lets the choice replace a model named in the settings", async () => {
    const server = new FakeServer({ "burnish.server.listModels": [nano] });
    editor.settings.set("burnish.model", "qwen-7b");
    editor.workspaceSettings.set("burnish.model", "/m/y.gguf");
    editor.answers = [pick((item) => item["label"] === "$(check) Burnish nano")];
    await selectModel(server);
    expect([...editor.settings.keys(), ...editor.workspaceSettings.keys()]).toEqual([]);
  });

  it("downloads after asking, shows how far it is, then uses it", async () => {
    const server = new FakeServer({
      "burnish.server.listModels": [nano, large],
      "burnish.server.pullModel": (own: FakeServer) => {
        own.hub.take("a", { kind: "begin", title: "Fetching qwen-7b" });
        own.hub.take("b", { kind: "begin", title: "Burnish" });
        own.hub.take("a", { kind: "report", message: "2 of 8 GB", percentage: 25 });
        own.hub.take("b", { kind: "report", message: "other", percentage: 90 });
        own.hub.take("a", { kind: "end" });
      },
    });
    editor.answers = [pick((item) => String(item["label"]).includes("Qwen")), "Download"];
    await selectModel(server);
    expect(server.asked.map(([command]) => command)).toEqual([
      "burnish.server.listModels",
      "burnish.server.pullModel",
      "burnish.server.useModel",
    ]);
    expect(editor.progress).toContainEqual({ message: "2 of 8 GB", increment: 25 });
    expect(editor.progress.some((report) => report.message === "other")).toBe(false);
  });

  it("does nothing when the download is declined, and says why one failed", async () => {
    const server = new FakeServer({
      "burnish.server.listModels": [large],
      "burnish.server.pullModel": new Error("The disk is full."),
    });
    const choose = pick((item) => String(item["label"]).includes("Qwen"));
    editor.answers = [choose, undefined];
    await selectModel(server);
    expect(server.asked).toHaveLength(1);
    editor.answers = [choose, "Download"];
    await expect(selectModel(server)).rejects.toThrow("Qwen 7B could not be downloaded. The disk is full.");
    expect(server.asked.some(([command]) => command === "burnish.server.useModel")).toBe(false);
  });

  it("takes a file of one's own", async () => {
    const server = new FakeServer({ "burnish.server.listModels": [] });
    editor.answers = [pick((item) => item["local"] === true), [{ fsPath: "/m/x.gguf" }]];
    await selectModel(server);
    expect(server.asked.at(-1)).toEqual(["burnish.server.useModel", "/m/x.gguf"]);
  });

  it.each([
    [0, ""],
    [900, "1 kB"],
    [398_458_880, "398 MB"],
    [1.6e9, "1.6 GB"],
  ])("%d bytes → %j", (bytes, text) => expect(formatSize(bytes)).toBe(text));
});

describe("why no suggestion", () => {
  const silence = {
    time: "2026-01-02T03:04:05Z",
    uri: "file:///project/a.py",
    line: 9,
    character: 4,
    rule: "low-confidence",
    sentence: "The model was only 12 % sure.",
  };

  it("shows sentence, place and time", () => {
    const now = Date.parse(silence.time) + 40_000;
    const [item] = silenceItems([silence], () => "a.py", now);
    expect(item).toMatchObject({
      label: "The model was only 12 % sure.",
      description: "40 s ago",
      detail: "a.py, line 10, column 5 · low-confidence",
    });
    expect(ago("nonsense", now)).toBe("");
    expect(ago(silence.time, now + 600_000)).toBe("11 min ago");
  });

  it("goes to the chosen place", async () => {
    const server = new FakeServer({ "burnish.server.whyNoSuggestion": [silence] });
    editor.answers = [(items: unknown) => (items as unknown[])[0]];
    await showSilences(server, new Snooze());
    expect(editor.shown.at(-1)).toMatchObject({
      kind: "document",
      text: "file:///project/a.py",
      options: { selection: { start: { line: 9, character: 4 } } },
    });
  });

  it("says so when nothing was held back", async () => {
    await showSilences(new FakeServer({ "burnish.server.whyNoSuggestion": [] }), new Snooze());
    expect(editor.shown[0]?.text).toContain("has not held back");
  });
});

describe("doctor", () => {
  const checks = [
    { name: "Model file", ok: true, detail: "7 MB, sha256 as expected", mend: "" },
    { name: "llama.cpp", ok: false, detail: "no <AVX2>", mend: "pip install `x`" },
  ];

  it("puts what is broken first, with the command that mends it, and escapes the rest", () => {
    const text = doctorMarkdown(checks, [["Python", "/a|b"]], null);
    expect(text).toContain("❌ 1 of 2 checks failed.");
    expect(text.indexOf("llama.cpp")).toBeLessThan(text.indexOf("Model file"));
    expect(text).toContain("no \\<AVX2\\>");
    expect(text).toContain("```text\npip install `x`\n```");
    expect(text).toContain("| Python | /a\\|b |");
  });

  it("opens a page even when the server cannot be asked", async () => {
    const doctor = new Doctor(() => Promise.resolve([["Extension", "0.1.0"]] as const));
    await doctor.show(new FakeServer({ "burnish.server.doctor": new NotRunningError() }));
    expect(doctor.provideTextDocumentContent()).toContain(
      "could not be asked: Burnish's language server is not running",
    );
    expect(editor.executed.at(-1)?.[0]).toBe("markdown.showPreview");
    await doctor.show(new FakeServer({ "burnish.server.doctor": { checks } }));
    expect(doctor.provideTextDocumentContent()).toContain("1 of 2 checks failed");
    doctor.dispose();
  });
});

describe("commands", () => {
  const view = {
    icon: "",
    label: "",
    summary: "Ready",
    facts: [],
    severity: "information",
    busy: false,
    recording: false,
    snoozed: null,
    action: "menu",
  } as const;

  it("shows an error with buttons instead of failing silently", async () => {
    const { logger } = fakeLogger();
    const server = new FakeServer({ "burnish.server.listModels": new NotRunningError() });
    registerCommands({ server, logger, view: () => view } as never);
    editor.answers = ["Start"];
    await editor.registered.get(Command.selectModel)?.();
    expect(editor.shown.at(-1)).toMatchObject({ kind: "error", text: "Burnish's language server is not running." });
    expect(editor.executed.at(-1)).toEqual([Command.restart]);
  });

  it("offers in the menu what can be done now", () => {
    const labels = (inWorkspace: boolean): string[] => menuItems(view, inWorkspace).map((item) => item.label);
    expect(labels(false)).toContain("$(circle-slash) Turn off suggestions");
    expect(labels(false)).not.toContain("$(circle-slash) Turn off in this workspace");
    expect(labels(true)).toContain("$(circle-slash) Turn off in this workspace");
    expect(labels(false)).toContain("$(bell-slash) Snooze suggestions…");
    expect(labels(false)).not.toContain("$(bell) End Snooze");
    const snoozed = { minutes: 4, words: "for another 4 minutes" };
    expect(menuItems({ ...view, snoozed }, false)).toContainEqual({
      label: "$(bell) End Snooze",
      description: "snoozed for another 4 minutes",
      command: Command.endSnooze,
    });
    editor.workspaceSettings.set("burnish.completion.enabled", false);
    expect(labels(true)).not.toContain("$(bell-slash) Snooze suggestions…");
    expect(labels(true)).not.toContain("$(sparkle) Turn on suggestions");
    expect(labels(true)).toContain("$(sparkle) Turn on in this workspace");
  });
});

describe("protocol", () => {
  it("takes a status apart and refuses what is none", () => {
    expect(parseStatus({ state: "ready", model: "m", adapter: "", lastLatencyMs: "x", threads: 2 })).toEqual({
      state: "ready",
      detail: "",
      model: "m",
      adapter: null,
      recording: false,
      backend: "",
      threads: 2,
      gpuLayers: 0,
      lastLatencyMs: null,
      enginePid: null,
    });
    expect(parseStatus({ state: "dancing" })).toBeNull();
    expect(parseStatus(null)).toBeNull();
  });

  it("leaves out models without a name and survives nonsense", () => {
    expect(parseModels([{ title: "x" }, null, { name: "n" }])).toHaveLength(1);
    expect(parseModels("nonsense")).toEqual([]);
  });
});
