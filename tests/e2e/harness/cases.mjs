/** Files that editors and language servers get wrong: line ends, tabs, marks, characters outside the first plane. */

/**
 * @typedef {{name: string, file: string, source: string, line: number, typed: string[]}} Case `line` (1-based) is the one
 *   to write at the end of; `typed` lists what to type until one brings grey text
 */

const FUNCTION = [
  "def count_words(lines):",
  "    counts = {}",
  "    for line in lines:",
  "        for word in line.split():",
  "            counts[word] = counts.get(word, 0) + 1",
  "    return counts",
  "",
  "",
  "def longest(words):",
  "    best = None",
  "    for word in words:",
  "        if best is None or len(word) > len(best):",
  "            best = ",
  "    return best",
  "",
];

const TYPED = [
  "wor",
  "enumer",
  "isinst",
  "Fal",
  "word if best is Non",
  "word if len",
  "sort",
  "rang",
  "Tr",
  "max",
  "le",
];

const EMOJI = FUNCTION.map((line, index) => (index === 12 ? '            note = "👋🏽 größer 𝔘"; best = ' : line));

/** Ten thousand lines: the same functions over and over under other names, the unfinished line in the last. */
const COPIES = Math.ceil(10_000 / FUNCTION.length);
const LONG = Array.from({ length: COPIES }, (_, copy) =>
  FUNCTION.map((line, index) => {
    if (index === 12 && copy < COPIES - 1) return `${line}word`;
    return line.replace(/^def (\w+)/, `def $1_${copy}`);
  }),
).flat();

/** @type {Case[]} */
export const CASES = [
  { name: "CRLF line ends", file: "crlf.py", source: FUNCTION.join("\r\n"), line: 13, typed: TYPED },
  { name: "tabs", file: "tabs.py", source: FUNCTION.join("\n").replaceAll("    ", "\t"), line: 13, typed: TYPED },
  { name: "a byte order mark", file: "bom.py", source: `\ufeff${FUNCTION.join("\n")}`, line: 13, typed: TYPED },
  { name: "emoji left of the cursor", file: "emoji.py", source: EMOJI.join("\n"), line: 13, typed: TYPED },
  { name: "10,000 lines", file: "long.py", source: LONG.join("\n"), line: LONG.length - 2, typed: TYPED },
];

/** Code in which no line parses. */
export const BROKEN = Array.from({ length: 60 }, (_, index) => `def f${index}(a, b:: return ][ a +* b`).join("\n");
