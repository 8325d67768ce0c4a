/** What travels between the panel and the page in it. No imports from the editor here: the page uses this too. */
import { asRecord, text } from "../wire";

/** The parts of the page that are drawn anew, each on its own. */
export const SECTIONS = ["headline", "notices", "run", "figures", "adapters", "schedule"] as const;
export type Section = (typeof SECTIONS)[number];

/** What a button asks for. */
export const ACTIONS = [
  "trainNow",
  "stopTraining",
  "rollBack",
  "promote",
  "learning",
  "showRecord",
  "exportRecord",
  "eraseRecord",
  "telemetrySetting",
  "restart",
] as const;
export type Action = (typeof ACTIONS)[number];

/** One line of a plot. `null` where there is nothing to draw. */
export interface Curve {
  readonly label: string;
  readonly role: "adapter" | "base" | "typical" | "slow";
  readonly values: readonly (number | null)[];
  /** The ends of the interval around each value, where there are any. */
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
}

/** A day from which another adapter served. */
export interface Mark {
  readonly x: number;
  readonly label: string;
}

/** One plot over days; `x` in seconds since 1970, ascending. */
export interface Chart {
  readonly id: ChartId;
  readonly unit: "%" | "ms";
  readonly x: readonly number[];
  readonly curves: readonly Curve[];
  readonly marks: readonly Mark[];
  /** The plot in words, for who cannot see it. */
  readonly summary: string;
}

export const CHARTS = ["acceptance", "kept", "latency"] as const;
export type ChartId = (typeof CHARTS)[number];

/** From the panel: draw this. */
export interface ShowMessage {
  readonly type: "show";
  readonly sections: Readonly<Record<Section, string>>;
  readonly charts: readonly Chart[];
}

/** From the page: it can be drawn on, or a button was pressed. */
export type PageMessage =
  { readonly type: "ready" } | { readonly type: "do"; readonly action: Action; readonly adapter: string };

/** A message of the page; `null` when it is none. */
export function parsePageMessage(value: unknown): PageMessage | null {
  const message = asRecord(value);
  if (message["type"] === "ready") {
    return { type: "ready" };
  }
  const action = ACTIONS.find((name) => name === message["action"]);
  return message["type"] === "do" && action !== undefined
    ? { type: "do", action, adapter: text(message["adapter"]) }
    : null;
}
