/**
 * What the set-up scripts say when they stop.
 *
 * UserError          something the person at the keyboard can mend: one sentence, and the log if there is one
 *   CommandError     a command ended badly; carries its exit code
 */

/** A failure with a sentence that says what failed and what to do. */
export class UserError extends Error {
  /**
   * @param {string} message one sentence: what failed, and what to do
   * @param {{log?: string, tail?: string[]}} [details] the log file and its last lines
   */
  constructor(message, { log, tail = [] } = {}) {
    super(message);
    this.name = "UserError";
    this.log = log;
    this.tail = tail;
  }
}

/** A command that ended with a non-zero exit code, or could not be started at all. */
export class CommandError extends UserError {
  /**
   * @param {string} message
   * @param {{log?: string, tail?: string[], code?: number | null}} [details] `code` is null when a signal ended it
   */
  constructor(message, { log, tail, code = null } = {}) {
    super(message, { log, tail });
    this.name = "CommandError";
    this.code = code;
  }
}
