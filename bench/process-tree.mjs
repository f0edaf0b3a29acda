/** What this process uses together with those it started, as Linux tells it: a recogniser's model runs in one of its own. */
import { readdirSync, readFileSync } from "node:fs";

/** @returns {{ cpuMs: number, residentMegabytes: number, peakMegabytes: number }} peaks are added up */
export function treeUsage() {
  const total = { cpuMs: 0, residentMegabytes: 0, peakMegabytes: 0 };
  for (const pid of descendants(process.pid)) {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const megabytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0) / 1024;
    total.residentMegabytes += megabytes("VmRSS");
    total.peakMegabytes += megabytes("VmHWM");
    total.cpuMs += cpuMilliseconds(pid);
  }
  return total;
}

/** @returns {number[]} the process and all below it */
function descendants(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const children = threads.flatMap((thread) => {
    const list = readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8");
    return list.split(" ").filter(Boolean).map(Number);
  });
  return [pid, ...children.flatMap(descendants)];
}

/** Of the threads that are alive: to the nanosecond, where a process's own sum counts hundredths of a second. */
function cpuMilliseconds(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => {
    return sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  }, 0);
}
