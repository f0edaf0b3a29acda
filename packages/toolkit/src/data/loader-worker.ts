/**
 * The worker thread of the loader: decodes, resamples, changes speed and augments, one recording after another.
 */
import { changeSpeed } from "@deepspeech-ts/recognizer/audio";
import { type Answer, answerRequests } from "./answer-requests.js";
import { loadWaveform } from "./audio/waveform.js";
import { applyAugmentation } from "./augmentation/apply-augmentation.js";
import { changeTempo } from "./augmentation/change-tempo.js";
import type { UtteranceAugmentation } from "./augmentation/utterance-augmentation.js";

export interface LoadRequest {
  /** A file to decode, or samples that were decoded before. */
  readonly source: string | Float32Array<SharedArrayBuffer>;
  readonly sampleRate: number;
  readonly speedFactor: number;
  readonly tempoFactor: number;
  readonly augmentation: UtteranceAugmentation | undefined;
  /** Give back the samples as they were recorded too, for the cache. */
  readonly wantsOriginal: boolean;
}

export interface LoadedSamples {
  /** Not to be written to: they may be the request's. */
  readonly samples: Float32Array;
  readonly original?: Float32Array<SharedArrayBuffer>;
  /** Why the samples are without a noise or a room that was asked for; each names its file. Default: they have all. */
  readonly unaugmented?: readonly string[];
}

export type LoadResponse = Answer<LoadedSamples>;

answerRequests(load, (response) => {
  const buffer = "samples" in response ? response.samples.buffer : undefined;
  return buffer instanceof ArrayBuffer ? [buffer] : [];
});

async function load(request: LoadRequest): Promise<LoadedSamples> {
  const { source, sampleRate, speedFactor, tempoFactor, augmentation, wantsOriginal } = request;
  const original = typeof source === "string" ? (await loadWaveform(source, { sampleRate })).samples : source;
  const played = changeTempo(changeSpeed<ArrayBufferLike>(original, sampleRate, speedFactor), sampleRate, tempoFactor);
  return {
    ...(augmentation ? await applyAugmentation(played, sampleRate, augmentation) : { samples: played }),
    ...(wantsOriginal && { original: shared(original) }),
  };
}

function shared(samples: Float32Array): Float32Array<SharedArrayBuffer> {
  const copy = new Float32Array(new SharedArrayBuffer(samples.byteLength));
  copy.set(samples);
  return copy;
}
