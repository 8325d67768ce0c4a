/** What the server says about consent and the record, checked on arrival. */
import { asRecord, numberOr, text, textOrNull, texts } from "../wire";

export type Switch = "record" | "train";

/** One switch as the consent file has it. */
export interface Agreement {
  readonly on: boolean;
  /** It was on for an older text: the user must be asked again. */
  readonly outdated: boolean;
  /** When it was decided, in ISO 8601. */
  readonly at: string | null;
}

/** What a dialog says before it asks. */
export interface Disclosure {
  readonly title: string;
  /** All of it in few lines: a dialog of the editor has little room and cannot be scrolled. */
  readonly brief: readonly string[];
  /** Every item of it. */
  readonly paragraphs: readonly string[];
}

/** Everything that was decided about recording and training. */
export interface Consent {
  readonly record: Agreement;
  readonly train: Agreement;
  /** Whether anything is written down at this moment. */
  readonly recording: boolean;
  readonly editorTelemetry: boolean;
  readonly file: string;
  readonly retentionDays: number;
  readonly excludedFolders: readonly string[];
  readonly excludedGlobs: readonly string[];
  /** Why what was decided cannot be read, where that is so; nothing is recorded then. */
  readonly problem: string | null;
  readonly disclosure: Readonly<Record<Switch, Disclosure>>;
}

/** An adapter that learned from what was erased. */
export interface LearnedAdapter {
  readonly name: string;
  readonly removed: boolean;
}

/** What became of an erasure. */
export interface Erasure {
  readonly events: number;
  readonly adapters: readonly LearnedAdapter[];
  /** False: something was reading the file, whose log keeps what was erased until it is erased once more. */
  readonly logEmptied: boolean;
}

/** The consent in a server's answer. */
export function parseConsent(value: unknown): Consent {
  const record = asRecord(value);
  const disclosure = asRecord(record["disclosure"]);
  return {
    record: agreement(record["record"]),
    train: agreement(record["train"]),
    recording: record["recording"] === true,
    editorTelemetry: record["editorTelemetry"] !== false,
    file: text(record["file"]),
    retentionDays: numberOr(record["retentionDays"], 0),
    excludedFolders: texts(record["excludedFolders"]),
    excludedGlobs: texts(record["excludedGlobs"]),
    problem: textOrNull(record["problem"]),
    disclosure: { record: parseDisclosure(disclosure["record"]), train: parseDisclosure(disclosure["train"]) },
  };
}

/** The number of events and the adapters in the answer to an erasure. */
export function parseErasure(value: unknown): Erasure {
  const record = asRecord(value);
  const adapters = Array.isArray(record["adapters"]) ? record["adapters"].map(asRecord) : [];
  return {
    events: numberOr(record["events"], 0),
    logEmptied: record["logEmptied"] !== false,
    adapters: adapters.map((adapter) => ({
      name: text(adapter["name"]) || text(adapter["id"]).slice(0, 12),
      removed: adapter["removed"] === true,
    })),
  };
}

function agreement(value: unknown): Agreement {
  const record = asRecord(value);
  return { on: record["on"] === true, outdated: record["outdated"] === true, at: textOrNull(record["at"]) };
}

function parseDisclosure(value: unknown): Disclosure {
  const record = asRecord(value);
  return {
    title: text(record["title"]),
    brief: texts(record["brief"]),
    paragraphs: texts(record["paragraphs"]),
  };
}
