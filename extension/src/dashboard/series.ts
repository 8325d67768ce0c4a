/** The plots' data from the days: one line for the model alone, one for whatever adapter served. */
import type { DashboardData, Day, Share } from "./data";
import type { Chart, Curve, Mark } from "./messages";
import { day as dayText, milliseconds, percent } from "./words";

/** All plots; none when there is no day with suggestions. */
export function charts(data: DashboardData): Chart[] {
  const days = data.days
    .filter(({ date, shown }) => shown > 0 && !Number.isNaN(Date.parse(date)))
    .toSorted((one, other) => Date.parse(one.date) - Date.parse(other.date));
  if (days.length === 0) {
    return [];
  }
  const dates = [...new Set(days.map(({ date }) => date))];
  const rows = dates.map((date) => rowOf(days.filter((day) => day.date === date)));
  const x = dates.map((date) => Date.parse(date) / 1000);
  const marks = marksOf(days, data);
  const both = (pick: (day: Day) => Share): Curve[] => [
    curve("with an adapter", "adapter", rows, (row) => row.adapter && pick(row.adapter)),
    curve("model alone", "base", rows, (row) => row.base && pick(row.base)),
  ];
  const latency = (label: string, role: "typical" | "slow", pick: (day: Day) => number | null): Curve => ({
    label,
    role,
    values: rows.map((row) => pick(row.main)),
  });
  const last = rows[rows.length - 1];
  const said = (what: string, pick: (day: Day) => string): string =>
    `${what} on ${dates.length === 1 ? "one day" : `${dates.length} days`}, the last one ${dayText(dates.at(-1) ?? "")}` +
    (last === undefined ? "." : `: ${pick(last.main)}. The figures are in the table below.`);
  return [
    {
      id: "acceptance",
      unit: "%",
      x,
      marks,
      curves: both((day) => day.acceptance),
      summary: said("Suggestions accepted", (day) => percent(day.acceptance.value)),
    },
    {
      id: "kept",
      unit: "%",
      x,
      marks,
      curves: both((day) => day.kept),
      summary: said("Suggestions kept", (day) => percent(day.kept.value)),
    },
    {
      id: "latency",
      unit: "ms",
      x,
      marks,
      curves: [
        latency("median", "typical", (day) => day.latencyMs.median),
        latency("slowest tenth", "slow", (day) => day.latencyMs.p90),
      ],
      summary: said("Time until a suggestion", (day) => milliseconds(day.latencyMs.median)),
    },
  ];
}

interface Row {
  readonly base: Day | null;
  readonly adapter: Day | null;
  /** The one with most suggestions. */
  readonly main: Day;
}

/** Where two adapters served on one day, the one that showed more stands for it. */
function rowOf(days: readonly Day[]): Row {
  const most = (list: readonly Day[]): Day | null =>
    list.reduce<Day | null>((best, day) => (best === null || day.shown > best.shown ? day : best), null);
  const main = most(days);
  if (main === null) {
    throw new Error("a date without days");
  }
  return {
    base: most(days.filter(({ adapter }) => adapter === null)),
    adapter: most(days.filter(({ adapter }) => adapter !== null)),
    main,
  };
}

function curve(label: string, role: Curve["role"], rows: readonly Row[], pick: (row: Row) => Share | null): Curve {
  const shares = rows.map(pick);
  const hundred = (value: number | null | undefined): number | null =>
    value === null || value === undefined ? null : value * 100;
  return {
    label,
    role,
    values: shares.map((one) => hundred(one?.value)),
    low: shares.map((one) => hundred(one?.low)),
    high: shares.map((one) => hundred(one?.high)),
  };
}

/** The first day of each adapter. */
function marksOf(days: readonly Day[], data: DashboardData): Mark[] {
  const marks: Mark[] = [];
  const seen = new Set<string>();
  for (const { adapter, date } of days) {
    if (adapter !== null && !seen.has(adapter)) {
      seen.add(adapter);
      const name = data.adapters.find(({ id }) => id === adapter)?.name ?? adapter;
      marks.push({ x: Date.parse(date) / 1000, label: name });
    }
  }
  return marks;
}
