/** What the server says about complexity, checked on arrival. Lines and characters count from 0. */
import { asList, asRecord, numberOr, text, texts } from "../wire";

export interface Place {
  readonly line: number;
  readonly character: number;
}

/** One decision in a function, with the points that it adds to the complexity. */
export interface Decision extends Place {
  readonly what: string;
  readonly points: number;
  readonly nesting: number;
  /** The line it begins in. */
  readonly text: string;
}

/** A function and what drives its complexity. */
export interface Complexity {
  readonly name: string;
  /** "complexity 14 · C". */
  readonly title: string;
  readonly nesting: number;
  readonly lines: number;
  readonly position: Place;
  readonly end: Place;
  /** Whether the file is half-written, so that this is how it was. */
  readonly broken: boolean;
  readonly decisions: readonly Decision[];
}

export const RANKS = ["A", "B", "C", "D", "E", "F"] as const;
export type Rank = (typeof RANKS)[number];

export interface FunctionFigures {
  readonly name: string;
  readonly line: number;
  readonly complexity: number;
  readonly rank: Rank;
  readonly nesting: number;
  readonly lines: number;
  /** It stands in another function, whose lines hold its own. */
  readonly closure: boolean;
}

export interface FileFigures {
  readonly path: string;
  readonly uri: string;
  readonly mi: number;
  readonly miRank: string;
  readonly lines: number;
  readonly functions: readonly FunctionFigures[];
  /** What is not told one by one. */
  readonly others: { readonly count: number; readonly lines: number };
}

/** A workspace's figures. */
export interface Report {
  readonly files: readonly FileFigures[];
  readonly functions: number;
  readonly ranks: Readonly<Record<Rank, number>>;
  readonly average: number;
  readonly lines: number;
  readonly mi: number;
  readonly problems: readonly string[];
  /** Files that were not looked at: there are too many, it took too long, or it was stopped. */
  readonly left: number;
  readonly cancelled: boolean;
  readonly seconds: number;
}

/** A function that changed; `null` on the side where it is not there. */
export interface FunctionTrend {
  readonly name: string;
  readonly line: number | null;
  readonly before: number | null;
  readonly after: number | null;
}

export interface FileTrend {
  readonly path: string;
  readonly uri: string;
  readonly miBefore: number | null;
  readonly miAfter: number;
  readonly functions: readonly FunctionTrend[];
}

/** What changed since a git revision. */
export interface Trend {
  readonly revision: string;
  readonly files: readonly FileTrend[];
  readonly problems: readonly string[];
}

/** The answer of `burnish.server.complexity`. */
export function parseComplexity(value: unknown): Complexity {
  const record = asRecord(value);
  return {
    name: text(record["name"]),
    title: text(record["title"]),
    nesting: numberOr(record["nesting"], 0),
    lines: numberOr(record["lines"], 0),
    position: parsePlace(record["position"]),
    end: parsePlace(record["end"]),
    broken: record["broken"] === true,
    decisions: asList(record["decisions"]).map((one) => ({
      ...parsePlace(one),
      what: text(one["what"]),
      points: numberOr(one["points"], 0),
      nesting: numberOr(one["nesting"], 0),
      text: text(one["text"]),
    })),
  };
}

/** The answer of `burnish.server.metricsReport`. */
export function parseReport(value: unknown): Report {
  const record = asRecord(value);
  const ranks = asRecord(record["ranks"]);
  return {
    files: asList(record["files"]).map(parseFile),
    functions: numberOr(record["functions"], 0),
    ranks: Object.fromEntries(RANKS.map((rank) => [rank, numberOr(ranks[rank], 0)])) as Record<Rank, number>,
    average: numberOr(record["average"], 0),
    lines: numberOr(record["lines"], 0),
    mi: numberOr(record["mi"], 100),
    problems: texts(record["problems"]),
    left: numberOr(record["left"], 0),
    cancelled: record["cancelled"] === true,
    seconds: numberOr(record["seconds"], 0),
  };
}

/** The answer of `burnish.server.metricsTrend`. */
export function parseTrend(value: unknown): Trend {
  const record = asRecord(value);
  return {
    revision: text(record["revision"]),
    files: asList(record["files"]).map((file) => ({
      path: text(file["path"]),
      uri: text(file["uri"]),
      miBefore: numberOr(file["miBefore"], null),
      miAfter: numberOr(file["miAfter"], 0),
      functions: asList(file["functions"]).map((one) => ({
        name: text(one["name"]),
        line: numberOr(one["line"], null),
        before: numberOr(one["before"], null),
        after: numberOr(one["after"], null),
      })),
    })),
    problems: texts(record["problems"]),
  };
}

function parsePlace(value: unknown): Place {
  const record = asRecord(value);
  return { line: numberOr(record["line"], 0), character: numberOr(record["character"], 0) };
}

function parseFile(file: Record<string, unknown>): FileFigures {
  const others = asRecord(file["others"]);
  return {
    path: text(file["path"]),
    uri: text(file["uri"]),
    mi: numberOr(file["mi"], 0),
    miRank: text(file["miRank"]),
    lines: numberOr(file["lines"], 0),
    functions: asList(file["functions"]).map((one) => ({
      name: text(one["name"]),
      line: numberOr(one["line"], 0),
      complexity: numberOr(one["complexity"], 0),
      rank: RANKS.find((rank) => rank === one["rank"]) ?? "A",
      nesting: numberOr(one["nesting"], 0),
      lines: numberOr(one["lines"], 0),
      closure: one["closure"] === true,
    })),
    others: { count: numberOr(others["count"], 0), lines: numberOr(others["lines"], 0) },
  };
}
