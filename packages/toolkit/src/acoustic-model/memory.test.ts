import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { audioFixture, temporaryFolder, writeFiles } from "../data/fixtures.test.support.js";
import { loadHeldOutCorpus } from "./corpora.js";
import { DeepSpeech } from "./deepspeech.js";
import { defaultFeatureConfig } from "./feature-config.js";
import { recognitionMemory, refuseLargerThanMachine, tooLongForMemory } from "./memory.js";
import { defaultModelConfig as model } from "./model-config.js";

const features = defaultFeatureConfig;

test("a recording that takes more memory than there is, is refused with both numbers and the ways out", () => {
  assert.equal(tooLongForMemory(60, { model, features, machineBytes: 1e9 }), undefined);
  assert.match(
    tooLongForMemory(36_000, { model, features, machineBytes: 16e9 }) ?? "",
    /^lasts 10\.0 h; in one piece, .* takes about \d+ GB of memory, and the machine has 16 GB: cut it, or export a bundle/,
  );
  const [hour, two] = [3600, 7200].map((seconds) => recognitionMemory(model, seconds, features)) as [number, number];
  assert.ok(two > 1.9 * hour && two < 2.1 * hour);
});

test("a model whose weights no machine holds is refused before one is made", () => {
  refuseLargerThanMachine(model, 1e9);
  assert.throws(() => new DeepSpeech({ ...model, hiddenSize: 1e8 }), {
    name: "UserError",
    code: "out-of-memory",
    message:
      /^the weights of a model of hidden size 100000000 and 32 channels take \d+ GB, and the machine has \d+ GB of memory; choose a smaller model\.$/,
  });
  assert.throws(() => refuseLargerThanMachine({ ...model, convChannels: 1e7 }, 64e9), /10000000 channels take \d+ GB/);
  const small = { ...model, hiddenSize: 2048 };
  assert.throws(() => refuseLargerThanMachine(small, 0.3e9), /take 0\.[4-9] GB, and the machine has 0\.3 GB of memory/);
});

test("an evaluation leaves such a recording out before it is read, and says why", async (t) => {
  const folder = await temporaryFolder(t);
  const line = (id: string, duration: number) =>
    JSON.stringify({ audio_filepath: audioFixture("speech-16k.wav"), duration, text: "activated", id });
  // A thousand hours: no machine has that much.
  await writeFiles(folder, { "m.jsonl": `${line("short", 1.064)}\n${line("long", 9e5)}\n` });
  const { utterances, facts } = await loadHeldOutCorpus([join(folder, "m.jsonl")], {
    alphabet: englishAlphabet,
    features,
    normalise: true,
    recognisedBy: model,
  });
  assert.deepEqual(
    utterances.map(({ id }) => id),
    ["short"],
  );
  assert.match(facts.leftOut[0]?.reason ?? "", /^lasts 250\.0 h; in one piece/);
});
