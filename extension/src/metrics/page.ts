/** The frame of the report's page: what loads, what may load, and the empty sections. */
import type { PageParts } from "../dashboard/page";
import { escapeHtml } from "../dashboard/html";

/** The whole document. Nothing may be loaded but the extension's own script and style sheet. */
export function page({ nonce, cspSource, script, styles }: PageParts): string {
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${cspSource}; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Burnish: Complexity</title>
<link rel="stylesheet" href="${escapeHtml(styles)}">
</head>
<body>
<main class="wide">
<h1>Complexity</h1>
<section id="headline" aria-live="polite"></section>
<section id="notices"></section>
<section id="ranks"></section>
<figure id="figure" hidden>
<figcaption class="remark">Each box is a function: its area is its lines, its colour and letter its rank. Files are framed.</figcaption>
<div id="map" role="img"></div>
</figure>
<section id="trend"></section>
<section id="table"></section>
</main>
<script nonce="${escapeHtml(nonce)}" src="${escapeHtml(script)}"></script>
</body>
</html>`;
}
