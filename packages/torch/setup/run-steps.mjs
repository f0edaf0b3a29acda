/** The set-up's steps one after another, each told in a line: what was found or done, and how long it took. */
import { SetupError } from "./context.mjs";

/** @typedef {import("./context.mjs").Context} Context */
/** @typedef {(context: Context) => Promise<string>} Step */

const OLDEST_NODE = 20;

/** @type {Step} */
export async function checkNode() {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= OLDEST_NODE) return node;
  throw new SetupError(`Node ${node} is too old. Install Node ${OLDEST_NODE} or later from https://nodejs.org.`);
}

/**
 * @param {Context} context
 * @param {readonly [name: string, step: Step][]} steps
 * @throws SetupError that names the step
 */
export async function runSteps(context, steps) {
  for (const [name, step] of steps) {
    const start = performance.now();
    const announcement = setTimeout(() => console.log(`… ${name}`), 1000);
    try {
      const result = await step(context);
      console.log(`${result.startsWith("warning") ? "!" : "✓"} ${name}: ${result} (${seconds(start)})`);
    } catch (error) {
      if (error instanceof SetupError) error.message = `✗ ${name} (${seconds(start)})\n${error.message}`;
      throw error;
    } finally {
      clearTimeout(announcement);
    }
  }
}

/** @param {number} start */
function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
