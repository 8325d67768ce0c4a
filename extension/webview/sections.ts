/** Drawing the sections of a page anew. */

const drawn = new WeakMap<HTMLElement, string>();

/** Draws a section anew where it has changed; what was open stays open and the focus stays where it was. */
export function replace(section: HTMLElement | null, content: string): void {
  if (section === null || drawn.get(section) === content) {
    return;
  }
  const open = new Set([...section.querySelectorAll("details[open]")].map(keyOf));
  const focused = section.contains(document.activeElement) ? keyOf(document.activeElement) : "";
  // Everything in it was escaped when it was made; the page's policy lets no script in it run.
  section.innerHTML = content;
  drawn.set(section, content);
  for (const details of section.querySelectorAll("details")) {
    details.open = open.has(keyOf(details));
  }
  if (focused !== "") {
    const candidates = [...section.querySelectorAll<HTMLElement>("button, summary")];
    candidates.find((element) => keyOf(element) === focused)?.focus();
  }
}

/** The same for the same thing before and after a section is drawn anew. */
function keyOf(element: Element | null): string {
  if (!(element instanceof HTMLElement)) {
    return "";
  }
  const { key = "", do: action = "", adapter = "" } = element.dataset;
  return element.tagName === "SUMMARY" ? `summary of ${keyOf(element.parentElement)}` : `${key} ${action} ${adapter}`;
}
