/** Bounded waiting: every wait has a limit and says what it waited for. */

/**
 * Polls until `probe` gives something truthy.
 * @template T
 * @param {string} what what is waited for, for the failure's message
 * @param {() => Promise<T> | T} probe
 * @param {{timeoutMs?: number, everyMs?: number}} [options]
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(what, probe, { timeoutMs = 30_000, everyMs = 100 } = {}) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s for ${what}`);
    await pause(everyMs);
  }
}

/** @param {number} milliseconds */
export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
