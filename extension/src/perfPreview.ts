/** A fix as the server shows it, and its two texts side by side. */
import { parseChange, type ShownChange } from "./shownChange";
import { Range, TextEditorRevealType, window } from "./vscodeapi";
import { asRecord, text } from "./wire";

/** Milliseconds that the editor is given to compare two texts. */
const COMPARED_MS = 500;

/** A fix as the server shows it; its lines are those of the finding without the fix, and of the fix's beginning with it. */
export interface Preview extends ShownChange {
  readonly key: string;
  readonly evidence: string;
  /** Whether verifying it could tell more. */
  readonly verifiable: boolean;
}

/** The answer of `burnish.server.perfPreview`. */
export function parsePreview(value: unknown): Preview {
  const record = asRecord(value);
  return {
    ...parseChange(record),
    key: text(record["key"]),
    evidence: text(record["evidence"]),
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
