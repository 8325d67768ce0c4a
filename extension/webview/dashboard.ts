/** The page in the dashboard's panel: draws what the panel sends, and tells it which button was pressed. */
import "uplot/dist/uPlot.min.css";
import "./dashboard.css";
import { type PageMessage, SECTIONS, type ShowMessage } from "../src/dashboard/messages";
import { Plots } from "./plots";
import { replace } from "./sections";

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
