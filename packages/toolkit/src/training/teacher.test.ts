/** A model that learns from another's answers: it comes nearer to them than one that does not, with the same data and steps. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { noGrad, tidy } from "@deepspeech-ts/torch";
import { saveCheckpoint } from "../acoustic-model/index.js";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import type { TrainConfigInput } from "./config.js";
import { trainStep } from "./step.js";
import { batchOf, openSession, speech, steady } from "./step.test.support.js";
import { manifestIn, shortUtterances, tinyConfig, trainHere } from "./training.test.support.js";

const forward: TrainConfigInput = {
  ...steady,
  features: { numMels: 16, normalisation: "running" },
  model: { ...steady.model!, direction: "forward", lookaheadFrames: 4 },
};

async function teacherOf(t: TestContext, model: TrainConfigInput["model"] = {}): Promise<string> {
  const folder = await temporaryFolder(t);
  const manifest = await manifestIn(folder, await shortUtterances(4));
  const config = tinyConfig(folder, manifest, { ...steady, model: { ...steady.model!, ...model }, learningRate: 5e-3 });
  return (await trainHere(config)).runFolder;
}

describe("a teacher", () => {
  it("is what a model that learns from it comes to say", async (t) => {
    const teacher = await teacherOf(t);
    const batch = batchOf(speech);
    const distances: number[] = [];
    for (const teacherWeight of [0.9, 0]) {
      const session = await openSession(t, { ...forward, teacher, objective: { teacherWeight } });
      for (let step = 0; step < 40; step++) trainStep(session, [batch], 5e-3);
      distances.push(
        noGrad(() =>
          tidy(() => {
            const expected = session.teacher!.answers(batch).logProbs;
            const { features, featureLengths } = session.extractor.extract(batch.waveforms, batch.sampleLengths);
            const { logProbs } = session.model.eval().forward(features, featureLengths);
            return expected.exp().mul(expected.sub(logProbs)).sum(2).mean().item();
          }),
        ),
      );
    }
    const [taught = 0, alone = 0] = distances;
    assert.ok(taught < alone / 2, `${taught} from the teacher with it, ${alone} without`);
  });

  it("of another alphabet or of other frames is refused in one line, before anything is trained", async (t) => {
    const teacher = await teacherOf(t, { timeStride: 3 });
    await assert.rejects(openSession(t, { ...forward, teacher }), {
      name: "UserError",
      message: `teacher: ${teacher}: has other frames than the model that learns from it (features.sampleRate, features.hopSamples, model.timeStride: 16000, 200, 3 and 16000, 200, 2).`,
    });
    const other = await temporaryFolder(t);
    const session = await openSession(t, steady);
    const path = `${other}/other.safetensors`;
    const alphabet = {
      tokens: [...session.alphabet.tokens.slice(0, -2), "ß", session.alphabet.tokens.at(-1)!],
      blankId: 28,
    };
    tidy(() => {
      const tensors = new Map([...session.model.stateDict()].map(([name, tensor]) => [`model.${name}`, tensor]));
      saveCheckpoint(
        path,
        { model: session.model.config, features: session.config.features, alphabet, training: null },
        tensors,
      );
    });
    await assert.rejects(openSession(t, { ...forward, teacher: path }), {
      name: "UserError",
      message: `teacher: ${path}: has another alphabet than the model that learns from it.`,
    });
  });
});
