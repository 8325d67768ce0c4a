/** The treemap: a frame for every file, a box for every function in it. Colours come from the style sheet. */
import type { FileFigures, FunctionFigures } from "../src/metrics/data";
import { inside, type Rect, squarified } from "../src/metrics/treemap";

const SVG = "http://www.w3.org/2000/svg" as const;
/** Height of the whole for its width, and a file's heading, in pixels. */
const [SHARE, LEAST, HEADING] = [0.36, 260, 16];
/** About how wide a letter is, in pixels. */
const LETTER = 7;
/** Boxes that are smaller than this, in pixels, are only seen as a colour: they are not worth an element each. */
const SMALLEST = 2;

export class Treemap {
  private files: readonly FileFigures[] = [];
  private drawn = "";

  constructor(
    private readonly target: HTMLElement | null,
    private readonly open: (uri: string, line: number) => void,
  ) {
    let width = 0;
    new ResizeObserver(() => {
      const now = this.target?.clientWidth ?? 0;
      if (now !== width) {
        width = now;
        this.draw();
      }
    }).observe(document.body);
  }

  show(files: readonly FileFigures[], summary: string): void {
    this.target?.setAttribute("aria-label", summary);
    const text = JSON.stringify(files);
    if (text !== this.drawn) {
      this.drawn = text;
      this.files = files.filter((file) => weightOf(file) > 0);
      this.draw();
    }
  }

  private draw(): void {
    const width = this.target?.clientWidth ?? 0;
    if (width === 0 || this.files.length === 0) {
      this.target?.replaceChildren();
      return;
    }
    const height = Math.max(LEAST, Math.round(width * SHARE));
    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, width, height });
    const frames = squarified(this.files.map(weightOf), { x: 0, y: 0, width, height });
    this.files.forEach((file, index) => {
      const frame = frames[index];
      if (frame !== undefined) {
        svg.append(...this.file(file, frame));
      }
    });
    this.target?.replaceChildren(svg);
  }

  private file(file: FileFigures, frame: Rect): SVGElement[] {
    const headed = frame.height > 3 * HEADING && frame.width > 60;
    const shown = drawnOf(file);
    const room = inside(frame, frame.width > 12 && frame.height > 12 ? 2 : 0, headed ? HEADING : 0);
    const rest = file.others.lines;
    const boxes = squarified([...shown.map(({ lines }) => lines), rest], room);
    const drawn = shown.flatMap((figures, index) => this.box(file, figures, boxes[index]));
    const around = element("rect", { ...frame, class: "file" });
    around.append(title(`${file.path}: maintainability ${file.mi.toFixed(1)} ${file.miRank}`));
    const last = boxes.at(-1);
    const others = rest > 0 && last !== undefined ? [element("rect", { ...last, class: "box others" })] : [];
    return [around, ...(headed ? [heading(file, frame)] : []), ...others, ...drawn];
  }

  private box(file: FileFigures, figures: FunctionFigures, rect: Rect | undefined): SVGElement[] {
    if (rect === undefined || rect.width < SMALLEST || rect.height < SMALLEST) {
      return [];
    }
    const { name, complexity, rank, lines, line } = figures;
    const group = element("g", { class: `box rank-${rank}` });
    group.append(title(`${name} — complexity ${complexity} (${rank}), ${lines} lines\n${file.path}:${line + 1}`));
    group.append(element("rect", { ...rect }));
    const letters = Math.floor((rect.width - 6) / LETTER);
    if (rect.height > 15 && letters >= 2) {
      const label = element("text", { x: rect.x + 4, y: rect.y + 13 });
      label.textContent = cut(`${rank} ${name.split(".").at(-1) ?? name}`, letters);
      group.append(label);
    }
    group.addEventListener("click", () => this.open(file.uri, line));
    return [group];
  }
}

/** The functions that are drawn: those that stand in others are part of them. */
function drawnOf(file: FileFigures): FunctionFigures[] {
  return file.functions.filter(({ closure }) => !closure);
}

function weightOf(file: FileFigures): number {
  return drawnOf(file).reduce((sum, { lines }) => sum + lines, file.others.lines);
}

function heading(file: FileFigures, frame: Rect): SVGElement {
  const label = element("text", { x: frame.x + 5, y: frame.y + 13, class: "path" });
  const letters = Math.floor((frame.width - 10) / LETTER);
  label.textContent = file.path.length <= letters ? file.path : `…${file.path.slice(1 - letters)}`;
  return label;
}

function cut(words: string, letters: number): string {
  return words.length <= letters ? words : `${words.slice(0, Math.max(1, letters - 1))}…`;
}

function title(words: string): SVGElement {
  const made = element("title", {});
  made.textContent = words;
  return made;
}

function element(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, typeof value === "number" ? String(Math.round(value * 100) / 100) : value);
  }
  return made;
}
