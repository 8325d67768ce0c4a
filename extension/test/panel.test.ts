import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ShowMessage } from "../src/dashboard/messages";
import type { ServerStatus } from "../src/protocol";
import { consent, dashboard as wire } from "./dashboardData";
import { FakeServer } from "./fakeServer";
import { editor, fakeLogger, type FakePanel, resetEditor } from "./fakeVscode";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
const { act } = await import("../src/dashboard/actions");
const { Dashboard } = await import("../src/dashboard/panel");
const { Command } = await import("../src/commands");

const ASK = "burnish.server.dashboard";

describe("the dashboard's panel", () => {
  const done = vi.fn<(action: string, adapter: string) => Promise<unknown>>(() => Promise.resolve());
  let server: FakeServer;
  let dashboard: InstanceType<typeof Dashboard>;

  beforeEach(() => {
    vi.useFakeTimers();
    resetEditor();
    done.mockClear();
    server = new FakeServer({ [ASK]: wire, "burnish.server.consent": consent });
    const assets = { toString: () => "/ext/dist" } as never;
    dashboard = new Dashboard({ server, assets, act: done, stoppable: () => false });
  });
  afterEach(() => {
    dashboard.dispose();
    vi.useRealTimers();
  });

  const asked = (): number => server.commands.filter((command) => command === ASK).length;

  async function opened(): Promise<FakePanel> {
    await dashboard.open();
    const panel = editor.panels[0];
    if (panel === undefined) {
      throw new Error("no panel");
    }
    panel.says({ type: "ready" });
    await vi.advanceTimersByTimeAsync(0);
    return panel;
  }

  it("is one, and only its own files may load in it", async () => {
    const panel = await opened();
    await dashboard.open();
    expect(editor.panels).toHaveLength(1);
    expect(panel.revealed).toBe(1);
    expect(panel.options).toMatchObject({ enableScripts: true, localResourceRoots: [{}] });
    expect(panel.webview.html).toContain("webview:/ext/dist/dashboard.js");
    const nonces = [...panel.webview.html.matchAll(/nonce(?:-|=")([\w+/=]+)/g)].map(([, nonce]) => nonce);
    expect(new Set(nonces).size).toBe(1);
    expect(nonces[0]?.length).toBeGreaterThan(20);
  });

  it("asks once the page is ready, now and then, and faster during a run; what is the same is not sent again", async () => {
    const panel = await opened();
    expect(server.commands).toEqual([ASK, "burnish.server.consent"]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(asked()).toBe(2);
    expect(panel.posted).toHaveLength(1);
    server.answers[ASK] = { ...wire, running: { run: "r", phase: "training", fraction: 0.1 } };
    await vi.advanceTimersByTimeAsync(30_000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked()).toBe(8);
    expect((panel.posted.at(-1) as ShowMessage).sections.run).toContain("Training");
  });

  it("asks nothing while it is hidden, and at once when it is back", async () => {
    const panel = await opened();
    panel.show(false);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(asked()).toBeLessThan(3);
    const before = asked();
    panel.show(true);
    const drawn = panel.posted.length;
    panel.says({ type: "ready" });
    // What is known is drawn before the server has answered.
    expect(panel.posted.length).toBe(drawn + 1);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked()).toBeGreaterThan(before);
    expect(panel.posted.length).toBeGreaterThan(1);
  });

  it("asks when another adapter serves or recording ends, not at every status", async () => {
    await opened();
    const status = { adapter: "evening", recording: true } as ServerStatus;
    dashboard.serverChanged(status);
    await vi.advanceTimersByTimeAsync(0);
    dashboard.serverChanged({ ...status, lastLatencyMs: 9 });
    await vi.advanceTimersByTimeAsync(0);
    expect(asked()).toBe(2);
    dashboard.serverChanged({ ...status, recording: false });
    await vi.advanceTimersByTimeAsync(0);
    expect(asked()).toBe(3);
  });

  it("says so when the server cannot be asked, and keeps old figures with a warning", async () => {
    server.answers[ASK] = new Error("Burnish's language server is not running.");
    const panel = await opened();
    expect((panel.posted[0] as ShowMessage).sections.headline).toContain("is not running.");
    server.answers[ASK] = wire;
    await vi.advanceTimersByTimeAsync(30_000);
    server.answers[ASK] = new Error("gone");
    await vi.advanceTimersByTimeAsync(30_000);
    const last = panel.posted.at(-1) as ShowMessage;
    expect(last.charts).toHaveLength(3);
    expect(last.sections.notices).toContain("The figures may be old: gone");
  });

  it("passes on what the buttons want, then asks again", async () => {
    const panel = await opened();
    panel.says({ type: "do", action: "promote", adapter: "bad" });
    panel.says({ type: "do", action: "unknown" });
    await vi.advanceTimersByTimeAsync(0);
    expect(done.mock.calls).toEqual([["promote", "bad"]]);
    expect(asked()).toBe(2);
  });

  it("can be opened again after it was closed", async () => {
    const panel = await opened();
    panel.dispose();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(asked()).toBe(1);
    await dashboard.open();
    expect(editor.panels).toHaveLength(2);
  });
});

describe("the dashboard's buttons", () => {
  beforeEach(resetEditor);

  it("run the commands", async () => {
    const stopTraining = vi.fn();
    const context = { server: new FakeServer({}), logger: fakeLogger().logger, stopTraining };
    await act(context, "trainNow", "");
    await act(context, "eraseRecord", "");
    expect(editor.executed).toEqual([[Command.trainNow], [Command.eraseRecord]]);
    await act(context, "stopTraining", "");
    expect(stopTraining).toHaveBeenCalledOnce();
    await act(context, "telemetrySetting", "");
    expect(editor.executed.at(-1)).toEqual(["workbench.action.openSettings", "telemetry.telemetryLevel"]);
  });

  it("tell what went wrong", async () => {
    const context = { server: new FakeServer({ [ASK]: wire }), logger: fakeLogger().logger, stopTraining: vi.fn() };
    await act(context, "promote", "gone");
    expect(editor.shown.at(-1)).toMatchObject({ kind: "error", text: "This adapter is no longer there." });
  });
});
