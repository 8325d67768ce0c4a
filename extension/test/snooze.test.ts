import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Silence } from "../src/protocol";
import { editor, fakeLogger, resetEditor } from "./fakeVscode";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
const { askSnooze, Snooze, snoozeItems } = await import("../src/snooze");
const { Command, registerCommands } = await import("../src/commands");

let snooze: InstanceType<typeof Snooze>;
/** The minutes left, at every change that was told. */
let told: (number | undefined)[] = [];

beforeEach(() => {
  resetEditor();
  vi.useFakeTimers({ now: new Date("2026-01-02T03:04:05Z") });
  snooze = new Snooze();
  told = [];
  snooze.onDidChange(() => told.push(snooze.left?.minutes));
});
afterEach(() => {
  snooze.dispose();
  vi.useRealTimers();
});

describe("Snooze", () => {
  it("tells every minute that passes, and ends by itself", () => {
    expect(snooze.active).toBe(false);
    expect(snooze.left).toBeNull();
    snooze.begin(5);
    expect(snooze.left).toEqual({ minutes: 5, words: "for another 5 minutes" });
    vi.advanceTimersByTime(4 * 60_000);
    expect(snooze.left?.words).toBe("for another 1 minute");
    expect(snooze.active).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(snooze.active).toBe(false);
    expect(told).toEqual([5, 4, 3, 2, 1, undefined]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is over when its time is, also where the machine slept and no timer ran", () => {
    snooze.begin(5);
    vi.setSystemTime(Date.now() + 5 * 60_000);
    expect(snooze.active).toBe(false);
    expect(snooze.left).toBeNull();
    vi.advanceTimersByTime(60_000);
    expect(told.at(-1)).toBeUndefined();
  });

  it("lasts until the window is reloaded where that was chosen", () => {
    snooze.begin("reload");
    expect(snooze.left).toEqual({ minutes: Infinity, words: "until the window is reloaded" });
    vi.advanceTimersByTime(24 * 3_600_000);
    expect(snooze.active).toBe(true);
    expect(told).toEqual([Infinity]);
  });

  it("ends when told to, and a new one replaces the old", () => {
    snooze.begin(5);
    snooze.begin(60);
    vi.advanceTimersByTime(10 * 60_000);
    expect(snooze.left?.minutes).toBe(50);
    snooze.end();
    expect(snooze.active).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("keeps the last place where nothing was asked for, among the server's reasons by its time", () => {
    const reason = (time: string): Silence => ({ time, uri: "u", line: 0, character: 0, rule: "syntax", sentence: "" });
    const server = [reason("2026-01-02T04:05:00+01:00"), reason("2026-01-02T03:00:00Z")];
    expect(snooze.among(server)).toEqual(server);
    const document = { uri: { toString: () => "file:///a.py" } } as never;
    snooze.heldBack(document, { line: 1, character: 2 } as never);
    snooze.heldBack(document, { line: 3, character: 4 } as never);
    const all = snooze.among(server);
    expect(all.map((silence) => silence.rule)).toEqual(["syntax", "snoozed", "syntax"]);
    expect(all[1]).toMatchObject({ uri: "file:///a.py", line: 3, character: 4 });
    expect(all[1]?.sentence).toContain("snoozed");
    expect(snooze.among([]).map((silence) => silence.rule)).toEqual(["snoozed"]);
  });
});

describe("the command", () => {
  const labels = (): string[] => snoozeItems(snooze.left).map((item) => item.label);
  const choose = (label: string) => (items: unknown) =>
    (items as { label: string }[]).find((item) => item.label.includes(label));

  it("offers 5, 15 and 60 minutes and until a reload; the end only while snoozed", async () => {
    expect(labels()).toEqual([
      "$(bell-slash) 5 minutes",
      "$(bell-slash) 15 minutes",
      "$(bell-slash) 60 minutes",
      "$(bell-slash) Until the window is reloaded",
    ]);
    editor.answers = [choose("15 minutes"), choose("End Snooze"), choose("Until"), undefined];
    await askSnooze(snooze);
    expect(snooze.left?.minutes).toBe(15);
    expect(labels()[0]).toBe("$(bell) End Snooze");
    await askSnooze(snooze);
    expect(snooze.left).toBeNull();
    await askSnooze(snooze);
    expect(snooze.left?.minutes).toBe(Infinity);
    await askSnooze(snooze);
    expect(snooze.left?.minutes).toBe(Infinity);
  });

  it("is registered, and so is the one that ends it at once", async () => {
    registerCommands({ logger: fakeLogger().logger, snooze } as never);
    editor.answers = [choose("5 minutes")];
    await editor.registered.get(Command.snooze)?.();
    expect(snooze.active).toBe(true);
    await editor.registered.get(Command.endSnooze)?.();
    expect(snooze.active).toBe(false);
  });
});
