/** Answers of the server about complexity, as they come over the wire. */

const figures = { nesting: 1, lines: 10, closure: false };

export const report = {
  files: [
    {
      path: "shop/prices.py",
      uri: "file:///project/shop/prices.py",
      mi: 41.234,
      miRank: "A",
      lines: 120,
      functions: [
        { ...figures, name: "price", line: 3, complexity: 14, rank: "C", nesting: 4, lines: 60 },
        { ...figures, name: "Cart.total", line: 70, complexity: 6, rank: "B", lines: 20 },
        { ...figures, name: "Cart.total.each", line: 72, complexity: 2, rank: "A", lines: 5, closure: true },
      ],
      others: { count: 2, lines: 8 },
    },
    {
      path: "app.py",
      uri: "file:///project/app.py",
      mi: 80,
      miRank: "A",
      lines: 12,
      functions: [{ ...figures, name: "<main>", line: 0, complexity: 6, rank: "B" }],
      others: { count: 0, lines: 0 },
    },
  ],
  functions: 6,
  ranks: { A: 3, B: 2, C: 1, D: 0, E: 0, F: 0 },
  average: 4.94,
  lines: 132,
  mi: 44.7,
  problems: [],
  left: 0,
  cancelled: false,
  seconds: 0.4,
};

export const trend = {
  revision: "HEAD~3",
  files: [
    {
      path: "app.py",
      uri: "file:///project/app.py",
      miBefore: 70,
      miAfter: 80,
      functions: [
        { name: "<main>", line: 0, before: 4, after: 6 },
        { name: "run", line: 9, before: null, after: 3 },
        { name: "old", line: null, before: 9, after: null },
      ],
    },
  ],
  problems: [],
};

export const complexity = {
  name: "Cart.total",
  title: "complexity 6 · B",
  nesting: 2,
  lines: 20,
  position: { line: 70, character: 8 },
  end: { line: 89, character: 0 },
  broken: false,
  decisions: [
    { line: 75, character: 12, what: "and of 3", points: 2, nesting: 1, text: "if a and b and c:" },
    { line: 74, character: 8, what: "for", points: 1, nesting: 0, text: "for item in items:" },
  ],
};
