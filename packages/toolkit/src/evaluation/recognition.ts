/** A checkpoint made ready to recognise, and the threads that feed it. */
import { availableParallelism } from "node:os";
import { setFlushDenormal, setNumThreads, tidy } from "@deepspeech-ts/torch";
import {
  type CheckpointHeader,
  checkDevice,
  FeatureExtractor,
  type LossAverage,
  loadCheckpoint,
  modelFromCheckpoint,
  type Transcripts,
  transcriptsOfRun,
} from "../acoustic-model/index.js";
import { AudioLoader } from "../data/loader.js";
import { type Decode, openDecoding } from "./decoding.js";
import { type DecodingConfig, greedyDecoding } from "./decoding-config.js";
import type { Recognition } from "./evaluate.js";

/** Which model recognises, and how it decodes. Transcripts are made as in its training, by default. */
export interface RecognitionOptions extends Partial<Transcripts> {
  /** A .safetensors file, or a run's folder, which stands for its best checkpoint. */
  checkpoint: string;
  /** Default: "cpu". */
  device?: string;
  /** Threads for one operator. Default: as many as there are cores. */
  threads?: number;
  /** Threads that decode audio. Default: one fewer than there are cores, at most 8. */
  workers?: number;
  /** How emissions become text. Default: greedy. */
  decoding?: DecodingConfig;
}

export interface OpenRecognition extends Recognition, AsyncDisposable {
  decode: Decode;
  loader: AudioLoader;
  lossAverage: LossAverage;
  /** How the transcripts that it is measured by are made. */
  transcripts: Transcripts;
}

/** Loads the model on this thread; dispose what it returns. */
export async function openRecognition(options: RecognitionOptions): Promise<OpenRecognition> {
  const { checkpoint, device = "cpu", threads = availableParallelism(), workers, decoding = greedyDecoding } = options;
  setNumThreads(threads);
  setFlushDenormal(true);
  checkDevice(device);
  const opened = tidy(() => {
    const loaded = loadCheckpoint(checkpoint);
    return { header: loaded.header, model: modelFromCheckpoint(loaded, device) };
  });
  const { model, header } = opened;
  const decode = await openDecoding(decoding, header);
  const extractor = new FeatureExtractor(header.features, device);
  const loader = new AudioLoader({ sampleRate: header.features.sampleRate, ...(workers && { numWorkers: workers }) });
  const close = async () => {
    model.dispose();
    extractor.dispose();
    await loader.close();
  };
  const { alphabet } = header;
  const lossAverage = lossAverageOf(header);
  const transcripts = transcriptsOfRun(header, options);
  return { model, extractor, alphabet, decode, loader, lossAverage, transcripts, [Symbol.asyncDispose]: close };
}

/** As the model was trained, so that the loss can be compared with its training's; "tokens" where nobody knows. */
function lossAverageOf({ training }: CheckpointHeader): LossAverage {
  const { config } = (training ?? {}) as { config?: { lossAverage?: unknown } };
  return config?.lossAverage === "utterances" ? "utterances" : "tokens";
}
