/** The real program in a process of its own, as a person runs it. */
import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const BINARY = fileURLToPath(new URL("../bin/deepspeech.mjs", import.meta.url));

/** A small model of one voice, with a language model: see test/fixtures/bundles/README.md. */
export const BUNDLE = fileURLToPath(new URL("../../../test/fixtures/bundles/quickstart-fp16.dsb", import.meta.url));

export function deepspeech(...words: string[]): SpawnSyncReturns<string> {
  return deepspeechOn(undefined, ...words);
}

/** With `input` on standard input. */
export function deepspeechOn(input: Uint8Array | undefined, ...words: string[]): SpawnSyncReturns<string> {
  const env = { ...process.env, DEEPSPEECH_DEBUG: "" };
  return spawnSync(process.execPath, [BINARY, ...words], { encoding: "utf8", env, ...(input && { input }) });
}

/** Told on stderr by each thread that loads an add-on. */
const TELL_ADDONS = `
  import { writeSync } from "node:fs";
  const { dlopen } = process;
  process.dlopen = (...args) => {
    writeSync(2, "loaded " + args[1] + "\\n");
    return dlopen.apply(process, args);
  };`;

/** For a process that tells on stderr which add-ons it loads: "loaded /…/torch.node". */
export const TELL_ADDONS_ENVIRONMENT: NodeJS.ProcessEnv = {
  ...process.env,
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL_ADDONS)}`,
};

/** Whether libtorch got loaded in the process that ran these words, in any of its threads. */
export function loadsLibtorch(words: string[]): boolean {
  const env = TELL_ADDONS_ENVIRONMENT;
  const { stderr, status } = spawnSync(process.execPath, [BINARY, ...words], { encoding: "utf8", env });
  assert.equal(status, 0, stderr);
  return /^loaded .*torch\.node/m.test(stderr);
}
