/**
 * Counts tests from node:test's events. Only leaves count: a suite, or a test that has subtests, is no test of its own,
 * unless it fails by itself, as when a hook throws.
 */

/** @typedef {import("node:test/reporters").TestEvent} TestEvent */

/**
 * The part of a result that counts. Node's types lack `skip` on a failure and the failure's kind.
 *
 * @typedef {object} Result
 * @property {string} name
 * @property {number} nesting
 * @property {string} [file]
 * @property {string | boolean} [skip]
 * @property {{ type?: string, error?: { failureType?: string } }} details
 */

export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;
  /** What tests said of themselves that nobody may overlook: diagnostics that begin in capitals. @type {string[]} */
  notices = [];
  /** Nesting of each file's last result: a result comes right after those of its subtests. @type {Map<string, number>} */
  #lastNesting = new Map();

  /** @param {TestEvent} event */
  add({ type, data }) {
    if (type === "test:diagnostic" && /^[A-Z]+ [A-Z]/.test(data.message)) this.notices.push(data.message);
    if (type !== "test:pass" && type !== "test:fail") return;
    const result = /** @type {Result} */ (data);
    const file = result.file ?? "";
    const hasSubtests = this.#lastNesting.get(file) === result.nesting + 1;
    this.#lastNesting.set(file, result.nesting);

    if (type === "test:fail") this.#addFailure(result);
    else if (result.skip !== undefined) this.skipped++;
    // Node reports a file in which no test is declared as a test of that name.
    else if (!hasSubtests && result.details.type !== "suite" && result.name !== file) this.passed++;
  }

  /** @param {Result} result */
  #addFailure({ details }) {
    if (details.error?.failureType !== "subtestsFailed") this.failed++;
  }

  /** Such as "12 passed, 0 failed, 1 skipped". */
  toString() {
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : "";
    return `${this.passed} passed, ${this.failed} failed${skipped}`;
  }
}
