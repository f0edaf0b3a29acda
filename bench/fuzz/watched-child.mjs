/**
 * Cases run one after another in a child process that is watched: none may end it, hang it or fill its memory. After one
 * that does, a new child goes on with the next.
 *
 * The child (see cases.mjs) is told by its argument which cases to run, and reports each.
 */
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";

/** Loading libtorch and making the first input may take longer than any case. */
const START_SECONDS = 120;
const LOOKS_PER_SECOND = 5;
const WAITING_FACTOR = 6;
/** Of /proc, the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Slower than this, though within the limit, is worth a look. */
export const SLOW_MILLISECONDS = 3000;

/**
 * @param child the module that runs them
 * @param task passed on to it, with `first` and `end`
 * @param limits seconds of the processor, and megabytes, that one case may take; a case that waits may take some times longer
 * @param onFailure told of each case that failed, with the reason
 * @returns what came out, how often; the slowest case; and the most memory
 */
export async function runWatched({ child, task, first, end, limits, onFailure, onProgress = () => {} }) {
  const totals = { counts: new Map(), slow: [], slowest: { ms: 0, index: -1 }, mostMegabytes: 0, numFailures: 0 };
  const fail = (index, reason) => {
    totals.numFailures += 1;
    onFailure(index, reason);
  };
  const take = ({ index, outcome, defect, ms }) => {
    totals.counts.set(outcome, (totals.counts.get(outcome) ?? 0) + 1);
    if (defect) fail(index, defect);
    if (ms > SLOW_MILLISECONDS) totals.slow.push(index);
    if (ms > totals.slowest.ms) totals.slowest = { ms, index };
    onProgress(index + 1, totals);
  };
  for (let next = first; next < end; )
    next = await runChild({ child, task, first: next, end, limits, take, fail, totals });
  return totals;
}

/** Runs cases from `first` on, until the last or one that fails hard. Answers with the next case to run. */
function runChild({ child: module, task, first, end, limits, take, fail, totals }) {
  const child = fork(module, [JSON.stringify({ ...task, first, end })], { serialization: "advanced" });
  let current = first;
  return new Promise((resolve) => {
    const giveUp = (reason) => {
      clearTimeout(timer);
      clearInterval(looking);
      child.removeAllListeners();
      child.kill("SIGKILL");
      if (reason) fail(current, reason);
      resolve(reason ? current + 1 : current);
    };
    const tooLong = () => giveUp(`took more than ${limits.seconds} s`);
    let timer = setTimeout(tooLong, 1000 * START_SECONDS);
    let secondsBefore = Number.POSITIVE_INFINITY;
    const looking = setInterval(() => {
      const megabytes = residentMegabytes(child.pid);
      totals.mostMegabytes = Math.max(totals.mostMegabytes, megabytes);
      if (processorSeconds(child.pid) - secondsBefore > limits.seconds) tooLong();
      else if (megabytes > limits.megabytes) giveUp(`brought the process to ${megabytes.toFixed(0)} MB`);
    }, 1000 / LOOKS_PER_SECOND);
    child.on("message", (report) => {
      current = report.index + 1;
      clearTimeout(timer);
      timer = setTimeout(tooLong, 1000 * WAITING_FACTOR * limits.seconds);
      secondsBefore = processorSeconds(child.pid);
      totals.mostMegabytes = Math.max(totals.mostMegabytes, report.megabytes);
      take(report);
      if (report.megabytes > limits.megabytes) {
        current = report.index;
        giveUp(`brought the process to ${report.megabytes.toFixed(0)} MB`);
      } else if (current === end) giveUp();
    });
    child.on("exit", (status, signal) => giveUp(`the process ended: ${signal ?? `status ${status}`}`));
  });
}

/** Where /proc tells; elsewhere what the child itself reports after each case has to do. */
function residentMegabytes(pid) {
  try {
    return Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Of a process so far, user and system together; see proc(5). */
function processorSeconds(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** The lines that tell of a whole campaign. */
export function summaryLines({ counts, slow, slowest, mostMegabytes }) {
  const outcomes = [...counts].sort().map(([outcome, count]) => `  ${outcome}: ${count}`);
  const most = `slowest: file ${slowest.index}, ${(slowest.ms / 1000).toFixed(1)} s of the processor; most memory: ${mostMegabytes.toFixed(0)} MB`;
  return [...outcomes, most, ...(slow.length > 0 ? [`over ${SLOW_MILLISECONDS / 1000} s: ${slow.join(", ")}`] : [])];
}
