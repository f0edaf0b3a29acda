/** The thread that runs the model: ONNX Runtime blocks the thread it is called from. */
import { workerData } from "node:worker_threads";
import type { Emissions } from "@deepspeech-ts/speech";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { serveCalls, type Transferred } from "./worker-client.js";

export interface InferenceWorkerData {
  /** The graph; shared, so that several threads do not copy it. */
  readonly graph: SharedArrayBuffer;
  /** Threads for one operator. */
  readonly threads: number;
}

const { graph, threads } = workerData as InferenceWorkerData;
// ONNX Runtime takes no shared memory; it keeps its own copy, and this one goes.
const session = InferenceSession.create(Uint8Array.from(new Uint8Array(graph)), {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionProviders: ["cpu"],
});
session.catch(() => {});

serveCalls({
  /** Resolves when the graph is loaded. */
  async ready(): Promise<Transferred> {
    await session;
    return { result: undefined, transfer: [] };
  },

  /** @param waveforms [batch, samples], padded with zeros */
  async infer(waveforms: Float32Array<ArrayBuffer>, lengths: number[]): Promise<Transferred> {
    const batch = lengths.length;
    const outputs = await (await session).run(
      {
        waveforms: new Tensor("float32", waveforms, [batch, waveforms.length / batch]),
        lengths: new Tensor("int64", BigInt64Array.from(lengths, BigInt), [batch]),
      },
      ["log_probs", "log_prob_lengths"],
    );
    const { log_probs: logProbs, log_prob_lengths: logProbLengths } = outputs as Record<string, Tensor>;
    const result = emissionsOf(logProbs as Tensor, logProbLengths as Tensor);
    return { result, transfer: result.map((emissions) => emissions.logProbs.buffer as ArrayBuffer) };
  },
});

/** [batch, frames, tokens] → each waveform's own frames. */
function emissionsOf(logProbs: Tensor, logProbLengths: Tensor): Emissions[] {
  const [, frames = 0, numTokens = 0] = logProbs.dims;
  const values = logProbs.data as Float32Array;
  return Array.from(logProbLengths.data as BigInt64Array, (length, row) => {
    const start = row * frames * numTokens;
    const numFrames = Number(length);
    return { logProbs: values.slice(start, start + numFrames * numTokens), numFrames, numTokens };
  });
}
