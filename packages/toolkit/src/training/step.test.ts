import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { encodeText, englishAlphabet } from "@deepspeech-ts/speech";
import { liveMemory } from "@deepspeech-ts/torch";
import { loadWaveform } from "../data/audio/waveform.js";
import { audioFixture, temporaryFolder, utterance } from "../data/fixtures.test.support.js";
import type { Batch } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import { TrainingSession } from "./session.js";
import { trainStep } from "./step.js";
import { tinyConfig } from "./training.test.support.js";

const { samples: speech } = await loadWaveform(audioFixture("speech-16k.flac"));

function batchOf(waveform: Float32Array<ArrayBuffer>): Batch<PreparedUtterance> {
  const targets = encodeText("good morning", englishAlphabet);
  return {
    utterances: [{ ...utterance("u"), targetText: "good morning", targets }],
    speedFactors: [1],
    waveforms: waveform,
    maxSamples: waveform.length,
    sampleLengths: [waveform.length],
    failures: [],
  };
}

async function openSession(t: TestContext): Promise<TrainingSession> {
  const folder = await temporaryFolder(t);
  const session = new TrainingSession(tinyConfig(folder, "unused.jsonl", { gradientClip: 1000 }), englishAlphabet);
  t.after(() => session.dispose());
  return session;
}

const weightsOf = ({ model }: TrainingSession) => [...model.namedParameters().values()].map((p) => p.toNumbers());

describe("trainStep", () => {
  it("lowers the loss of the batch that it is given", async (t) => {
    const session = await openSession(t);
    const losses = Array.from({ length: 60 }, () => trainStep(session, batchOf(speech), 3e-3).loss);
    assert.ok(losses.at(-1)! < losses[0]! / 2, `losses ${losses}`);
  });

  it("changes nothing where the loss is not finite, and goes on well after", async (t) => {
    const session = await openSession(t);
    trainStep(session, batchOf(speech), 1e-3);
    const before = weightsOf(session);
    const broken = Float32Array.from(speech);
    broken[5000] = Number.NaN;
    const result = trainStep(session, batchOf(broken), 1e-3);
    assert.equal(result.skipped, true);
    assert.ok(Number.isNaN(result.loss));
    assert.deepEqual(weightsOf(session), before);
    assert.equal(session.optimizer.steps, 1);
    const next = trainStep(session, batchOf(speech), 1e-3);
    assert.equal(next.skipped, false);
    assert.ok(Number.isFinite(next.loss + next.gradientNorm));
    assert.notDeepEqual(weightsOf(session), before);
  });

  it("leaves no tensor behind", async (t) => {
    const session = await openSession(t);
    trainStep(session, batchOf(speech), 1e-3);
    const before = liveMemory();
    for (let i = 0; i < 5; i++) trainStep(session, batchOf(speech), 1e-3);
    assert.deepEqual(liveMemory(), before);
  });
});
