/** HTML from templates in which everything that is put in is escaped. */

/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

type Piece = string | number | Html | readonly Html[] | null;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Plain text as HTML that shows it literally, also inside of a quoted attribute. */
export function escapeHtml(plain: string): string {
  return plain.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** A template's HTML; `null` leaves nothing. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  const parts = strings.map((literal, index) => literal + rendered(pieces[index] ?? null));
  return new Html(parts.join(""));
}

function rendered(piece: Piece): string {
  if (piece === null) {
    return "";
  }
  if (piece instanceof Html) {
    return piece.text;
  }
  return typeof piece === "object" ? piece.map(({ text }) => text).join("") : escapeHtml(String(piece));
}
