/** The report's sections as HTML, and the treemap in words. Pure: the same data gives the same page. */
import { type Html, html } from "../dashboard/html";
import { type FunctionTrend, RANKS, type Report, type Trend } from "./data";
import type { Action, Section } from "./messages";
import { sortedRows, USUAL_ORDER } from "./rows";

/** What the panel knows. */
export interface State {
  readonly report: Report | null;
  readonly trend: Trend | null;
  /** What is being done at the moment; "" for nothing. */
  readonly busy: string;
  readonly stoppable: boolean;
  /** Why the server could not be asked; "" when it was. */
  readonly failure: string;
}

const MEANING = {
  A: "simple",
  B: "fine",
  C: "a little complex",
  D: "complex",
  E: "alarming",
  F: "error-prone",
} as const;
const MOST_TRENDS = 200;

/** All sections. */
export function sections(state: State): Record<Section, string> {
  return {
    headline: headline(state).text,
    notices: notices(state).text,
    ranks: ranks(state).text,
    trend: trend(state).text,
  };
}

function button(action: Action, label: string): Html {
  return html`<button type="button" data-do="${action}">${label}</button>`;
}

function headline({ report, busy, stoppable, failure }: State): Html {
  if (report === null) {
    const sentence = busy || (failure === "" ? "Nothing was measured yet." : "The workspace could not be measured.");
    return html`<p class="sentence">${sentence}</p>
      ${
        busy === ""
          ? html`<p class="buttons">
              ${button("refresh", "Measure")} ${failure === "" ? null : button("restart", "Start the Server")}
            </p>`
          : null
      }
      ${stoppable ? html`<p class="buttons">${button("stop", "Stop")}</p>` : null}`;
  }
  const { files, functions, lines, average, mi } = report;
  const remark = `${count(functions, "function")} in ${count(files.length, "file")}, ${count(lines, "line")} of code. Maintainability index ${mi.toFixed(1)} of 100, each file weighing as its lines do.`;
  return html`<p class="sentence">Average complexity ${average.toFixed(1)}</p>
    <p class="remark">${remark}</p>
    <p class="buttons">
      ${busy === "" ? button("refresh", "Measure Again") : html`<span class="busy">${busy}</span>`}
      ${stoppable ? button("stop", "Stop") : null} ${busy === "" ? button("compare", "Compare with a Revision…") : null}
    </p>`;
}

function notices({ report, failure }: State): Html {
  const said = [
    ...(failure === "" ? [] : [failure]),
    ...(report !== null && report.left > 0
      ? [
          `${count(report.left, "file")} ${report.left === 1 ? "was" : "were"} not measured: ${
            report.cancelled ? "it was stopped" : "the report ends after a number of files and seconds"
          }.`,
        ]
      : []),
  ];
  const problems = report?.problems ?? [];
  return html`${said.map((words) => html`<div class="notice"><p>${words}</p></div>`)}
  ${
    problems.length === 0
      ? null
      : html`<details data-key="problems">
          <summary>${count(problems.length, "file")} without figures</summary>
          <ul>
            ${problems.map((words) => html`<li>${words}</li>`)}
          </ul>
        </details>`
  }`;
}

function ranks({ report }: State): Html {
  if (report === null || report.functions === 0) {
    return html``;
  }
  return html`<ul class="ranks" aria-label="Functions by rank">
    ${RANKS.map(
      (rank) => html`<li><span class="rank rank-${rank}">${rank}</span> ${report.ranks[rank]} ${MEANING[rank]}</li>`,
    )}
  </ul>`;
}

function trend({ trend: since }: State): Html {
  if (since === null) {
    return html``;
  }
  const changed = since.files
    .flatMap((file) => file.functions.map((one) => ({ file, one, rise: (one.after ?? 0) - (one.before ?? 0) })))
    .toSorted((first, second) => second.rise - first.rise);
  const rows = changed.slice(0, MOST_TRENDS).map(
    ({ file, one, rise }) =>
      html`<tr>
        <th scope="row">
          ${
            one.line === null
              ? one.name
              : html`<button type="button" class="link" data-uri="${file.uri}" data-line="${one.line}">
                  ${one.name}
                </button>`
          }
        </th>
        <td>${file.path}</td>
        <td class="number">${one.before ?? "–"}</td>
        <td class="number">${one.after ?? "–"}</td>
        <td class="number">${changeWords(one, rise)}</td>
      </tr>`,
  );
  return html`<h2>Since ${since.revision}</h2>
    <p>${trendSentence(since)}</p>
    ${
      rows.length === 0
        ? null
        : html`<table>
            <thead>
              <tr>
                <th scope="col">Function</th>
                <th scope="col">File</th>
                <th scope="col" class="number">Then</th>
                <th scope="col" class="number">Now</th>
                <th scope="col" class="number">Change</th>
              </tr>
            </thead>
            <tbody>
              ${rows}
            </tbody>
          </table>`
    }
    ${changed.length > MOST_TRENDS ? html`<p class="remark">${changed.length - MOST_TRENDS} more.</p>` : null}
    ${since.problems.map((words) => html`<p class="remark">${words}</p>`)}`;
}

function changeWords({ before, after }: FunctionTrend, rise: number): string {
  if (before === null) {
    return "new";
  }
  return after === null ? "gone" : `${rise > 0 ? "+" : "−"}${Math.abs(rise)}`;
}

/** "2 files changed: 1 function is more complex, 3 are less, 1 is new." */
export function trendSentence({ files }: Trend): string {
  if (files.length === 0) {
    return "No Python file changed.";
  }
  const all = files.flatMap(({ functions }) => functions);
  const kept = all.filter(({ before, after }) => before !== null && after !== null);
  const parts = [
    [kept.filter(({ before, after }) => (after ?? 0) > (before ?? 0)).length, "more complex"],
    [kept.filter(({ before, after }) => (after ?? 0) < (before ?? 0)).length, "less complex"],
    [all.filter(({ before }) => before === null).length, "new"],
    [all.filter(({ after }) => after === null).length, "gone"],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, words]) => `${count(number, "function")} ${words}`);
  return `${count(files.length, "file")} changed: ${said.join(", ") || "no function has another complexity"}.`;
}

/** The treemap in words. */
export function summary(report: Report): string {
  const [worst] = sortedRows(report.files, USUAL_ORDER);
  if (worst === undefined) {
    return "There is no function to show.";
  }
  const { file, figures } = worst;
  const counted = RANKS.filter((rank) => report.ranks[rank] > 0).map((rank) => `${report.ranks[rank]} of rank ${rank}`);
  return `Treemap of ${count(report.functions, "function")} in ${count(report.files.length, "file")}: ${counted.join(", ")}. The most complex is ${figures.name} in ${file.path} with ${figures.complexity}. The table below has the same figures.`;
}

function count(number: number, one: string): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : `${one}s`}`;
}
