// Tests that follow one another in one editor.

import assert from "node:assert/strict";
import { test } from "node:test";

/** Each step builds on those before it, so after a failure there is nothing more to see. */
export class Steps {
  #session;
  #limit;
  /** Whether a step has failed. */
  failed = false;

  /**
   * @param {import("./session.mjs").Session} session keeps a picture of the step that fails
   * @param {{ timeout: number }} limit of a step that brings none of its own
   */
  constructor(session, limit) {
    this.#session = session;
    this.#limit = limit;
  }

  /** Defines a step. */
  step = (title, body, limit = this.#limit) => {
    test(title, limit, async () => {
      assert.ok(!this.failed, "a step before this one failed");
      this.failed = true;
      try {
        await body();
        this.failed = false;
      } finally {
        if (this.failed) await this.#session.keepPicture(title);
      }
    });
  };
}
