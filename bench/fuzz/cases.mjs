/** The inner side of watched-child.mjs: runs cases one after another and reports each. */

/** What came of work that nobody waited for; told with the case during which it came. */
const strays = [];
process.on("unhandledRejection", (error) => strays.push(error));
process.on("uncaughtException", (error) => strays.push(error));

/** @param run gives the outcome in a word or two, and the defect where there is one */
export async function runCases({ first, end }, run) {
  for (let index = first; index < end; index++) {
    const before = process.cpuUsage();
    const { outcome, defect } = await run(index);
    // Rejections that nobody handles are told after the microtasks.
    await new Promise(setImmediate);
    const stray = strays.splice(0).map(told)[0];
    // Of the processor, all threads together: what a neighbour on the machine takes does not count.
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1000;
    // The peak, which the parent's looks may miss.
    const megabytes = process.resourceUsage().maxRSS / 1024;
    process.send({ index, outcome, defect: defect ?? stray, ms, megabytes });
  }
}

/** Whether a message is one for people. */
export function isLine(message) {
  return message.length > 0 && message.length < 1000 && !/[\p{Cc}\u2028\u2029]/u.test(message);
}

export function told(error) {
  return error instanceof Error ? error.stack : `threw ${String(error)}`;
}
