/** The page in the dashboard's panel: draws what the panel sends, and tells it which button was pressed. */
import "uplot/dist/uPlot.min.css";
import "./dashboard.css";
import { type PageMessage, SECTIONS, type ShowMessage } from "../src/dashboard/messages";
import { Plots } from "./plots";

declare function acquireVsCodeApi(): { postMessage(message: PageMessage): void };

const panel = acquireVsCodeApi();
const plots = new Plots();

// Only the panel can send messages here.
window.addEventListener("message", (event: MessageEvent<ShowMessage>) => show(event.data));

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>("button[data-do]") : null;
  if (button !== null) {
    const action = button.dataset["do"] as Extract<PageMessage, { type: "do" }>["action"];
    panel.postMessage({ type: "do", action, adapter: button.dataset["adapter"] ?? "" });
  }
});

panel.postMessage({ type: "ready" });

function show(message: ShowMessage): void {
  for (const name of SECTIONS) {
    replace(document.getElementById(name), message.sections[name]);
  }
  plots.show(message.charts);
}

const drawn = new WeakMap<HTMLElement, string>();

/** Draws a section anew where it has changed; what was open stays open and the focus stays where it was. */
function replace(section: HTMLElement | null, content: string): void {
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
