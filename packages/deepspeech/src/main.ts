/** The command line: see `runProgram` for its exit codes and its errors. */
import { runProgram } from "@deepspeech-ts/server/command-line";
import { buildProgram } from "./program.js";

await runProgram(buildProgram);
