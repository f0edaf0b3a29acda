/**
 * Carries out what was planned for an utterance, in a worker thread: fetches the noise and the room, and keeps what was
 * decoded for later utterances, as far as memory goes.
 */
import { resample } from "@deepspeech-ts/recognizer/audio";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { loadFirstChannel, loadWaveform } from "../audio/waveform.js";
import { Random } from "../random.js";
import { reasonOf } from "../reason-of.js";
import { WaveformCache } from "../waveform-cache.js";
import { augment } from "./augment.js";
import { babbleOf, colouredNoise, madeUpRoom } from "./made-up-sounds.js";
import { overlength, silence } from "./recording-problems.js";
import type { NoiseSource, UtteranceAugmentation } from "./utterance-augmentation.js";

type Samples = Float32Array;

/** Of each thread, for each of the three: a quarter of an hour of noise, a thousand rooms of a second. */
const CACHE_BYTES = 64e6;
const noises = new WaveformCache(CACHE_BYTES);
const speakers = new WaveformCache(CACHE_BYTES);
const rooms = new WaveformCache(CACHE_BYTES);

/** What became of an utterance. */
export interface Augmented {
  /** An array of their own. */
  samples: Samples;
  /** Why a noise or a room that was planned is not there; each names its file. */
  unaugmented: string[];
}

/** The samples as `planned` changes them, as far as its noise and its room can be used. */
export async function applyAugmentation(
  samples: Samples,
  sampleRate: number,
  planned: UtteranceAugmentation,
): Promise<Augmented> {
  const { noise, gainDb } = planned;
  const unaugmented: string[] = [];
  const ifUsable = async <T>(found: Promise<T>): Promise<T | undefined> => {
    try {
      return await found;
    } catch (error) {
      unaugmented.push(reasonOf(error));
      return undefined;
    }
  };
  const impulseResponse = await ifUsable(impulseResponseOf(planned, sampleRate));
  const noiseSamples = noise && (await ifUsable(noiseOf(noise, sampleRate)));
  const mixed = noise && noiseSamples && { ...noise, samples: noiseSamples };
  return { samples: augment(samples, { impulseResponse, noise: mixed, gainDb }), unaugmented };
}

async function impulseResponseOf(
  { impulseResponsePath: path, room }: UtteranceAugmentation,
  sampleRate: number,
): Promise<Samples | undefined> {
  if (room) return madeUpRoom({ ...room, sampleRate }, new Random(room.seed));
  return path === undefined ? undefined : await remembered(rooms, path, sampleRate, loadRoom);
}

async function noiseOf(source: NoiseSource, sampleRate: number): Promise<Samples> {
  if ("colour" in source) return colouredNoise(source.colour, new Random(source.seed));
  if ("path" in source) return await remembered(noises, source.path, sampleRate, loadMixedDown);
  const voices: Samples[] = [];
  for (const { audioPath } of source.voices) {
    voices.push(await remembered(speakers, audioPath, sampleRate, loadMixedDown));
  }
  return babbleOf(voices, new Random(source.seed));
}

async function remembered(
  cache: WaveformCache,
  path: string,
  sampleRate: number,
  load: (path: string, sampleRate: number) => Promise<Samples>,
): Promise<Samples> {
  const key = `${sampleRate} ${path}`;
  const known = cache.get(key);
  if (known) return known;
  const samples = await load(path, sampleRate);
  cache.add(key, samples);
  return samples;
}

async function loadMixedDown(path: string, sampleRate: number): Promise<Samples> {
  const { samples } = await loadWaveform(path, { sampleRate });
  refuse(path, silence(samples));
  return samples;
}

/** The mean of several microphones' responses would be that of no place at all. */
async function loadRoom(path: string, sampleRate: number): Promise<Samples> {
  const channel = await loadFirstChannel(path, sampleRate);
  refuse(path, silence(channel.samples) ?? overlength(channel.samples.length / channel.sampleRate));
  return resample(channel.samples, channel.sampleRate, sampleRate);
}

function refuse(path: string, problem: string | undefined): void {
  if (problem !== undefined) throw new UserError(`${path}: ${problem}`, { code: "bad-audio" });
}
