/**
 * What this project's programs in Node have in common, below the server, the toolkit and the command line: errors for
 * people, and files that are whole or not there. It loads no model and no libtorch.
 */
export { errorMessage, systemErrorCode, UserError, type UserErrorCode, type UserErrorOptions } from "./errors.js";
export {
  createFolder,
  explainReadError,
  explainWriteError,
  type FileWriter,
  readFileOrExplain,
  requireDistinct,
  requireWritable,
  spellingOnDisk,
  withSpellingOnDisk,
  writeFileAtomically,
  writeFileAtomicallySync,
} from "./files.js";
export { isOver, ownMark, removeLeftovers, temporaryPathFor } from "./leftovers.js";
export { explainListenError } from "./listen-error.js";
export { readTextChunks, readTextFile, readTextFileSync } from "./text-files.js";
export { threadsWarning } from "./threads-warning.js";
export { type PathKind, whatItIs } from "./what-it-is.js";
