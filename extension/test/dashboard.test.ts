import { afterEach, describe, expect, it, vi } from "vitest";
import { parseDashboard } from "../src/dashboard/data";
import { escapeHtml, html } from "../src/dashboard/html";
import { parsePageMessage, SECTIONS } from "../src/dashboard/messages";
import { page } from "../src/dashboard/page";
import { charts } from "../src/dashboard/series";
import { failed, sections } from "../src/dashboard/view";
import { day, difference, headline, measured, share } from "../src/dashboard/words";
import { consent, dashboard, metric } from "./dashboardData";

const around = { failure: null, stoppable: false };
const data = parseDashboard(dashboard, consent);
const changed = (change: object, agreed: object = {}): ReturnType<typeof parseDashboard> =>
  parseDashboard({ ...dashboard, ...change }, { ...consent, ...agreed });
/** Spaces that do not break as those that do. */
const plain = (source: string): string => source.replaceAll("\u00a0", " ");
/** What a reader sees. */
const text = (source: string): string =>
  source
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();

describe("the answer to the question", () => {
  const both = (served: object, base: object): object => ({
    byAdapter: [
      { adapter: null, shown: 100, acceptance: base },
      { adapter: "f00", shown: 100, acceptance: served },
    ],
  });

  it("is one sentence with both shares and their ranges", () => {
    const { sentence, remark } = headline(data);
    expect([plain(sentence), remark]).toEqual([
      "With the adapter evening you accept 34 % (30–41) of suggestions, without it 24 % (19–29).",
      "That is clearly better.",
    ]);
  });

  it.each([
    [{ value: 0.3, low: 0.25, high: 0.35 }, { value: 0.27, low: 0.2, high: 0.3 }, "may explain"],
    [{ value: 0.1, low: 0.05, high: 0.15 }, { value: 0.27, low: 0.2, high: 0.3 }, "clearly worse"],
    [{ value: null, low: null, high: null }, { value: 0.27, low: 0.2, high: 0.3 }, "Too little"],
  ])("does not claim more than the figures say: %j against %j", (served, base, remark) => {
    expect(headline(changed(both(served, base))).remark).toContain(remark);
  });

  it("has nothing to compare with where the model never served alone, or alone only", () => {
    const served = { value: 0.3, low: 0.2, high: 0.4 };
    const none = { value: null, low: null, high: null };
    expect(headline(changed(both(served, none))).remark).toContain("no comparison");
    const alone = headline(changed({ incumbent: null, adapters: [] }));
    expect(plain(alone.sentence)).toBe("Without an adapter you accept 24 % (19–29) of suggestions.");
    expect(alone.remark).toBe("No adapter has been trained yet. Not enough data yet: 12 of 60.");
  });

  it("believes the server's own comparison rather than the ranges", () => {
    const live = (low: number, high: number): object => ({
      live: { beside: { difference: { value: 0.1, low, high }, sentence: "33 % against 22 %" } },
    });
    expect(headline(changed(live(0.02, 0.2))).remark).toBe(
      "That is clearly better. While both took turns: 33 % against 22 %.",
    );
    expect(headline(changed(live(-0.02, 0.2))).remark).toContain("may explain");
    expect(headline(changed(live(-0.2, -0.1))).remark).toContain("clearly worse");
  });

  it.each([
    [{ record: { on: false } }, "Recording is off"],
    [{ record: { on: true }, editorTelemetry: false }, "telemetry is off"],
    [{ record: { on: true } }, "Not enough data yet: 12 of 60."],
  ])("says honestly what is missing when nothing was shown: %j", (agreed, remark) => {
    const answer = headline(changed({ byAdapter: [], days: [] }, agreed));
    expect(answer.sentence).toBe("There is nothing to compare yet.");
    expect(answer.remark).toContain(remark);
  });
});

describe("figures in words", () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each(["America/Los_Angeles", "UTC", "Pacific/Auckland"])(
    "name a day of the record by its own date in %s",
    (zone) => {
      vi.stubEnv("TZ", zone);
      expect(day("2026-03-02")).toBe(new Date(2026, 2, 2).toLocaleDateString(undefined, { dateStyle: "medium" }));
      expect(day("never")).toBe("never");
    },
  );

  it("gives a share its range, and none where nothing was counted", () => {
    expect(plain(share({ value: 0.314, low: 0.27, high: 0.35 }))).toBe("31 % (27–35)");
    expect(share({ value: null, low: null, high: null })).toBe("–");
  });

  it("gives the gate's values their unit and sign", () => {
    expect(plain(measured(0.2614, "share"))).toBe("26.1 %");
    expect(plain(measured(0.9123, "bits per byte"))).toBe("0.912 bits per byte");
    expect(measured(null, "ms")).toBe("–");
    const gate = data.adapters[0]?.gate?.metrics[0];
    expect(gate && plain(difference(gate))).toBe("+2.94 points (+1.1 to +4.8)");
  });
});

describe("the plots", () => {
  it("put the model alone and the adapter on the same days, with their ranges", () => {
    const [acceptance, kept, latency] = charts(data);
    expect(acceptance?.x.map((x) => new Date(x * 1000).toISOString().slice(0, 10))).toEqual([
      "2026-03-02",
      "2026-03-03",
      "2026-03-04",
      "2026-03-05",
    ]);
    expect(
      acceptance?.curves.map(({ role, values }) => [role, values.map((value) => value && Math.round(value))]),
    ).toEqual([
      ["adapter", [null, null, 33, 35]],
      ["base", [22, 25, 22, null]],
    ]);
    expect(
      acceptance?.curves[1]?.low?.every(
        (low, index) => low === null || low < Number(acceptance.curves[1]?.values[index]),
      ),
    ).toBe(true);
    expect(kept?.curves[0]?.values[3]).toBeCloseTo(28);
    expect(latency?.curves.map(({ values }) => values[0])).toEqual([61.4, 140.2]);
    expect(plain(acceptance?.summary ?? "")).toMatch(/^Suggestions accepted on 4 days, the last one .*: 35 %\./);
  });

  it("mark the day on which an adapter began to serve", () => {
    expect(charts(data)[0]?.marks).toEqual([{ x: Date.parse("2026-03-04") / 1000, label: "evening" }]);
  });

  it("stay away without data, and leave out what is no date", () => {
    expect(charts(changed({ days: [] }))).toEqual([]);
    expect(
      charts(
        changed({
          days: [
            { date: "never", shown: 3 },
            { date: "2026-03-02", shown: 0 },
          ],
        }),
      ),
    ).toEqual([]);
  });
});

describe("the page", () => {
  it("names every adapter, its state, what it learned from and what the gate said", () => {
    const shown = text(sections(data, around).adapters);
    expect(shown).toContain("evening in use");
    expect(shown).toContain("learned from 812 events");
    expect(shown).toContain("What the gate compared (240 cases)");
    expect(shown).toContain("Kept characters 21.1 % 23.2 % 26.1 % +2.94 points (+1.1 to +4.8) better");
    expect(sections(data, around).adapters).toMatch(/data-do="promote" +data-adapter="bad"/);
    expect(sections(data, around).adapters).not.toContain('data-adapter="f00"');
  });

  it("lets nothing through as HTML", () => {
    const nasty = `"><script>alert('x')</script>`;
    const spoilt = (value: unknown): unknown =>
      JSON.parse(
        JSON.stringify(value, (key, inner: unknown) => (typeof inner === "string" && key !== "date" ? nasty : inner)),
      );
    const everywhere = parseDashboard(spoilt(dashboard), spoilt({ ...consent, problem: "x" }));
    for (const source of [
      ...Object.values(sections(everywhere, { failure: nasty, stoppable: true })),
      ...Object.values(sections(changed({ running: { run: "r", phase: nasty, message: nasty } }), around)),
      ...Object.values(
        sections(
          changed({ lastRun: { decision: nasty, reason: nasty, gate: { metrics: [metric], reason: nasty } } }),
          around,
        ),
      ),
      ...Object.values(failed(nasty)),
    ]) {
      expect(source).not.toContain("<script");
      expect(source).not.toContain('">"');
    }
    expect(sections(data, around).adapters).toContain("&lt;img src=x");
    expect(escapeHtml(`<a b="c" d='e'>&`)).toBe("&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
    expect(html`<i>${html`<b>${"<"}</b>`}${3}${null}</i>`.text).toBe("<i><b>&lt;</b>3</i>");
  });

  it("shows how far a run is, and lets it be stopped where that is possible", () => {
    const running = { run: "r", phase: "training", fraction: 0.42, message: "step 21 of 50" };
    const going = sections(changed({ running }), { failure: null, stoppable: true }).run;
    expect(text(going)).toContain("Training step 21 of 50 42 %");
    expect(going).toContain('value="0.42"');
    expect(going).toContain("stopTraining");
    expect(going).not.toContain("trainNow");
    expect(sections(changed({ running }), around).run).not.toContain("stopTraining");
    expect(sections(changed({ running: { ...running, phase: "done" } }), around).run).toContain("trainNow");
  });

  it("says how the last run ended, in words", () => {
    const lastRun = { ended: "2026-03-05T03:00:00Z", decision: "refused", reason: "No clear gain.", gate: null };
    expect(text(sections(changed({ lastRun }), around).run)).toContain("was not taken into use. No clear gain.");
  });

  it("offers what is missing and nothing that is not", () => {
    const off = {
      record: { on: false },
      train: { on: false },
      recording: false,
      editorTelemetry: false,
      problem: "broken",
    };
    const notices = sections(changed({}, off), around).notices;
    expect(notices).toContain("telemetrySetting");
    expect(text(notices)).toMatch(/^Not recording broken/);
    const outdated = { record: { on: false, outdated: true } };
    expect(text(sections(changed({}, outdated), around).notices)).toContain("has changed since you agreed");
    expect(text(sections(data, around).notices)).toBe("Recording, on this machine only");
    expect(sections(changed({ incumbent: null }), around).run).not.toContain("rollBack");
  });

  it("survives a server that answers nonsense", () => {
    for (const nonsense of [null, [], "x", { days: 3, adapters: [null], consent: 1, lastRun: [], running: "r" }]) {
      const parsed = parseDashboard(nonsense, nonsense);
      expect(Object.keys(sections(parsed, around))).toEqual([...SECTIONS]);
      expect(charts(parsed)).toEqual([]);
    }
  });

  it("loads nothing but its own script and style sheet", () => {
    const source = page({ nonce: "n0nce", cspSource: "https://own.example", script: "s.js", styles: "s.css" });
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(source)?.[1];
    expect(policy).toBe(
      "default-src &#39;none&#39;; script-src &#39;nonce-n0nce&#39;; style-src https://own.example; base-uri &#39;none&#39;; form-action &#39;none&#39;",
    );
    expect(source).not.toMatch(/ on\w+=|style="|https?:\/\/(?!own)/);
    for (const name of SECTIONS) {
      expect(source).toContain(`<section id="${name}"`);
    }
  });
});

describe("messages of the page", () => {
  it("are taken only if they are known", () => {
    expect(parsePageMessage({ type: "ready" })).toEqual({ type: "ready" });
    expect(parsePageMessage({ type: "do", action: "promote", adapter: "x" })).toEqual({
      type: "do",
      action: "promote",
      adapter: "x",
    });
    for (const other of [null, 1, {}, { type: "do" }, { type: "do", action: "rm -rf" }, { action: "trainNow" }]) {
      expect(parsePageMessage(other)).toBeNull();
    }
  });
});
