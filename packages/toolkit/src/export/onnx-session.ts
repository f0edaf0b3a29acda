/** A graph opened with ONNX Runtime, as a recogniser will run it: what is measured is what users get. */
import { type ModelClient, runSteps, StepUtterance, startModelProcess } from "@deepspeech-ts/recognizer";
import type { Emissions, StreamingFacts } from "@deepspeech-ts/speech";

export interface WaveformBatch {
  /** [B, N] row-major, each row padded at its end */
  readonly waveforms: Float32Array;
  /** Samples of each row that are sound. */
  readonly sampleLengths: readonly number[];
}

export interface SoundPiece {
  samples: Float32Array<ArrayBuffer>;
  stepFrames: number;
}

export interface SessionOutput {
  /** Log-probabilities of each utterance, as views of one array. */
  emissions: Emissions[];
  /** [B, T, numMels], zero beyond each utterance's length */
  features: Float32Array;
  featureShape: readonly number[];
}

export class OnnxSession {
  readonly #model: ModelClient;

  private constructor(model: ModelClient) {
    this.#model = model;
  }

  /**
   * @param threads for one operator
   * @param step the graph for steps, where there is one
   */
  static async open(graph: Uint8Array, threads: number, step?: Uint8Array): Promise<OnnxSession> {
    return new OnnxSession(await startModelProcess(graph, threads, step));
  }

  async run({ waveforms, sampleLengths }: WaveformBatch): Promise<SessionOutput> {
    const batch = sampleLengths.length;
    const outputs = await this.#model.run(
      {
        waveforms: { type: "float32", data: waveforms, dims: [batch, waveforms.length / batch] },
        lengths: { type: "int64", data: BigInt64Array.from(sampleLengths, BigInt), dims: [batch] },
      },
      ["log_probs", "log_prob_lengths", "features"],
    );
    const { log_probs: logProbs, log_prob_lengths: lengths, features } = outputs;
    const [, frames = 0, numTokens = 0] = logProbs.dims;
    const values = logProbs.data as Float32Array; // [B, T, V]
    const emissions = Array.from(lengths.data as BigInt64Array, (length, row) => {
      const start = row * frames * numTokens;
      const numFrames = Number(length);
      return { logProbs: values.subarray(start, start + numFrames * numTokens), numFrames, numTokens };
    });
    return { emissions, features: features.data as Float32Array, featureShape: features.dims };
  }

  /**
   * One utterance in steps.
   * @param pieces its sound as it comes, and the frames of output of the steps that are taken then
   */
  async runInSteps(pieces: readonly SoundPiece[], facts: StreamingFacts): Promise<Emissions> {
    const run = (step: Parameters<typeof runSteps>[0][number]) =>
      runSteps([step], this.#model.runStep).then(([result]) => result!);
    const utterance = new StepUtterance(facts, run);
    const heard: Emissions[] = [];
    for (const [i, { samples, stepFrames }] of pieces.entries()) {
      utterance.push(samples);
      if (i === pieces.length - 1) utterance.finish();
      for await (const emissions of utterance.advance(stepFrames)) heard.push(emissions);
    }
    const logProbs = Float32Array.from(heard.flatMap((emissions) => [...emissions.logProbs]));
    const numTokens = heard[0]?.numTokens ?? 1;
    return { logProbs, numFrames: logProbs.length / numTokens, numTokens };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#model.close(new Error("the session was closed"));
  }
}

/** Waveforms of any lengths as one batch. */
export function batchOf(waveforms: readonly Float32Array[]): WaveformBatch {
  const sampleLengths = waveforms.map(({ length }) => length);
  const width = Math.max(...sampleLengths);
  const padded = new Float32Array(waveforms.length * width);
  for (const [row, waveform] of waveforms.entries()) padded.set(waveform, row * width);
  return { waveforms: padded, sampleLengths };
}
