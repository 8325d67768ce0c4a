/** The page's sections as HTML. Pure: the same data gives the same page. */
import type { Adapter, DashboardData, GateMetric, GateReport } from "./data";
import { type Html, html } from "./html";
import type { Action, Section } from "./messages";
import * as words from "./words";

/** What the panel knows beyond the server's answer. */
export interface Surroundings {
  /** Why the server could not be asked; `null` when it was. */
  readonly failure: string | null;
  /** Whether the run that is going on can be stopped from here. */
  readonly stoppable: boolean;
}

/** All sections. */
export function sections(data: DashboardData, around: Surroundings): Record<Section, string> {
  return {
    headline: headline(data).text,
    notices: notices(data, around).text,
    run: run(data, around).text,
    figures: figures(data).text,
    adapters: adapters(data).text,
    schedule: schedule(data).text,
  };
}

/** The page while the server cannot be asked. */
export function failed(reason: string): Record<Section, string> {
  return {
    headline: html`<p class="sentence">The server could not be asked.</p>
      <p>${reason}</p>
      <p>${button("restart", "Start the Server")}</p>`.text,
    notices: "",
    run: "",
    figures: "",
    adapters: "",
    schedule: "",
  };
}

function button(action: Action, label: string, adapter: Adapter | null = null): Html {
  const named = adapter === null ? null : html` data-adapter="${adapter.id}" aria-label="${label} ${adapter.name}"`;
  return html`<button type="button" data-do="${action}" ${named}>${label}</button>`;
}

function headline(data: DashboardData): Html {
  const { sentence, remark } = words.headline(data);
  return html`<p class="sentence">${sentence}</p>
    <p class="remark">${remark}</p>`;
}

function notices(data: DashboardData, { failure }: Surroundings): Html {
  const { consent } = data;
  const outdated = consent.record.outdated || consent.train.outdated;
  const recording = consent.recording
    ? html`<p class="pill on">Recording, on this machine only</p>`
    : html`<p class="pill">Not recording</p>`;
  return html`${recording} ${failure === null ? null : notice(`The figures may be old: ${failure}`, null)}
  ${consent.problem === null ? null : notice(consent.problem, null)}
  ${outdated ? notice("What learning allows has changed since you agreed, so it rests.", button("learning", "Learning…")) : null}
  ${
    consent.editorTelemetry
      ? null
      : notice(
          "The editor's telemetry is off (telemetry.telemetryLevel is not “all”). While it is, Burnish records nothing, whatever its own switches say.",
          button("telemetrySetting", "Open the Setting"),
        )
  }
  ${consent.record.on || outdated ? null : notice("Recording is off.", button("learning", "Learning…"))}
  ${
    consent.record.on && !consent.train.on && !outdated
      ? notice("The model may not learn from the record yet.", button("learning", "Learning…"))
      : null
  }`;
}

function notice(text: string, action: Html | null): Html {
  return html`<div class="notice">
    <p>${text}</p>
    ${action}
  </div>`;
}

function run(data: DashboardData, { stoppable }: Surroundings): Html {
  const { running, lastRun } = data;
  const buttons = html`<p class="buttons">
    ${running === null ? button("trainNow", "Train Now") : stoppable ? button("stopTraining", "Stop Training") : null}
    ${data.incumbent === null ? null : button("rollBack", "Roll Back…")} ${button("learning", "Learning…")}
    ${button("showRecord", "Show My Data")} ${button("exportRecord", "Export My Data…")}
    ${button("eraseRecord", "Erase My Data…")}
  </p>`;
  if (running !== null) {
    const value = running.fraction === null ? null : html` value="${Math.min(1, Math.max(0, running.fraction))}"`;
    return html`<h2>Training</h2>
      <p><strong>${words.phase(running.phase)}</strong> ${running.message}</p>
      <p>
        <progress max="1" ${value} aria-label="Progress of the training"></progress>
        ${running.fraction === null ? null : words.percent(running.fraction)}
      </p>
      ${buttons}`;
  }
  if (lastRun === null) {
    return html`<h2>Training</h2>
      <p>No run yet. ${data.enough}</p>
      ${buttons}`;
  }
  return html`<h2>Training</h2>
    <p><strong>${words.decision(lastRun.decision)}</strong> ${lastRun.reason}</p>
    <p class="remark">${lastRun.ended === "" ? null : `Ended ${words.moment(lastRun.ended)}. `}${data.enough}</p>
    ${lastRun.gate === null ? null : gate(lastRun.gate, "last-run", "What was compared")} ${buttons}`;
}

function figures(data: DashboardData): Html {
  const days = data.days.filter(({ shown }) => shown > 0);
  if (days.length === 0) {
    return html``;
  }
  const rows = days.map(
    (day) =>
      html`<tr>
        <th scope="row">${words.day(day.date)}</th>
        <td>${nameOf(data, day.adapter)}</td>
        <td class="number">${day.shown}</td>
        <td class="number">${day.accepted}</td>
        <td class="number">${words.share(day.acceptance)}</td>
        <td class="number">${words.share(day.kept)}</td>
        <td class="number">${words.milliseconds(day.latencyMs.median)}</td>
        <td class="number">${words.milliseconds(day.latencyMs.p90)}</td>
      </tr>`,
  );
  return html`<details data-key="figures">
    <summary>The figures as a table</summary>
    <table>
      <thead>
        <tr>
          <th scope="col">Day (UTC)</th>
          <th scope="col">Served</th>
          <th scope="col" class="number">Shown</th>
          <th scope="col" class="number">Accepted</th>
          <th scope="col" class="number">Acceptance</th>
          <th scope="col" class="number">Kept</th>
          <th scope="col" class="number">Median</th>
          <th scope="col" class="number">Slowest tenth</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </details>`;
}

function nameOf(data: DashboardData, adapter: string | null): string {
  return adapter === null ? "model alone" : (data.adapters.find(({ id }) => id === adapter)?.name ?? adapter);
}

function adapters(data: DashboardData): Html {
  if (data.adapters.length === 0) {
    return html`<h2>Adapters</h2>
      <p>None yet. An adapter is what a training run makes: a small file of numbers on top of the model.</p>`;
  }
  return html`<h2>Adapters</h2>
    <ul class="adapters">
      ${data.adapters.map((adapter) => adapterRow(data, adapter))}
    </ul>`;
}

function adapterRow(data: DashboardData, adapter: Adapter): Html {
  const live = data.byAdapter.find((figures) => figures.adapter === adapter.id);
  const use = adapter.state === "active" ? null : button("promote", "Use It…", adapter);
  return html`<li class="${adapter.state === "active" ? "active" : "other"}">
    <p class="name">
      <strong>${adapter.name}</strong>
      <span class="pill ${adapter.state === "active" ? "on" : "off"}">${words.state(adapter.state)}</span> ${use}
    </p>
    <p class="remark">
      ${words.moment(adapter.created)}, learned from ${adapter.events}
      events${live === undefined ? null : `. Accepted: ${words.share(live.acceptance)} of ${live.shown} shown`}
    </p>
    ${adapter.reason === "" ? null : html`<p>${adapter.reason}</p>`}
    ${adapter.gate === null ? null : gate(adapter.gate, `gate-${adapter.id}`, "What the gate compared")}
  </li>`;
}

/** The comparison as a table that opens. */
function gate(report: GateReport, key: string, title: string): Html {
  return html`<details data-key="${key}">
    <summary>${title}${report.cases > 0 ? ` (${report.cases} cases)` : null}</summary>
    ${report.reason === "" ? null : html`<p>${report.reason}</p>`}
    <table>
      <thead>
        <tr>
          <th scope="col">Measure</th>
          <th scope="col" class="number">Model alone</th>
          <th scope="col" class="number">Served before</th>
          <th scope="col" class="number">This adapter</th>
          <th scope="col" class="number">Difference to before</th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        ${report.metrics.map(metricRow)}
      </tbody>
    </table>
  </details>`;
}

function metricRow(metric: GateMetric): Html {
  const value = (number: number | null): Html => html`<td class="number">${words.measured(number, metric.unit)}</td>`;
  return html`<tr>
    <th scope="row">${metric.title}</th>
    ${value(metric.base)}${value(metric.incumbent)}${value(metric.candidate)}
    <td class="number">${words.difference(metric)}</td>
    <td>${metric.verdict}</td>
  </tr>`;
}

function schedule({ schedule: { installed, sentence } }: DashboardData): Html {
  const byItself = html`<p class="remark">
    The setting <code>burnish.learning.trainWhenIdle</code> lets the editor start a run by itself, once a day, while the
    computer is idle and not on battery.
  </p>`;
  return html`<h2>Schedule</h2>
    <p>${sentence || "No run is scheduled. Install one with: burnish nightly install"}</p>
    ${installed ? null : byItself}`;
}
