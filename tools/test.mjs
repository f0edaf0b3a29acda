/**
 * Runs the tests of all packages, each file in a process of its own, and ends with one line that counts them.
 */

import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { discoverTests } from "./testing/discover.mjs";
import { Tally } from "./testing/tally.mjs";

const HELP = `Usage: npm test -- [options] [part of a file name ...]

Runs the compiled tests, or those whose path contains one of the given parts, such as "tensor".

Options:
  --help  show this text
`;

/** For a whole file; the longest trains a small model on the CPU. */
const TIMEOUT_MS = 15 * 60 * 1000;
const CONCURRENCY = Math.min(2, availableParallelism());

/** @typedef {import("node:test/reporters").TestEvent} TestEvent */

/**
 * Counts the events on their way to the reporter.
 *
 * @param {AsyncIterable<TestEvent>} events
 * @param {Tally} tally
 */
async function* counted(events, tally) {
  for await (const event of events) {
    tally.add(event);
    // Node's own totals count in another way: suites apart, but tests with subtests as tests.
    const isTotal = event.type === "test:diagnostic" && event.data.file === undefined;
    if (!isTotal) yield event;
  }
}

/**
 * @param {string[]} files
 * @param {Tally} tally
 */
async function runFiles(files, tally) {
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ""} --enable-source-maps`;
  // Files share the cores; OpenMP's threads would otherwise fight for them.
  process.env.OMP_NUM_THREADS ??= String(Math.max(1, Math.floor(availableParallelism() / CONCURRENCY)));
  const events = run({ files, concurrency: CONCURRENCY, timeout: TIMEOUT_MS });
  const count = (/** @type {AsyncIterable<TestEvent>} */ source) => counted(source, tally);
  await pipeline(events, count, new spec(), process.stdout, { end: false });
}

function parseFilters() {
  try {
    return parseArgs({ allowPositionals: true, options: { help: { type: "boolean", default: false } } });
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n\n${HELP}`);
    process.exit(2);
  }
}

const { values, positionals } = parseFilters();
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const { files, uncompiled } = discoverTests(dirname(dirname(fileURLToPath(import.meta.url))), positionals);
const tally = new Tally();
if (files.length > 0) await runFiles(files, tally);
else console.error("No test matches.");

for (const source of uncompiled) console.error(`${source} is not compiled: run \`npm run build\`.`);
tally.failed += uncompiled.length;
for (const notice of tally.notices) console.error(notice);
console.log(tally.toString());
process.exitCode = tally.failed > 0 || tally.passed + tally.skipped === 0 ? 1 : 0;
