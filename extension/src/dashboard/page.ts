/** The page with its empty sections. */
import { framed, type PageParts } from "./frame";
import { CHARTS, type ChartId, type Section } from "./messages";

const TITLES: Readonly<Record<ChartId, readonly [title: string, explanation: string]>> = {
  acceptance: ["Accepted", "Of the suggestions shown, how many you took, wholly or in part."],
  kept: ["Kept", "Of those you took, how many were still there two minutes later."],
  latency: ["Time", "From the request to the suggestion."],
};

/** The whole document. */
export function page(parts: PageParts): string {
  const body = `<main>
<h1>Is it better?</h1>
${section("headline", ' aria-live="polite"')}
${section("notices")}
<div id="plots" hidden>
${CHARTS.map(figure).join("\n")}
<p class="remark">A shaded range says how far chance may have moved a day's share (95 % interval). An upright line marks the day from which another adapter served.</p>
</div>
${section("figures")}
${section("run")}
${section("adapters")}
${section("schedule")}
</main>`;
  return framed("Burnish: Is It Better?", body, parts);
}

function section(id: Section, more = ""): string {
  return `<section id="${id}"${more}></section>`;
}

function figure(id: ChartId): string {
  const [title, explanation] = TITLES[id];
  return `<figure>
<figcaption><strong>${title}</strong> <span class="remark">${explanation}</span></figcaption>
<div class="plot" id="plot-${id}" role="img"></div>
<div class="legend" aria-hidden="true"></div>
</figure>`;
}
