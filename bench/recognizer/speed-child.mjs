/**
 * One side of speed.mjs: a process that has a model ready and hears the same sound whenever its parent says "run".
 *
 *     fork("speed-child.mjs", [JSON.stringify({ bundle, runtime, batch, seconds })])
 *
 * `runtime` is "recognizer", the whole way from samples to text, or "onnxruntime", the graph alone: the limit.
 */
import { readFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { Recognizer } from "../../packages/recognizer/dist/index.js";
import { openBundle } from "../../packages/speech/dist/index.js";
import { treeUsage } from "../process-tree.mjs";
import { sampleUtterances, speechOf } from "../recordings.mjs";

const { bundle, runtime, batch, seconds } = JSON.parse(process.argv[2]);
/** Speech without pauses, for silence would be left out. */
const { samples } = await speechOf(sampleUtterances("dev"), 0);
const waveform = samples.slice(0, 16_000 * seconds);

const OPEN = { recognizer: openRecognizer, onnxruntime: openSession };
const run = await OPEN[runtime]();
process.on("message", async () => {
  const [start, before] = [performance.now(), treeUsage()];
  const numRuns = await run();
  const [wallMs, { cpuMs, peakMegabytes }] = [performance.now() - start, treeUsage()];
  process.send({ wallMs, cpuMs: cpuMs - before.cpuMs, numRuns, peakMegabytes });
});
process.send("ready");

/** All requests at the same time; answers with the runs of the model that they shared. */
async function openRecognizer() {
  let numRuns = 0;
  const recognizer = await Recognizer.load(bundle, { threads: 1, onBatch: () => numRuns++ });
  return async () => {
    numRuns = 0;
    const found = await Promise.all(Array.from({ length: batch }, () => recognizer.transcribe(waveform)));
    for (const { durationSeconds } of found) if (durationSeconds !== seconds) throw new Error("sound was lost");
    if (numRuns === 0) throw new Error("the model was not run: the sound was taken for silence");
    return numRuns;
  };
}

async function openSession() {
  const graph = openBundle(readFileSync(bundle)).section("model.onnx");
  const session = await InferenceSession.create(graph, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const waveforms = new Float32Array(batch * waveform.length);
  for (let row = 0; row < batch; row++) waveforms.set(waveform, row * waveform.length);
  const lengths = new BigInt64Array(batch).fill(BigInt(waveform.length));
  return async () => {
    await session.run(
      {
        waveforms: new Tensor("float32", waveforms, [batch, waveform.length]),
        lengths: new Tensor("int64", lengths, [batch]),
      },
      ["log_probs", "log_prob_lengths"],
    );
    return 1;
  };
}
