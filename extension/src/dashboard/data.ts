/** What the server says about learning, checked on arrival. */
import { type Consent, parseConsent } from "../learning/wire";
import { asList, asRecord, numberOr, text, textOrNull } from "../wire";

/** A share from 0 to 1 with its interval; `value` is `null` where nothing was counted. */
export interface Share {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** One day (UTC) with one adapter. */
export interface Day {
  readonly date: string;
  readonly shown: number;
  readonly accepted: number;
  readonly acceptance: Share;
  readonly kept: Share;
  readonly latencyMs: { readonly median: number | null; readonly p90: number | null };
  readonly adapter: string | null;
}

/** All days of one adapter; `adapter` is `null` for the model alone. */
export interface AdapterFigures {
  readonly adapter: string | null;
  readonly name: string;
  readonly shown: number;
  readonly accepted: number;
  readonly acceptance: Share;
  readonly kept: Share;
}

export interface GateMetric {
  readonly title: string;
  readonly unit: string;
  readonly base: number | null;
  readonly incumbent: number | null;
  readonly candidate: number | null;
  readonly difference: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly verdict: string;
}

/** What the gate found: `decision` is a word, `reason` plain language. */
export interface GateReport {
  readonly cases: number;
  readonly metrics: readonly GateMetric[];
  readonly decision: string;
  readonly reason: string;
}

export interface Adapter {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly created: string;
  readonly reason: string;
  readonly events: number;
  readonly gate: GateReport | null;
}

/** A run that is going on. */
export interface Running {
  readonly run: string;
  readonly phase: string;
  /** 0 to 1; `null` where the end is not known. */
  readonly fraction: number | null;
  readonly message: string;
}

/** How the last run ended. */
export interface LastRun {
  readonly ended: string;
  readonly decision: string;
  readonly reason: string;
  readonly adapterName: string | null;
  readonly gate: GateReport | null;
}

export interface Schedule {
  readonly installed: boolean;
  /** All of it in words; "" when the server says nothing. */
  readonly sentence: string;
}

export interface Live {
  readonly low: number;
  readonly high: number;
  readonly sentence: string;
}

export interface DashboardData {
  readonly days: readonly Day[];
  readonly byAdapter: readonly AdapterFigures[];
  readonly adapters: readonly Adapter[];
  readonly incumbent: string | null;
  /** How the served adapter does against the model alone, while both take turns; `null` while there is too little. */
  readonly live: Live | null;
  readonly consent: Consent;
  readonly running: Running | null;
  readonly lastRun: LastRun | null;
  readonly schedule: Schedule;
  /** Whether there is enough to learn from, in words; "" when the server says nothing. */
  readonly enough: string;
}

/** The dashboard's data in the server's answers about learning and about consent. */
export function parseDashboard(value: unknown, consent: unknown): DashboardData {
  const record = asRecord(value);
  return {
    days: asList(record["days"]).map(parseDay),
    byAdapter: asList(record["byAdapter"]).map(parseFigures),
    adapters: asList(record["adapters"]).map(parseAdapter),
    incumbent: textOrNull(record["incumbent"]),
    live: parseLive(asRecord(record["live"])["beside"]),
    consent: parseConsent(consent),
    running: parseRunning(record["running"]),
    lastRun: parseLastRun(record["lastRun"]),
    schedule: parseSchedule(record["schedule"]),
    enough: text(asRecord(record["enough"])["sentence"]),
  };
}

function parseLive(value: unknown): Live | null {
  const live = asRecord(value);
  const difference = asRecord(live["difference"]);
  const [low, high] = [number(difference["low"]), number(difference["high"])];
  return low === null || high === null ? null : { low, high, sentence: text(live["sentence"]) };
}

function parseShare(value: unknown): Share {
  const share = asRecord(value);
  return { value: number(share["value"]), low: number(share["low"]), high: number(share["high"]) };
}

function parseDay(day: Record<string, unknown>): Day {
  const latency = asRecord(day["latencyMs"]);
  return {
    date: text(day["date"]),
    shown: numberOr(day["shown"], 0),
    accepted: numberOr(day["accepted"], 0),
    acceptance: parseShare(day["acceptance"]),
    kept: parseShare(day["kept"]),
    latencyMs: { median: number(latency["median"]), p90: number(latency["p90"]) },
    adapter: textOrNull(day["adapter"]),
  };
}

function parseFigures(figures: Record<string, unknown>): AdapterFigures {
  return {
    adapter: textOrNull(figures["adapter"]),
    name: text(figures["name"]),
    shown: numberOr(figures["shown"], 0),
    accepted: numberOr(figures["accepted"], 0),
    acceptance: parseShare(figures["acceptance"]),
    kept: parseShare(figures["kept"]),
  };
}

function parseAdapter(adapter: Record<string, unknown>): Adapter {
  const id = text(adapter["id"]);
  return {
    id,
    name: text(adapter["name"]) || id.slice(0, 12),
    state: text(adapter["state"]),
    created: text(adapter["created"]),
    reason: text(adapter["reason"]),
    events: numberOr(adapter["events"], 0),
    gate: parseGate(adapter["gate"]),
  };
}

function parseGate(value: unknown): GateReport | null {
  const gate = asRecord(value);
  const metrics = asList(gate["metrics"]);
  if (metrics.length === 0 && text(gate["reason"]) === "") {
    return null;
  }
  return {
    cases: numberOr(gate["cases"], 0),
    metrics: metrics.map((metric) => ({
      title: text(metric["title"]) || text(metric["name"]),
      unit: text(metric["unit"]),
      base: number(metric["base"]),
      incumbent: number(metric["incumbent"]),
      candidate: number(metric["candidate"]),
      difference: number(metric["difference"]),
      low: number(metric["ci_low"]),
      high: number(metric["ci_high"]),
      verdict: text(metric["verdict"]),
    })),
    decision: text(gate["decision"]),
    reason: text(gate["reason"]),
  };
}

function parseRunning(value: unknown): Running | null {
  const status = asRecord(value);
  const run = text(status["run"]);
  if (run === "" || status["phase"] === "done") {
    return null;
  }
  return {
    run,
    phase: text(status["phase"]),
    fraction: number(status["fraction"]),
    message: text(status["message"]),
  };
}

function parseLastRun(value: unknown): LastRun | null {
  const report = asRecord(value);
  const decision = text(report["decision"]);
  if (decision === "") {
    return null;
  }
  return {
    ended: text(report["ended"]),
    decision,
    reason: text(report["reason"]),
    adapterName: textOrNull(report["adapter_name"]),
    gate: parseGate(report["gate"]),
  };
}

function parseSchedule(value: unknown): Schedule {
  const schedule = asRecord(value);
  return { installed: schedule["installed"] === true, sentence: text(schedule["sentence"]) };
}

function number(value: unknown): number | null {
  return numberOr(value, null);
}
