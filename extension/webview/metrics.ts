/** The page of the complexity report: draws what the panel sends, sorts the table, and tells what was clicked. */
import "./dashboard.css";
import "./metrics.css";
import { type PageMessage, SECTIONS, type ShowMessage } from "../src/metrics/messages";
import { replace } from "./sections";
import { Table } from "./metricsTable";
import { Treemap } from "./treemap";

declare function acquireVsCodeApi(): { postMessage(message: PageMessage): void };

const panel = acquireVsCodeApi();
const open = (uri: string, line: number): void => panel.postMessage({ type: "open", uri, line });
const map = new Treemap(document.getElementById("map"), open);
const table = new Table(document.getElementById("table"), open);

// Only the panel can send messages here.
window.addEventListener("message", ({ data }: MessageEvent<ShowMessage>) => {
  for (const name of SECTIONS) {
    replace(document.getElementById(name), data.sections[name]);
  }
  const figure = document.getElementById("figure");
  if (figure !== null) {
    figure.hidden = data.files.every(({ functions }) => functions.length === 0);
  }
  map.show(data.files, data.summary);
  table.show(data.files);
});

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>("button") : null;
  const { do: action, uri, line } = button?.dataset ?? {};
  if (action !== undefined) {
    panel.postMessage({ type: "do", action: action as Extract<PageMessage, { type: "do" }>["action"] });
  } else if (uri !== undefined) {
    open(uri, Number(line));
  }
});

panel.postMessage({ type: "ready" });
