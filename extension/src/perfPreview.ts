/** A fix as the server shows it, and its two texts side by side. */
import { Range, TextEditorRevealType, window } from "./vscodeapi";
import { asRecord, numberOr, text } from "./wire";

/** Milliseconds that the editor is given to compare two texts. */
const COMPARED_MS = 500;

/** A fix as the server shows it. */
export interface Preview {
  readonly key: string;
  readonly title: string;
  readonly badge: string;
  /** Where the finding is in the text without the fix, and where the fix begins in the text with it, from 0. */
  readonly line: number;
  readonly lineAfter: number;
  readonly before: string;
  readonly after: string;
  readonly evidence: string;
  readonly summary: string;
  /** Whether it may be applied, knowing what is known. */
  readonly applicable: boolean;
  /** Whether verifying it could tell more. */
  readonly verifiable: boolean;
}

/** The answer of `burnish.server.perfPreview`. */
export function parsePreview(value: unknown): Preview {
  const record = asRecord(value);
  return {
    key: text(record["key"]),
    title: text(record["title"]),
    badge: text(record["badge"]),
    line: numberOr(record["line"], 0),
    lineAfter: numberOr(record["lineAfter"], 0),
    before: text(record["before"]),
    after: text(record["after"]),
    evidence: text(record["evidence"]),
    summary: text(record["summary"]),
    applicable: record["applicable"] === true,
    verifiable: record["verifiable"] === true,
  };
}

/**
 * Scrolls a comparison that was just opened to the fix. The editor goes to the first change, perhaps an import, as soon as it
 * has compared, and may move one side only; nothing tells when it has.
 */
export async function revealPlaces(lines: ReadonlyMap<string, number>): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, COMPARED_MS));
  for (const editor of window.visibleTextEditors) {
    const line = lines.get(editor.document.uri.toString());
    if (line !== undefined) {
      editor.revealRange(new Range(line, 0, line, 0), TextEditorRevealType.InCenter);
    }
  }
}
