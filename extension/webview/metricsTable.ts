/** The report as a table that its headings sort. */
import type { FileFigures } from "../src/metrics/data";
import { clicked, COLUMNS, type Column, type Order, type Row, sortedRows, USUAL_ORDER } from "../src/metrics/rows";

const HEADINGS: Readonly<Record<Column, string>> = {
  name: "Function",
  path: "File",
  complexity: "Complexity",
  nesting: "Nesting",
  lines: "Lines",
  mi: "File's maintainability",
};
/** Rows that are shown at first, and with every press of the button. */
const STEP = 100;

export class Table {
  private files: readonly FileFigures[] = [];
  private order: Order = USUAL_ORDER;
  private shown = STEP;
  private drawn = "";

  constructor(
    private readonly target: HTMLElement | null,
    private readonly open: (uri: string, line: number) => void,
  ) {}

  show(files: readonly FileFigures[]): void {
    const text = JSON.stringify(files);
    if (text !== this.drawn) {
      this.drawn = text;
      this.files = files;
      this.draw();
    }
  }

  private draw(focus: Column | null = null): void {
    const rows = sortedRows(this.files, this.order);
    if (rows.length === 0) {
      this.target?.replaceChildren();
      return;
    }
    const table = element("table");
    const head = element("tr");
    head.append(...COLUMNS.map((column) => this.heading(column)));
    const body = element("tbody");
    body.append(...rows.slice(0, this.shown).map((row) => this.row(row)));
    const top = element("thead");
    top.append(head);
    table.append(top, body);
    const parts: HTMLElement[] = [element("h2", "Functions"), table];
    if (rows.length > this.shown) {
      const more = element(
        "button",
        `Show ${Math.min(STEP, rows.length - this.shown)} of ${rows.length - this.shown} More`,
      );
      more.addEventListener("click", () => {
        this.shown += STEP;
        this.draw();
      });
      parts.push(more);
    }
    this.target?.replaceChildren(...parts);
    if (focus !== null) {
      table.querySelector<HTMLElement>(`button[data-column="${focus}"]`)?.focus();
    }
  }

  private heading(column: Column): HTMLElement {
    const cell = element("th");
    cell.scope = "col";
    const sorted = this.order.column === column;
    if (sorted) {
      cell.ariaSort = this.order.descending ? "descending" : "ascending";
    }
    const arrow = sorted ? (this.order.descending ? " ↓" : " ↑") : "";
    const button = element("button", `${HEADINGS[column]}${arrow}`);
    button.className = "link";
    button.dataset["column"] = column;
    button.addEventListener("click", () => {
      this.order = clicked(this.order, column);
      this.draw(column);
    });
    cell.append(button);
    if (column !== "name" && column !== "path") {
      cell.className = "number";
    }
    return cell;
  }

  private row({ file, figures }: Row): HTMLElement {
    const row = element("tr");
    const name = element("th");
    name.scope = "row";
    const link = element("button", figures.name);
    link.className = "link";
    link.addEventListener("click", () => this.open(file.uri, figures.line));
    name.append(link);
    const complexity = element("td");
    complexity.className = "number";
    const rank = element("span", figures.rank);
    rank.className = `rank rank-${figures.rank}`;
    complexity.append(`${figures.complexity} `, rank);
    row.append(
      name,
      element("td", `${file.path}:${figures.line + 1}`),
      complexity,
      number(figures.nesting),
      number(figures.lines),
      number(`${file.mi.toFixed(1)} ${file.miRank}`),
    );
    return row;
  }
}

function number(value: number | string): HTMLElement {
  const cell = element("td", String(value));
  cell.className = "number";
  return cell;
}

function element<K extends keyof HTMLElementTagNameMap>(name: K, text = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
