/** The dashboard's figures in plain words. */
import type { AdapterFigures, DashboardData, GateMetric, Live, Share } from "./data";

/** "31 %" with a space that does not break; "–" where nothing was counted. */
export function percent(value: number | null): string {
  return value === null ? "–" : `${Math.round(value * 100)}\u00a0%`;
}

/** "31 % (27–35)", or without the interval where there is none. */
export function share({ value, low, high }: Share): string {
  if (value === null || low === null || high === null) {
    return percent(value);
  }
  return `${percent(value)} (${Math.round(low * 100)}–${Math.round(high * 100)})`;
}

/** "41 ms"; "–" where nothing was measured. */
export function milliseconds(value: number | null): string {
  return value === null ? "–" : `${Math.round(value)}\u00a0ms`;
}

/** A day of UTC as the user writes dates, the same day wherever that is; what is no date stays as it is. */
export function day(iso: string): string {
  const time = Date.parse(iso);
  const style = { dateStyle: "medium", timeZone: "UTC" } as const;
  return Number.isNaN(time) ? iso : new Date(time).toLocaleDateString(undefined, style);
}

/** A date with its time of day. */
export function moment(iso: string): string {
  const time = Date.parse(iso);
  const style = { dateStyle: "medium", timeStyle: "short" } as const;
  return Number.isNaN(time) ? iso : new Date(time).toLocaleString(undefined, style);
}

/** One value of the gate: three digits that count, then the unit. */
export function measured(value: number | null, unit: string, sign = false): string {
  if (value === null) {
    return "–";
  }
  const [scaled, name] = unit === "share" ? [value * 100, "%"] : [value, unit];
  const number = new Intl.NumberFormat(undefined, {
    maximumSignificantDigits: 3,
    ...(sign ? { signDisplay: "exceptZero" as const } : {}),
  }).format(scaled);
  return name === "" ? number : `${number}\u00a0${name}`;
}

/** "+2.1 points (+0.4 to +3.9)": between two shares lie points, not per cent. */
export function difference({ difference: value, low, high, unit }: GateMetric): string {
  const points = unit === "share";
  const shown = (part: number | null, name: string): string =>
    measured(part !== null && points ? part * 100 : part, name, true);
  const range =
    low === null || high === null ? "" : ` (${shown(low, points ? "" : unit)} to ${shown(high, points ? "" : unit)})`;
  return `${shown(value, points ? "points" : unit)}${range}`;
}

/** The answer to "Is it better?": a sentence, and what to make of it. */
export interface Answer {
  readonly sentence: string;
  readonly remark: string;
}

/** From the served adapter against the model alone; honest where there is nothing to compare. */
export function headline(data: DashboardData): Answer {
  const base = data.byAdapter.find(({ adapter }) => adapter === null);
  const served = servedFigures(data);
  const shown = data.byAdapter.reduce((sum, figures) => sum + figures.shown, 0);
  if (shown === 0) {
    return { sentence: "There is nothing to compare yet.", remark: missing(data) };
  }
  if (served === undefined) {
    const alone = base === undefined ? "" : `Without an adapter you accept ${share(base.acceptance)} of suggestions.`;
    const remark = data.adapters.length === 0 ? "No adapter has been trained yet." : "No adapter is in use.";
    return { sentence: alone || remark, remark: alone === "" ? data.enough : `${remark} ${data.enough}`.trim() };
  }
  const first = `With the adapter ${served.name} you accept ${share(served.acceptance)} of suggestions`;
  if (base?.acceptance.value === undefined || base.acceptance.value === null) {
    return {
      sentence: `${first}.`,
      remark: "What you accept without it has not been recorded, so there is no comparison.",
    };
  }
  return {
    sentence: `${first}, without it ${share(base.acceptance)}.`,
    remark: compared(data.live, served.acceptance, base.acceptance),
  };
}

function servedFigures(data: DashboardData): AdapterFigures | undefined {
  if (data.incumbent === null) {
    return undefined;
  }
  const adapter = data.adapters.find(({ id, name }) => [id, name].includes(data.incumbent ?? ""));
  const figures = data.byAdapter.find(
    (one) => one.adapter !== null && [adapter?.id, data.incumbent].includes(one.adapter),
  );
  const name = adapter?.name ?? data.incumbent;
  const none = { value: null, low: null, high: null };
  return figures === undefined
    ? { adapter: data.incumbent, name, shown: 0, accepted: 0, acceptance: none, kept: none }
    : { ...figures, name };
}

/** The server's own comparison where there is one; else ranges that do not touch, which is stricter. */
function compared(live: Live | null, served: Share, base: Share): string {
  if (live !== null) {
    const verdict = live.low > 0 ? BETTER : live.high < 0 ? WORSE : UNCLEAR;
    return `${verdict} While both took turns: ${live.sentence}.`;
  }
  if (served.value === null || served.low === null || served.high === null || base.low === null || base.high === null) {
    return "Too little was shown to compare.";
  }
  return served.low > base.high ? BETTER : served.high < base.low ? WORSE : UNCLEAR;
}

const BETTER = "That is clearly better.";
const WORSE = "That is clearly worse; rolling back is one click away.";
const UNCLEAR = "Chance may explain the difference. More days will tell.";

/** What is missing before anything can be compared. */
function missing(data: DashboardData): string {
  if (!data.consent.record.on) {
    return "Recording is off, and Burnish cannot know what helps you. It stays on this machine if you turn it on.";
  }
  if (!data.consent.editorTelemetry) {
    return "The editor's telemetry is off, so nothing is recorded.";
  }
  return `No suggestion is in the record yet. ${data.enough}`.trim();
}

const PHASES: Readonly<Record<string, string>> = {
  data: "Collecting examples",
  reference: "Measuring the model as it is",
  training: "Training",
  checking: "Checking the adapter",
  gate: "Comparing with what is served",
};

/** The phase of a run. */
export function phase(name: string): string {
  return PHASES[name] ?? "Working";
}

const DECISIONS: Readonly<Record<string, string>> = {
  promoted: "The last run's adapter is in use.",
  refused: "The last run's adapter was not taken into use.",
  "not-enough-data": "The last run found too little to learn from.",
  "nothing-new": "The last run found nothing new to learn from.",
  stopped: "The last run was stopped.",
  failed: "The last run failed.",
  "no-consent": "The last run did nothing: the model may not learn from the record.",
};

/** How a run ended. */
export function decision(name: string): string {
  return DECISIONS[name] ?? "The last run has ended.";
}

const STATES: Readonly<Record<string, string>> = {
  candidate: "trained, not yet compared",
  gated: "found better, not yet in use",
  canary: "serves a share of the requests",
  active: "in use",
  retired: "not in use",
};

/** An adapter's state. */
export function state(name: string): string {
  return STATES[name] ?? name;
}
