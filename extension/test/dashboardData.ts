/** A dashboard's data as the server sends it, with figures that look real. */

const share = (value: number, shown: number): object => {
  const half = 1.96 * Math.sqrt((value * (1 - value)) / shown);
  return { value, low: Math.max(0, value - half), high: Math.min(1, value + half) };
};

function day(date: string, adapter: string | null, shown: number, acceptance: number): object {
  return {
    date,
    adapter,
    shown,
    accepted: Math.round(shown * acceptance),
    acceptance: share(acceptance, shown),
    kept: share(acceptance * 0.8, shown),
    latencyMs: { median: 61.4, p90: 140.2 },
  };
}

/** One line of the gate's report. */
export const metric = {
  name: "kept_characters",
  title: "Kept characters",
  unit: "share",
  better: "higher",
  base: 0.211,
  incumbent: 0.232,
  candidate: 0.2614,
  difference: 0.0294,
  ci_low: 0.011,
  ci_high: 0.048,
  verdict: "better",
};

export const dashboard = {
  days: [
    day("2026-03-02", null, 80, 0.22),
    day("2026-03-03", null, 95, 0.25),
    day("2026-03-04", "f00", 90, 0.33),
    day("2026-03-04", null, 9, 0.22),
    day("2026-03-05", "f00", 110, 0.35),
  ],
  byAdapter: [
    {
      adapter: null,
      name: "",
      shown: 184,
      accepted: 43,
      acceptance: { value: 0.24, low: 0.19, high: 0.29 },
      kept: share(0.2, 184),
    },
    {
      adapter: "f00",
      name: "evening",
      shown: 200,
      accepted: 68,
      acceptance: { value: 0.34, low: 0.3, high: 0.41 },
      kept: share(0.3, 200),
    },
  ],
  adapters: [
    {
      id: "f00",
      name: "evening",
      state: "active",
      created: "2026-03-04T02:11:00+00:00",
      reason: "Clearly better than what was served.",
      events: 812,
      gate: { cases: 240, metrics: [metric], decision: "promoted", reason: "Kept characters rose clearly." },
      run: "r1",
    },
    {
      id: "bad",
      name: "<img src=x onerror=alert(1)>",
      state: "retired",
      created: "nonsense",
      reason: "",
      events: 3,
      gate: null,
    },
  ],
  incumbent: "f00",
  running: null,
  lastRun: null,
  live: null,
  schedule: { installed: false, sentence: "The nightly run is not installed." },
  enough: { have: {}, need: {}, sentence: "Not enough data yet: 12 of 60." },
};

/** What the server says about consent: all is on. */
export const consent = {
  record: { on: true, outdated: false },
  train: { on: true, outdated: false },
  recording: true,
  editorTelemetry: true,
  problem: null,
};
