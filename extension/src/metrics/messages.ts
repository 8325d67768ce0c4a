/** What travels between the panel of the complexity report and the page in it. No imports from the editor: the page uses this too. */
import { asRecord, numberOr, text } from "../wire";
import type { FileFigures } from "./data";

/** The parts of the page that are drawn anew, each on its own. */
export const SECTIONS = ["headline", "notices", "ranks", "trend"] as const;
export type Section = (typeof SECTIONS)[number];

export const ACTIONS = ["refresh", "stop", "compare", "restart"] as const;
export type Action = (typeof ACTIONS)[number];

/** From the panel: draw this. */
export interface ShowMessage {
  readonly type: "show";
  readonly sections: Readonly<Record<Section, string>>;
  readonly files: readonly FileFigures[];
  /** The treemap in words, for who cannot see it. */
  readonly summary: string;
}

/** From the page: it can be drawn on, a button was pressed, or a line of a file is to be opened. */
export type PageMessage =
  | { readonly type: "ready" }
  | { readonly type: "do"; readonly action: Action }
  | { readonly type: "open"; readonly uri: string; readonly line: number };

/** A message of the page; `null` when it is none. */
export function parsePageMessage(value: unknown): PageMessage | null {
  const message = asRecord(value);
  switch (message["type"]) {
    case "ready":
      return { type: "ready" };
    case "do": {
      const action = ACTIONS.find((name) => name === message["action"]);
      return action === undefined ? null : { type: "do", action };
    }
    case "open":
      return { type: "open", uri: text(message["uri"]), line: numberOr(message["line"], 0) };
    default:
      return null;
  }
}
