/**
 * The worker thread of the loader: decodes, resamples, changes speed and augments, one recording after another.
 */
import { parentPort } from "node:worker_threads";
import { changeSpeed } from "@deepspeech-ts/recognizer/audio";
import { errorMessage, UserError } from "@deepspeech-ts/recognizer/system";
import { loadWaveform } from "./audio/waveform.js";
import { applyAugmentation } from "./augmentation/apply-augmentation.js";
import { changeTempo } from "./augmentation/change-tempo.js";
import type { UtteranceAugmentation } from "./augmentation/utterance-augmentation.js";
import type { PoolRequest, PoolResponse } from "./worker-pool.js";

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

export type LoadResponse =
  | {
      /** Not to be written to: they may be the request's. */
      readonly samples: Float32Array;
      readonly original?: Float32Array<SharedArrayBuffer>;
      /** Why the samples are without the augmentation that was asked for; it names the noise's or the room's file. */
      readonly unaugmented?: string;
    }
  /** The file cannot be used; the reason names it. */
  | { readonly reason: string };

const port = parentPort;
if (!port) throw new Error("loader-worker.js runs in a worker thread; create an AudioLoader instead.");

// One at a time: a recording is decoded in one go anyway, and memory stays at one recording's worth.
let last: Promise<void> = Promise.resolve();
port.on("message", ({ requestId, request }: PoolRequest<LoadRequest>) => {
  last = last.then(async () => {
    const response = await load(request);
    const buffer = "samples" in response ? response.samples.buffer : undefined;
    const transfer = buffer instanceof ArrayBuffer ? [buffer] : [];
    port.postMessage({ requestId, response } satisfies PoolResponse<LoadResponse>, transfer);
  });
});

async function load(request: LoadRequest): Promise<LoadResponse> {
  const { source, sampleRate, speedFactor, tempoFactor, augmentation, wantsOriginal } = request;
  try {
    const original = typeof source === "string" ? (await loadWaveform(source, { sampleRate })).samples : source;
    const played = changeTempo(
      changeSpeed<ArrayBufferLike>(original, sampleRate, speedFactor),
      sampleRate,
      tempoFactor,
    );
    return {
      ...(augmentation ? await augmentedIfPossible(played, sampleRate, augmentation) : { samples: played }),
      ...(wantsOriginal && { original: shared(original) }),
    };
  } catch (error) {
    return { reason: messageForPeople(error) };
  }
}

function shared(samples: Float32Array): Float32Array<SharedArrayBuffer> {
  const copy = new Float32Array(new SharedArrayBuffer(samples.byteLength));
  copy.set(samples);
  return copy;
}

/** A noise that cannot be used is no reason to do without the utterance. */
async function augmentedIfPossible(
  samples: Float32Array,
  sampleRate: number,
  augmentation: UtteranceAugmentation,
): Promise<LoadResponse & { samples: Float32Array }> {
  try {
    return { samples: await applyAugmentation(samples, sampleRate, augmentation) };
  } catch (error) {
    return { samples, unaugmented: messageForPeople(error) };
  }
}

/** A defect of ours, or a lack of memory, must stop the run instead of counting as a bad file. */
function messageForPeople(error: unknown): string {
  if (!(error instanceof UserError)) throw error;
  return errorMessage(error);
}
