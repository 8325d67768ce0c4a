/**
 * Steps on the terminal: what is being done, for how long, and a moving line for the long ones.
 *
 * On a terminal one line is rewritten in place; elsewhere (CI, a file) a line is printed when a step starts, every
 * quarter of a minute while it lasts, and when it ends.
 */

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const HEARTBEAT_MS = 15_000;
/** Steps shorter than this leave a single line on a plain output. */
const QUIET_MS = 1_000;

/**
 * @param {number} milliseconds
 * @returns {string} "0.4 s", "12 s", "3 min 05 s"
 */
export function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
}

/**
 * Removes colours and control characters and cuts to one short line.
 * @param {string} text
 * @param {number} width
 */
export function oneLine(text, width) {
  // eslint-disable-next-line no-control-regex
  const plain = text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replace(/[\u0000-\u001f\u007f]+/g, " ");
  const trimmed = plain.replace(/\s+/g, " ").trim();
  return trimmed.length > width ? `${trimmed.slice(0, Math.max(0, width - 1))}…` : trimmed;
}

/**
 * Does one step and shows it.
 * @template T
 * @param {string} title what is being done, as a noun phrase: "Python packages"
 * @param {(update: (line: string) => void, note: (text: string) => void) => Promise<T>} work `update` replaces the
 *   moving line; `note` sets what stands behind the title once the step is done ("up to date")
 * @param {NodeJS.WriteStream} [out]
 * @returns {Promise<T>} what `work` returned; its error passes through
 */
export async function step(title, work, out = process.stdout) {
  const live = Boolean(out.isTTY);
  const started = Date.now();
  let line = "";
  let note = "";
  let frame = 0;
  let announced = false;

  const announce = () => {
    if (announced) return;
    announced = true;
    out.write(`• ${title} …\n`);
  };
  const redraw = () => {
    const head = `${FRAMES[frame++ % FRAMES.length]} ${title} · ${duration(Date.now() - started)}`;
    const rest = line ? ` · ${line}` : "";
    out.write(`\r\u001b[2K${oneLine(head + rest, (out.columns ?? 100) - 1)}`);
  };
  const beat = () => {
    announce();
    out.write(`  … ${duration(Date.now() - started)}${line ? ` · ${oneLine(line, 110)}` : ""}\n`);
  };
  const first = live ? undefined : setTimeout(announce, QUIET_MS);
  const ticker = setInterval(live ? redraw : beat, live ? 120 : HEARTBEAT_MS);
  const finish = (mark) => {
    clearTimeout(first);
    clearInterval(ticker);
    const tail = note ? `${duration(Date.now() - started)}, ${note}` : duration(Date.now() - started);
    out.write(`${live ? "\r\u001b[2K" : ""}${mark} ${title} (${tail})\n`);
  };

  try {
    const result = await work(
      (text) => {
        line = text;
      },
      (text) => {
        note = text;
      },
    );
    finish("✓");
    return result;
  } catch (error) {
    finish("✗");
    throw error;
  }
}
