/** The report's page with its empty sections. */
import { framed, type PageParts } from "../dashboard/frame";

/** The whole document. */
export function page(parts: PageParts): string {
  const body = `<main class="wide">
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
</main>`;
  return framed("Burnish: Complexity", body, parts);
}
