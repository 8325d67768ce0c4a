/** A squarified treemap (Bruls, Huizing, van Wijk, 2000): areas as large as weights, as near to squares as they can be. */

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * One rectangle for each weight, in the order of the weights; together they fill `frame`. A weight that is not above 0 gets an
 * empty one.
 */
export function squarified(weights: readonly number[], frame: Rect): Rect[] {
  const placed: Rect[] = weights.map(() => ({ x: frame.x, y: frame.y, width: 0, height: 0 }));
  const order = weights
    .map((weight, index) => ({ weight, index }))
    .filter(({ weight }) => weight > 0)
    .toSorted((one, other) => other.weight - one.weight);
  const total = order.reduce((sum, { weight }) => sum + weight, 0);
  const scale = total > 0 ? (frame.width * frame.height) / total : 0;
  let rest = frame;
  for (let from = 0; from < order.length;) {
    const side = Math.min(rest.width, rest.height);
    let to = from + 1;
    let area = (order[from]?.weight ?? 0) * scale;
    // A row grows as long as its worst rectangle comes nearer to a square.
    for (; to < order.length; to++) {
      const grown = area + (order[to]?.weight ?? 0) * scale;
      const [largest, least] = [(order[from]?.weight ?? 0) * scale, (order[to - 1]?.weight ?? 0) * scale];
      const next = (order[to]?.weight ?? 0) * scale;
      if (worst(largest, next, grown, side) > worst(largest, least, area, side)) {
        break;
      }
      area = grown;
    }
    const row = order.slice(from, to);
    const thick = side > 0 ? area / side : 0;
    const upright = rest.width >= rest.height;
    let along = upright ? rest.y : rest.x;
    for (const { weight, index } of row) {
      const long = thick > 0 ? (weight * scale) / thick : 0;
      placed[index] = upright
        ? { x: rest.x, y: along, width: thick, height: long }
        : { x: along, y: rest.y, width: long, height: thick };
      along += long;
    }
    rest = upright
      ? { ...rest, x: rest.x + thick, width: Math.max(0, rest.width - thick) }
      : { ...rest, y: rest.y + thick, height: Math.max(0, rest.height - thick) };
    from = to;
  }
  return placed;
}

/** The longest side to the shortest of the worst rectangle in a row along `side`. */
function worst(largest: number, least: number, sum: number, side: number): number {
  const squares = [side * side, sum * sum] as const;
  return Math.max((squares[0] * largest) / squares[1], squares[1] / (squares[0] * least));
}

/** The part of a rectangle that is left after an edge, and `top` for a heading; empty where there is no room. */
export function inside({ x, y, width, height }: Rect, edge: number, top = 0): Rect {
  return {
    x: x + edge,
    y: y + edge + top,
    width: Math.max(0, width - 2 * edge),
    height: Math.max(0, height - 2 * edge - top),
  };
}
