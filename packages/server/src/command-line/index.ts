/** What the programs of this project have in common. The command that serves is apart: it loads the server. */
export { checkBundlePath } from "./bundle-path.js";
export { INTERRUPTED_EXIT_CODE, type Interruption, listenForInterrupt, nothingWritten } from "./interrupt.js";
export { nearestName } from "./nearest-name.js";
export { MOST_THREADS, parseNumber, parsePort, parseWhole } from "./number-flags.js";
export { createProgram, type ProgramOptions } from "./program.js";
export { type BuildProgram, runProgram } from "./run-program.js";
export { usageError } from "./usage-error.js";
export { excessMessage, missingArgumentHint, swallowedModelHint } from "./usage-hints.js";
