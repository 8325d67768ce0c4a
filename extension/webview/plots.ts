/** The plots, in the colours of the editor's theme. */
import uPlot from "uplot";
import type { Chart, Curve, Mark } from "../src/dashboard/messages";

const HEIGHT = 180;
const DAY_S = 86_400;

interface Colours {
  readonly text: string;
  readonly grid: string;
  readonly font: string;
  readonly of: Readonly<Record<Curve["role"], string>>;
  readonly contrast: boolean;
}

/** Draws all plots, and again when the theme or the width changes. */
export class Plots {
  private charts: readonly Chart[] = [];
  private drawn = "";
  private plots: uPlot[] = [];

  constructor() {
    new ResizeObserver(() => this.resize()).observe(document.body);
    new MutationObserver(() => this.draw()).observe(document.body, {
      attributes: true,
      attributeFilter: ["class", "data-vscode-theme-id"],
    });
  }

  show(charts: readonly Chart[]): void {
    const text = JSON.stringify(charts);
    if (text === this.drawn) {
      return;
    }
    this.drawn = text;
    this.charts = charts;
    this.draw();
  }

  private draw(): void {
    this.plots.forEach((plot) => plot.destroy());
    const frame = document.getElementById("plots");
    if (frame !== null) {
      frame.hidden = this.charts.length === 0;
    }
    const colours = readColours();
    this.plots = this.charts.flatMap((chart) => {
      const target = document.getElementById(`plot-${chart.id}`);
      if (target === null) {
        return [];
      }
      target.setAttribute("aria-label", chart.summary);
      target.replaceChildren();
      target.nextElementSibling?.replaceChildren(...legend(chart));
      return [new uPlot(options(chart, colours, target.clientWidth), data(chart), target)];
    });
  }

  private resize(): void {
    for (const plot of this.plots) {
      const width = plot.root.parentElement?.clientWidth ?? plot.width;
      if (width !== plot.width) {
        plot.setSize({ width, height: HEIGHT });
      }
    }
  }
}

/** What each line is, for those that have a point. */
function legend(chart: Chart): HTMLElement[] {
  return chart.curves
    .filter(({ values }) => values.some((value) => value !== null))
    .map(({ role, label }) => {
      const entry = document.createElement("span");
      entry.className = `key ${role}`;
      entry.textContent = label;
      return entry;
    });
}

/** Each curve is its values, then the lower and the upper end of its interval. */
function data(chart: Chart): uPlot.AlignedData {
  const columns = chart.curves.flatMap((curve) =>
    curve.low !== undefined && curve.high !== undefined ? [curve.values, curve.low, curve.high] : [curve.values],
  );
  return [[...chart.x], ...columns.map((column) => [...column])];
}

function options(chart: Chart, colours: Colours, width: number): uPlot.Options {
  const series: uPlot.Series[] = [{ label: "Day" }];
  const bands: uPlot.Band[] = [];
  for (const curve of chart.curves) {
    const colour = colours.of[curve.role];
    series.push(line(curve, chart.unit, colour, colours.contrast));
    if (curve.low !== undefined && curve.high !== undefined) {
      const lower = series.length;
      const end = { stroke: withAlpha(colour, colours.contrast ? 0.9 : 0.35), width: 1, points: { show: false } };
      series.push({ ...end, label: "" }, { ...end, label: "" });
      bands.push({ series: [lower + 1, lower], fill: withAlpha(colour, 0.18) });
    }
  }
  const first = chart.x[0] ?? 0;
  const last = chart.x.at(-1) ?? 0;
  const axis = { stroke: colours.text, font: colours.font, grid: { stroke: colours.grid, width: 1 } };
  return {
    width,
    height: HEIGHT,
    series,
    bands,
    legend: { show: false },
    cursor: { show: false },
    // Days are days of UTC, wherever the user is.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC"),
    scales: {
      x: { time: true, range: [first - DAY_S / 2, last + DAY_S / 2] },
      y: { range: (_plot, _low, high) => [0, top(chart.unit, high)] },
    },
    axes: [
      {
        ...axis,
        size: 32,
        values: (_plot, splits) => splits.map(dayLabel),
        incrs: [1, 2, 7, 14, 30, 60, 120].map((n) => n * DAY_S),
      },
      { ...axis, size: 64, values: (_plot, splits) => splits.map((value) => `${value} ${chart.unit}`) },
    ],
    hooks: { draw: [(plot) => drawWhiskers(plot, chart, colours), (plot) => drawMarks(plot, chart.marks, colours)] },
  };
}

function line(curve: Curve, unit: Chart["unit"], colour: string, contrast: boolean): uPlot.Series {
  const dashed = curve.role === "base" || curve.role === "slow";
  return {
    label: `${curve.label} (${unit})`,
    stroke: colour,
    width: contrast ? 3 : 2,
    // Colour alone must not tell the lines apart.
    ...(dashed ? { dash: [6, 4] } : {}),
    points: { show: true, size: 6, fill: colour, stroke: colour },
    spanGaps: false,
  };
}

function top(unit: Chart["unit"], high: number | null): number {
  const room = (high ?? 0) * 1.15;
  return unit === "%" ? Math.min(100, Math.max(10, Math.ceil(room / 10) * 10)) : Math.max(10, room);
}

function dayLabel(seconds: number): string {
  return new Date(seconds * 1e3).toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
}

/** The interval of each day as an upright stroke: between days there is none, and a single day has no band. */
function drawWhiskers(plot: uPlot, chart: Chart, colours: Colours): void {
  const { ctx } = plot;
  ctx.save();
  ctx.lineWidth = devicePixelRatio * (colours.contrast ? 2 : 1);
  for (const { role, low, high } of chart.curves) {
    ctx.strokeStyle = colours.of[role];
    for (const [index, x] of chart.x.entries()) {
      const ends = [low?.[index], high?.[index]];
      if (ends.every((end) => typeof end === "number")) {
        const at = plot.valToPos(x, "x", true);
        ctx.beginPath();
        ctx.moveTo(at, plot.valToPos(ends[0] ?? 0, "y", true));
        ctx.lineTo(at, plot.valToPos(ends[1] ?? 0, "y", true));
        ctx.stroke();
      }
    }
  }
  ctx.restore();
}

/** A dashed line with the adapter's name where another one began to serve. */
function drawMarks(plot: uPlot, marks: readonly Mark[], colours: Colours): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colours.text;
  ctx.setLineDash([3 * scale, 3 * scale]);
  ctx.lineWidth = scale;
  ctx.font = scaledFont(colours.font, scale);
  for (const [index, { x, label }] of marks.entries()) {
    const at = plot.valToPos(x - DAY_S / 2, "x", true);
    ctx.beginPath();
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
    ctx.stroke();
    const right = at + ctx.measureText(label).width + 6 * scale > bbox.left + bbox.width;
    ctx.textAlign = right ? "right" : "left";
    ctx.textBaseline = "top";
    // Neighbours' names would lie on top of each other in one row.
    ctx.fillText(label, at + (right ? -4 : 4) * scale, bbox.top + (index % 2) * 14 * scale);
  }
  ctx.restore();
}

function scaledFont(font: string, scale: number): string {
  return font.replace(/([\d.]+)px/, (_whole, size: string) => `${Number(size) * scale}px`);
}

function readColours(): Colours {
  const style = getComputedStyle(document.body);
  const variable = (name: string, other: string): string => style.getPropertyValue(name).trim() || other;
  const text = variable("--vscode-editor-foreground", "#888888");
  return {
    text,
    grid: withAlpha(text, 0.15),
    font: `12px ${variable("--vscode-font-family", "sans-serif")}`,
    contrast: /vscode-high-contrast/.test(document.body.className),
    of: {
      adapter: variable("--vscode-charts-blue", text),
      base: variable("--vscode-charts-orange", text),
      typical: variable("--vscode-charts-green", text),
      slow: variable("--vscode-charts-purple", text),
    },
  };
}

/** A colour of the theme (hexadecimal, or anything CSS knows), thinner. */
function withAlpha(colour: string, alpha: number): string {
  return `color-mix(in srgb, ${colour} ${Math.round(alpha * 100)}%, transparent)`;
}
