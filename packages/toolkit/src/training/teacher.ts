/**
 * A trained model whose answers another learns, frame by frame: what a bidirectional model knows of a frame from all that
 * follows, one that streams can learn to say from what it has (G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in
 * a neural network", arXiv:1503.02531; G. Kurata and K. Audhkhasi, "Guiding CTC posterior spike timings for improved posterior
 * fusion and knowledge distillation", Interspeech 2019, arXiv:1904.08311).
 *
 * It hears each batch as the other does, at its speed and with its noise, but for masks.
 */
import { UserError } from "@deepspeech-ts/recognizer/system";
import type { Alphabet } from "@deepspeech-ts/speech";
import { noGrad, tidy } from "@deepspeech-ts/torch";
import { type DeepSpeech, FeatureExtractor, type ModelOutput, modelFromCheckpoint } from "../acoustic-model/index.js";
import type { Batch } from "../data/loader.js";
import type { TrainConfig } from "./config.js";
import { openStartingPoint } from "./starting-point.js";

export class Teacher implements Disposable {
  readonly #model: DeepSpeech;
  readonly #extractor: FeatureExtractor;

  /**
   * @param path a run's folder, a checkpoint or a bundle
   * @throws UserError for what cannot be read, and for a model of another alphabet or other frames than the student's
   */
  constructor(path: string, alphabet: Alphabet, { model, features, device }: TrainConfig) {
    const { header, teacher } = tidy(() => {
      const checkpoint = openStartingPoint(path);
      const { header } = checkpoint;
      if (JSON.stringify(header.alphabet) !== JSON.stringify(alphabet)) {
        throw refuse(path, "has another alphabet than the model that learns from it");
      }
      const framesOf = (own: typeof header.features, { timeStride }: { timeStride: number }) =>
        [own.sampleRate, own.hopSamples, timeStride].join(", ");
      const [its, ours] = [framesOf(header.features, header.model), framesOf(features, model)];
      if (its !== ours) {
        const names = "features.sampleRate, features.hopSamples, model.timeStride";
        throw refuse(path, `has other frames than the model that learns from it (${names}: ${its} and ${ours})`);
      }
      return { header, teacher: modelFromCheckpoint(checkpoint, device) };
    });
    this.#model = teacher;
    this.#extractor = new FeatureExtractor(header.features, device);
  }

  /** What it says of a batch; belongs to the open scope. */
  answers({ waveforms, sampleLengths }: Pick<Batch, "waveforms" | "sampleLengths">): ModelOutput {
    return noGrad(() =>
      tidy(() => {
        const { features, featureLengths } = this.#extractor.extract(waveforms, sampleLengths);
        return this.#model.forward(features, featureLengths);
      }),
    );
  }

  dispose(): void {
    this.#model.dispose();
    this.#extractor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function refuse(path: string, reason: string): UserError {
  return new UserError(`teacher: ${path}: ${reason}.`, { code: "bad-config" });
}
