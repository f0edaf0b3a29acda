/** `npx @deepspeech-ts/server model.dsb`: the command that serves, as a program of its own. */
import { createProgram } from "./program.js";
import { runProgram } from "./run-program.js";
import { configure } from "./serve.js";

const description = "Speech recognition behind OpenAI's audio API, and live, with a model bundle.";
const manifest = new URL("../../package.json", import.meta.url);

await runProgram(async () => {
  const program = createProgram({ name: "deepspeech-server", description, manifest });
  configure(program);
  return program;
});
