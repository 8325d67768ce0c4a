/** A change of code as the server shows it before it is applied: both texts, and what is known of it. */
import type { Compared } from "./textPages";
import { numberOr, text } from "./wire";

export interface ShownChange extends Compared {
  readonly title: string;
  readonly badge: string;
  /** What is known of it, in a sentence. */
  readonly summary: string;
  /** Whether it may be applied, knowing what is known. */
  readonly applicable: boolean;
}

/** What every answer that shows a change says of it. Lines count from 0. */
export function parseChange(record: Readonly<Record<string, unknown>>): ShownChange {
  return {
    title: text(record["title"]),
    badge: text(record["badge"]),
    summary: text(record["summary"]),
    applicable: record["applicable"] === true,
    before: text(record["before"]),
    after: text(record["after"]),
    line: numberOr(record["line"], 0),
    lineAfter: numberOr(record["lineAfter"], 0),
  };
}
