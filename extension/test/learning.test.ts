import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeServer } from "./fakeServer";
import { editor, fakeLogger, resetEditor } from "./fakeVscode";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
const { Command, registerCommands } = await import("../src/commands");
const { changeSwitch } = await import("../src/learning/consent");
const { erased, eraseRecord } = await import("../src/learning/erase");
const { agreed, learningItems, showLearning } = await import("../src/learning/menu");
const { promote, rollBack, trainNow } = await import("../src/learning/training");
const { parseConsent, parseErasure } = await import("../src/learning/wire");

const off = { on: false, outdated: false, at: null, through: "" };
const wire = {
  record: off,
  train: off,
  recording: false,
  editorTelemetry: true,
  file: "/home/ada/.burnish/telemetry.sqlite3",
  retentionDays: 90,
  excludedFolders: ["/home/ada/client"],
  excludedGlobs: [],
  disclosure: {
    record: {
      title: "Record what becomes of suggestions?",
      brief: ["Fields: prompt.", "File: telemetry.sqlite3"],
      paragraphs: ["Recorded:\n- the prompt\n- the answer"],
    },
    train: { title: "Let the model learn?", brief: ["An adapter is trained."], paragraphs: ["It is."] },
  },
};
const consent = parseConsent(wire);
const row =
  (label: string) =>
  (items: unknown): unknown =>
    (items as { label: string }[]).find((item) => item.label.includes(label));
const labels = (items: readonly { label: string }[]): string[] => items.map(({ label }) => label);

beforeEach(resetEditor);

describe("the switches", () => {
  it("show what they allow before they are turned on", async () => {
    const server = new FakeServer({ "burnish.server.setConsent": { ...wire, recording: true } });
    editor.answers = ["Record"];
    expect(await changeSwitch(server, consent, "record")).toBe(true);
    const [shown] = editor.shown;
    expect(shown?.text).toBe("Record what becomes of suggestions?");
    const [options, ...buttons] = shown?.options as [{ modal: boolean; detail: string }, ...string[]];
    expect(options.modal).toBe(true);
    expect(options.detail).toMatch(/^Fields: prompt\.\n\nFile: telemetry\.sqlite3\n\nWay out: .*stops it at once/);
    expect(buttons).toEqual(["Record", "Read It All"]);
    expect(server.asked).toEqual([
      ["burnish.server.setConsent", { switch: "record", on: true, through: "Test Editor 1.100.0" }],
    ]);
  });

  it("can be read about item by item, and are asked about again after that", async () => {
    const server = new FakeServer({ "burnish.server.setConsent": wire });
    editor.answers = ["Read It All", undefined];
    expect(await changeSwitch(server, consent, "record")).toBe(false);
    const [command, uri] = editor.executed[0] as [string, { query: string }];
    expect(command).toBe("markdown.showPreview");
    expect(uri.query).toMatch(/^# Record what .*\n\nRecorded:\n\n- the prompt\n- the answer\n\nWay out: /);
    editor.answers = ["Read It All", "Record"];
    expect(await changeSwitch(server, consent, "record")).toBe(true);
  });

  it("stay off when the dialog is closed, and when the server has no text to show", async () => {
    const server = new FakeServer({});
    expect(await changeSwitch(server, consent, "train")).toBe(false);
    const mute = parseConsent({ ...wire, disclosure: {} });
    editor.answers = ["Record"];
    await expect(changeSwitch(server, mute, "record")).rejects.toThrow("did not say what this switch allows");
    expect(server.asked).toEqual([]);
  });

  it("are turned off without a question", async () => {
    const server = new FakeServer({ "burnish.server.setConsent": wire });
    await changeSwitch(server, parseConsent({ ...wire, train: { ...off, on: true } }), "train");
    expect(server.asked[0]?.[1]).toMatchObject({ switch: "train", on: false });
    expect(editor.shown.map(({ kind }) => kind)).toEqual(["statusbar"]);
  });

  it("ask again when the text has changed since", async () => {
    const server = new FakeServer({ "burnish.server.setConsent": wire });
    editor.answers = ["Record"];
    await changeSwitch(server, parseConsent({ ...wire, record: { ...off, on: true, outdated: true } }), "record");
    expect(JSON.stringify(editor.shown[0]?.options)).toContain("has changed since you agreed");
    expect(server.asked[0]?.[1]).toMatchObject({ on: true });
  });

  it("say so when the editor's telemetry keeps everything silent", async () => {
    const server = new FakeServer({ "burnish.server.setConsent": { ...wire, editorTelemetry: false } });
    editor.answers = ["Record"];
    await changeSwitch(server, consent, "record");
    expect(editor.shown.at(-1)?.text).toContain("nothing is recorded while the editor's telemetry is off");
  });
});

describe("the learning menu", () => {
  it("shows what is on, what is left out and where the record lies", () => {
    const on = { on: true, outdated: false, at: "2026-03-02T09:00:00+00:00" };
    const items = learningItems(new FakeServer({}), parseConsent({ ...wire, record: on }), Command);
    expect(labels(items)).toContain("$(check) Record what becomes of suggestions");
    expect(labels(items)).toContain("$(circle-large-outline) Let the model learn from the record");
    expect(items.find(({ label }) => label.includes("Folders"))?.description).toBe("1 folder");
    expect(items.find(({ label }) => label.includes("Show my data"))?.description).toBe(wire.file);
    expect(labels(items).join()).not.toContain("telemetry is off");
    const broken = learningItems(
      new FakeServer({}),
      parseConsent({ ...wire, problem: "consent.json is damaged" }),
      Command,
    );
    expect(broken[0]).toMatchObject({ label: "$(error) Nothing is recorded", detail: "consent.json is damaged" });
  });

  it("puts the editor's telemetry first when it is off, and leads to its setting", async () => {
    const server = new FakeServer({ "burnish.server.consent": { ...wire, editorTelemetry: false } });
    editor.answers = [row("telemetry is off")];
    await showLearning(server, Command);
    expect(editor.executed.at(-1)).toEqual(["workbench.action.openSettings", "telemetry.telemetryLevel"]);
  });

  it("words an agreement", () => {
    expect(agreed({ on: false, outdated: false, at: "2026-03-02T09:00:00Z" })).toBe("off");
    expect(agreed({ on: true, outdated: false, at: null })).toBe("on");
    expect(agreed({ on: true, outdated: false, at: "2026-03-02T09:00:00Z" })).toMatch(/^on since .*2026/);
    expect(agreed({ on: true, outdated: true, at: null })).toContain("has changed");
  });

  it.each([
    ["Folders", row("Leave out a folder"), [{ fsPath: "/x" }], { excludedFolders: ["/home/ada/client", "/x"] }],
    ["Folders", row("/home/ada/client"), undefined, { excludedFolders: [] }],
    ["Files", row("by a pattern"), " *_pb2.py ", { excludedGlobs: ["*_pb2.py"] }],
    ["How long", " 30 ", undefined, { retentionDays: 30 }],
  ])("changes what is left out: %s", async (entry, first, second, expected) => {
    const server = new FakeServer({ "burnish.server.consent": wire });
    editor.answers = [row(entry), first, second];
    await showLearning(server, Command);
    expect(server.asked.at(-1)).toEqual(["burnish.server.configureRecording", expected]);
  });

  it("changes nothing on Esc or on nonsense", async () => {
    const server = new FakeServer({ "burnish.server.consent": wire });
    for (const answers of [
      [row("Folders"), undefined],
      [row("How long"), "0"],
      [row("Files"), row("by a pattern")],
    ]) {
      editor.answers = answers;
      await showLearning(server, Command);
    }
    expect(new Set(server.commands)).toEqual(new Set(["burnish.server.consent"]));
  });
});

describe("erase", () => {
  const answer = {
    events: 12,
    adapters: [
      { id: "a", name: "first", removed: true },
      { id: "b", name: "second", removed: true },
    ],
  };

  it("erases everything, adapters too, and names them", async () => {
    const server = new FakeServer({ "burnish.server.eraseRecord": answer });
    editor.answers = [row("Everything"), "Erase, Adapters Too"];
    expect(await eraseRecord(server)).toBe(true);
    expect(server.asked).toEqual([["burnish.server.eraseRecord", { all: true, adapters: true }]]);
    expect(editor.shown.at(-1)?.text).toBe("Burnish erased 12 events. Adapters removed with them: first, second.");
  });

  it("erases what comes from a folder and keeps adapters", async () => {
    const server = new FakeServer({ "burnish.server.eraseRecord": { events: 1, adapters: [] } });
    editor.folders = [{ name: "shop", uri: { fsPath: "/home/ada/shop" } }];
    editor.answers = [row("shop"), "Erase, Keep Adapters"];
    await eraseRecord(server);
    expect(server.asked[0]?.[1]).toEqual({ folder: "/home/ada/shop", adapters: false });
    expect(editor.shown.at(-1)?.text).toBe("Burnish erased 1 event. No adapter had learned from them.");
  });

  it("erases what is old", async () => {
    vi.useFakeTimers({ now: Date.parse("2026-03-31T00:00:00Z"), toFake: ["Date"] });
    const server = new FakeServer({ "burnish.server.eraseRecord": answer });
    editor.answers = [row("older"), "30", "Erase, Keep Adapters"];
    await eraseRecord(server);
    vi.useRealTimers();
    expect(server.asked[0]?.[1]).toEqual({ until: "2026-03-01T00:00:00.000Z", adapters: false });
  });

  it("erases nothing unless a button says so", async () => {
    const server = new FakeServer({});
    for (const answers of [
      [],
      [row("Everything")],
      [row("older"), undefined],
      [row("older"), "x", "Erase, Keep Adapters"],
    ]) {
      editor.answers = answers;
      expect(await eraseRecord(server)).toBe(false);
    }
    expect(server.asked).toEqual([]);
  });

  it("says so when a part may still be in the file", () => {
    expect(erased(parseErasure({ events: 3, adapters: [], logEmptied: false }))).toContain("erase once more");
  });

  it("says which adapters are still there", () => {
    expect(erased(parseErasure({ events: 3, adapters: [{ id: "0123456789abcdef", removed: false }] }))).toBe(
      "Burnish erased 3 events. These adapters learned from them and are still there: 0123456789ab.",
    );
  });
});

describe("training and rolling back", () => {
  const dashboard = {
    incumbent: "f00",
    adapters: [
      { id: "f00", name: "evening", state: "active" },
      { id: "bad", name: "morning", state: "retired", reason: "No clear gain." },
    ],
  };

  it("starts a run and leads to the dashboard", async () => {
    const server = new FakeServer({ "burnish.server.trainNow": { run: "r" } });
    const open = vi.fn(() => Promise.resolve());
    editor.answers = ["Dashboard"];
    await trainNow(server, open);
    expect(open).toHaveBeenCalledOnce();
  });

  it("tells why a run cannot be started", async () => {
    const { logger } = fakeLogger();
    const server = new FakeServer({ "burnish.server.trainNow": new Error("The model may not learn from the record.") });
    registerCommands({ server, logger, dashboard: { refresh: vi.fn() } } as never);
    await editor.registered.get(Command.trainNow)?.();
    expect(editor.shown.at(-1)).toMatchObject({ kind: "error", text: "The model may not learn from the record." });
  });

  it("rolls back with a reason", async () => {
    const server = new FakeServer({
      "burnish.server.dashboard": dashboard,
      "burnish.server.rollback": { adapter: null },
    });
    editor.answers = [" too chatty "];
    expect(await rollBack(server)).toBe(true);
    expect(server.asked.at(-1)).toEqual(["burnish.server.rollback", { reason: "too chatty" }]);
    expect(editor.shown.at(-1)?.text).toBe("Burnish rolled back evening. The model now serves alone.");
  });

  it("does not roll back on Esc, nor where nothing is in use", async () => {
    const server = new FakeServer({ "burnish.server.dashboard": dashboard });
    expect(await rollBack(server)).toBe(false);
    expect(await rollBack(new FakeServer({ "burnish.server.dashboard": {} }))).toBe(false);
    expect(editor.shown.at(-1)?.text).toContain("nothing to roll back");
    expect(server.commands).not.toContain("burnish.server.rollback");
  });

  it("uses an adapter that the gate refused only after saying what the gate said", async () => {
    const server = new FakeServer({ "burnish.server.dashboard": dashboard });
    expect(await promote(server, "bad")).toBe(false);
    expect(JSON.stringify(editor.shown.at(-1)?.options)).toContain("No clear gain.");
    editor.answers = ["Use It"];
    expect(await promote(server, "bad")).toBe(true);
    expect(server.asked.at(-1)).toEqual(["burnish.server.promote", { adapter: "bad" }]);
    await expect(promote(server, "gone")).rejects.toThrow("no longer there");
  });
});

describe("the Esc key", () => {
  it("reports first, then hides as the editor would", async () => {
    const order: string[] = [];
    const outcomes = { dismissed: () => order.push("reported") };
    registerCommands({ outcomes, logger: fakeLogger().logger } as never);
    await editor.registered.get(Command.dismiss)?.();
    expect(order).toEqual(["reported"]);
    expect(editor.executed).toEqual([["editor.action.inlineSuggest.hide"]]);
  });
});
