import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ServerStatus } from "../src/protocol";
import type { StatusInput } from "../src/status";
import { editor, resetEditor } from "./fakeVscode";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
const { detailLine, renderStatus, StatusItems } = await import("../src/status");

const ready: ServerStatus = {
  state: "ready",
  detail: "",
  model: "burnish-nano",
  adapter: null,
  recording: false,
  backend: "llama.cpp CPU",
  threads: 2,
  gpuLayers: 0,
  lastLatencyMs: 41.6,
  enginePid: 7,
};

function input(change: Partial<StatusInput> = {}): StatusInput {
  return {
    connection: { kind: "running" },
    server: ready,
    enabled: true,
    setByWorkspace: false,
    snoozed: null,
    setUp: true,
    ...change,
  };
}

beforeEach(resetEditor);

describe("renderStatus", () => {
  it("shows model, adapter and last latency when ready", () => {
    const view = renderStatus(input());
    expect(view).toMatchObject({
      icon: "$(sparkle)",
      summary: "Ready: burnish-nano",
      severity: "information",
      busy: false,
    });
    expect(Object.fromEntries(view.facts)).toEqual({
      Model: "burnish-nano",
      Adapter: "none",
      "Runs on": "llama.cpp CPU, 2 threads",
      "Last suggestion": "42 ms",
      Recording: "off",
      Suggestions: "on",
    });
    expect(detailLine(view)).toBe("adapter: none · last suggestion: 42 ms · recording: off");
  });

  it("shows that it records, in a sign, in words and to a screen reader", () => {
    const view = renderStatus(input({ server: { ...ready, recording: true } }));
    expect(Object.fromEntries(view.facts)["Recording"]).toBe("on, on this machine only");
    new StatusItems("burnish.showMenu", "burnish.setUpEnvironment").show(view);
    expect(editor.statusItems[0]).toMatchObject({
      text: "$(sparkle) Burnish $(record-small)",
      accessibilityInformation: { label: "Burnish. Ready: burnish-nano. Recording" },
    });
    const stopped = renderStatus(input({ server: { ...ready, recording: true }, connection: { kind: "stopped" } }));
    expect(stopped.recording).toBe(false);
  });

  it("names the adapter and the GPU", () => {
    const server = { ...ready, adapter: "2026-01-02", gpuLayers: 24, lastLatencyMs: null };
    const facts = Object.fromEntries(renderStatus(input({ server })).facts);
    expect(facts["Adapter"]).toBe("2026-01-02");
    expect(renderStatus(input({ server })).summary).toBe("Ready: burnish-nano with 2026-01-02");
    expect(facts["Runs on"]).toContain("24 layers on the GPU");
    expect(facts["Last suggestion"]).toBe("none yet");
  });

  it.each([
    [{ server: null }, "Loading the model", true, "information"],
    [{ server: { ...ready, state: "loading" } }, "Loading the model: burnish-nano", true, "information"],
    [{ server: { ...ready, state: "restarting" } }, "Restarting the model: burnish-nano", true, "warning"],
    [{ server: { ...ready, state: "stopped" } }, "The model is not loaded: burnish-nano", false, "information"],
    [{ server: { ...ready, state: "disabled" } }, "Suggestions are off", false, "information"],
    [
      { server: { ...ready, state: "failed", detail: "file is cut off" } },
      "The model failed: file is cut off",
      false,
      "error",
    ],
    [{ enabled: false }, "Suggestions are off", false, "information"],
    [{ enabled: false, setByWorkspace: true }, "Suggestions are off in this workspace", false, "information"],
    [{ connection: { kind: "preparing" } }, "Preparing Python", true, "information"],
    [{ connection: { kind: "starting" } }, "Starting", true, "information"],
    [{ connection: { kind: "waiting", detail: "x" } }, "Restarting after a crash", true, "warning"],
    [{ connection: { kind: "failed", detail: "no Python" } }, "Failed: no Python", false, "error"],
    [{ connection: { kind: "stopped" } }, "Stopped", false, "information"],
    [
      { connection: { kind: "failed", detail: "x" }, setUp: false },
      "The Python environment has not been set up yet",
      false,
      "information",
    ],
    [{ connection: { kind: "preparing" }, setUp: false }, "Preparing Python", true, "information"],
  ] as [Partial<StatusInput>, string, boolean, string][])("%j → %s", (change, summary, busy, severity) => {
    const view = renderStatus(input(change));
    expect(view).toMatchObject({ summary, busy, severity });
    expect(view.icon.includes("~spin")).toBe(busy);
  });

  it("shows a snooze and what is left of it, in the item and in the tooltip", () => {
    const snoozed = { minutes: 4, words: "for another 4 minutes" };
    const items = new StatusItems("burnish.showMenu", "burnish.setUpEnvironment");
    items.show(renderStatus(input({ snoozed })));
    const [bar, language] = editor.statusItems;
    expect(bar).toMatchObject({
      text: "$(bell-slash) Burnish: snoozed, 4 min",
      accessibilityInformation: { label: "Burnish. Suggestions are snoozed for another 4 minutes" },
    });
    expect((bar?.["tooltip"] as { value: string }).value).toContain("Suggestions: on, snoozed for another 4 minutes");
    expect(language).toMatchObject({ text: "Burnish: Suggestions are snoozed for another 4 minutes" });
    items.show(renderStatus(input({ snoozed: { minutes: Infinity, words: "until the window is reloaded" } })));
    expect(bar).toMatchObject({ text: "$(bell-slash) Burnish: snoozed" });
    items.show(renderStatus(input()));
    expect(bar).toMatchObject({ text: "$(sparkle) Burnish" });
  });

  it("lets nothing hide behind a snooze: suggestions that are off, a model that failed", () => {
    const snoozed = { minutes: 4, words: "for another 4 minutes" };
    expect(renderStatus(input({ snoozed, enabled: false })).summary).toBe("Suggestions are off");
    const failed = renderStatus(input({ snoozed, server: { ...ready, state: "failed", detail: "cut off" } }));
    expect(failed.summary).toBe("The model failed: cut off");
    expect(renderStatus(input({ snoozed, connection: { kind: "stopped" } })).summary).toBe("Stopped");
  });

  it("does not show an old model while there is no server", () => {
    const view = renderStatus(input({ connection: { kind: "failed", detail: "x" } }));
    expect(view.facts.map(([name]) => name)).toEqual(["Suggestions"]);
  });
});

describe("StatusItems", () => {
  it("puts the view on both items", () => {
    const items = new StatusItems("burnish.showMenu", "burnish.setUpEnvironment");
    items.show(renderStatus(input({ server: { ...ready, state: "failed", detail: "broken *file*" } })));
    const [bar, language] = editor.statusItems;
    expect(bar).toMatchObject({
      text: "$(error) Burnish",
      command: "burnish.showMenu",
      accessibilityInformation: { label: "Burnish. The model failed: broken *file*" },
      backgroundColor: { id: "statusBarItem.errorBackground" },
    });
    expect((bar?.["tooltip"] as { value: string }).value).toContain("burnish-nano");
    expect(language).toMatchObject({ text: "Burnish: The model failed: broken *file*", busy: false, severity: 2 });
    items.show(renderStatus(input({ server: null })));
    expect(bar).toMatchObject({ text: "$(loading~spin) Burnish", backgroundColor: undefined });
    expect(language).toMatchObject({ busy: true, severity: 0 });
  });

  it("leads straight to the set-up where that is what is missing", () => {
    const items = new StatusItems("burnish.showMenu", "burnish.setUpEnvironment");
    items.show(renderStatus(input({ connection: { kind: "failed", detail: "x" }, setUp: false })));
    expect(editor.statusItems[0]).toMatchObject({ command: "burnish.setUpEnvironment" });
    items.dispose();
  });
});
