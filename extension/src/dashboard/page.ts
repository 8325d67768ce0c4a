/** The page's frame: what loads, what may load, and the empty sections. */
import { escapeHtml } from "./html";
import { CHARTS, type ChartId, type Section } from "./messages";

/** Addresses as the webview may load them. */
export interface PageParts {
  readonly nonce: string;
  readonly cspSource: string;
  readonly script: string;
  readonly styles: string;
}

const TITLES: Readonly<Record<ChartId, readonly [title: string, explanation: string]>> = {
  acceptance: ["Accepted", "Of the suggestions shown, how many you took, wholly or in part."],
  kept: ["Kept", "Of those you took, how many were still there two minutes later."],
  latency: ["Time", "From the request to the suggestion."],
};

/** The whole document. Nothing may be loaded but the extension's own script and style sheet. */
export function page({ nonce, cspSource, script, styles }: PageParts): string {
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${cspSource}; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Burnish: Is It Better?</title>
<link rel="stylesheet" href="${escapeHtml(styles)}">
</head>
<body>
<main>
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
</main>
<script nonce="${escapeHtml(nonce)}" src="${escapeHtml(script)}"></script>
</body>
</html>`;
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
