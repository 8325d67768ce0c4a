/** The rows of the report's table, and their order. */
import type { FileFigures, FunctionFigures } from "./data";

export interface Row {
  readonly file: FileFigures;
  readonly figures: FunctionFigures;
}

export const COLUMNS = ["name", "path", "complexity", "nesting", "lines", "mi"] as const;
export type Column = (typeof COLUMNS)[number];

export interface Order {
  readonly column: Column;
  readonly descending: boolean;
}

/** The worst first. */
export const USUAL_ORDER: Order = { column: "complexity", descending: true };

/** All functions in an order; equal ones by complexity, then by place. */
export function sortedRows(files: readonly FileFigures[], { column, descending }: Order): Row[] {
  const sign = descending ? -1 : 1;
  return files
    .flatMap((file) => file.functions.map((figures) => ({ file, figures })))
    .toSorted(
      (one, other) =>
        sign * compare(value(one, column), value(other, column)) ||
        other.figures.complexity - one.figures.complexity ||
        compare(one.file.path, other.file.path) ||
        one.figures.line - other.figures.line,
    );
}

/** The order after a click on a column's heading: figures begin with the worst, words with A. */
export function clicked(order: Order, column: Column): Order {
  const usual = column !== "name" && column !== "path" && column !== "mi";
  return { column, descending: order.column === column ? !order.descending : usual };
}

function value({ file, figures }: Row, column: Column): string | number {
  switch (column) {
    case "path":
      return file.path;
    case "mi":
      return file.mi;
    default:
      return figures[column];
  }
}

function compare(one: string | number, other: string | number): number {
  return typeof one === "string" && typeof other === "string" ? one.localeCompare(other) : Number(one) - Number(other);
}
