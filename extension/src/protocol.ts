/** What travels between extension and server beyond the standard protocol, checked on arrival. */
import { asList, asRecord, numberOr, text, textOrNull } from "./wire";

export const STATUS_NOTIFICATION = "burnish/status";

/** Commands the server answers through `workspace/executeCommand`. */
export const ServerCommand = {
  listModels: "burnish.server.listModels",
  useModel: "burnish.server.useModel",
  pullModel: "burnish.server.pullModel",
  restartEngine: "burnish.server.restartEngine",
  whyNoSuggestion: "burnish.server.whyNoSuggestion",
  doctor: "burnish.server.doctor",
  status: "burnish.server.status",
  consent: "burnish.server.consent",
  setConsent: "burnish.server.setConsent",
  configureRecording: "burnish.server.configureRecording",
  exportRecord: "burnish.server.exportRecord",
  eraseRecord: "burnish.server.eraseRecord",
  dashboard: "burnish.server.dashboard",
  trainNow: "burnish.server.trainNow",
  rollback: "burnish.server.rollback",
  promote: "burnish.server.promote",
  verifyAll: "burnish.server.verifyAll",
  applyVerified: "burnish.server.applyVerified",
  perfPreview: "burnish.server.perfPreview",
  perfApply: "burnish.server.perfApply",
  useProfile: "burnish.server.useProfile",
  refactor: "burnish.server.refactor",
  checkAnswer: "burnish.server.checkAnswer",
  plan: "burnish.server.plan",
  planStep: "burnish.server.planStep",
  planSkip: "burnish.server.planSkip",
  rewrite: "burnish.server.rewrite",
  rewriteApply: "burnish.server.rewriteApply",
  rewriteReject: "burnish.server.rewriteReject",
  explainFinding: "burnish.server.explainFinding",
  complexity: "burnish.server.complexity",
  metricsReport: "burnish.server.metricsReport",
  metricsTrend: "burnish.server.metricsTrend",
} as const;

const ENGINE_STATES = ["disabled", "stopped", "loading", "ready", "restarting", "failed"] as const;
export type EngineState = (typeof ENGINE_STATES)[number];

/** The engine as the server sees it. */
export interface ServerStatus {
  readonly state: EngineState;
  readonly detail: string;
  readonly model: string;
  readonly adapter: string | null;
  /** Whether what becomes of suggestions is written down at this moment. */
  readonly recording: boolean;
  readonly backend: string;
  readonly threads: number;
  readonly gpuLayers: number;
  readonly lastLatencyMs: number | null;
  readonly enginePid: number | null;
}

export interface ModelInfo {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly installed: boolean;
  readonly selected: boolean;
  /** What suits this machine: a sentence, or whether it does. */
  readonly suits: string | boolean | null;
  readonly sizeBytes: number;
  readonly licence: string;
}

/** One occasion on which nothing was shown. Line and character count from 0, as in the protocol. */
export interface Silence {
  readonly time: string;
  readonly uri: string;
  readonly line: number;
  readonly character: number;
  readonly rule: string;
  readonly sentence: string;
}

export interface DoctorCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly mend: string;
}

/** A status from the wire; `null` when it is not one. */
export function parseStatus(value: unknown): ServerStatus | null {
  const record = asRecord(value);
  const state = ENGINE_STATES.find((name) => name === record["state"]);
  if (state === undefined) {
    return null;
  }
  return {
    state,
    detail: text(record["detail"]),
    model: text(record["model"]),
    adapter: textOrNull(record["adapter"]),
    recording: record["recording"] === true,
    backend: text(record["backend"]),
    threads: numberOr(record["threads"], 0),
    gpuLayers: numberOr(record["gpuLayers"], 0),
    lastLatencyMs: numberOr(record["lastLatencyMs"], null),
    enginePid: numberOr(record["enginePid"], null),
  };
}

/** The models in a server's answer; entries without a name are left out. */
export function parseModels(value: unknown): ModelInfo[] {
  return asList(value).flatMap((entry) => {
    const name = text(entry["name"]);
    if (name === "") {
      return [];
    }
    const suits = entry["suits"];
    return {
      name,
      title: text(entry["title"]) || name,
      description: text(entry["description"]),
      installed: entry["installed"] === true,
      selected: entry["selected"] === true,
      suits: typeof suits === "string" || typeof suits === "boolean" ? suits : null,
      sizeBytes: numberOr(entry["sizeBytes"], 0),
      licence: text(entry["licence"]),
    };
  });
}

/** The occasions in a server's answer, in its order. */
export function parseSilences(value: unknown): Silence[] {
  return asList(value).map((entry) => ({
    time: text(entry["time"]),
    uri: text(entry["uri"]),
    line: numberOr(entry["line"], 0),
    character: numberOr(entry["character"], 0),
    rule: text(entry["rule"]),
    sentence: text(entry["sentence"]),
  }));
}

/** The checks in a doctor's report. */
export function parseChecks(value: unknown): DoctorCheck[] {
  return asList(asRecord(value)["checks"]).map((entry) => ({
    name: text(entry["name"]),
    ok: entry["ok"] === true,
    detail: text(entry["detail"]),
    mend: text(entry["mend"]),
  }));
}
