/**
 * Carries out what was planned for an utterance, in a worker thread: fetches the noise and the room, and keeps what was
 * decoded for later utterances, as far as memory goes.
 */
import { resample } from "@deepspeech-ts/recognizer/audio";
import { UserError } from "../../errors.js";
import { readFileOrExplain } from "../../files.js";
import { decodeAudio, loadWaveform } from "../audio/waveform.js";
import { WaveformCache } from "../waveform-cache.js";
import { augment } from "./augment.js";
import { overlength, silence } from "./recording-problems.js";
import type { UtteranceAugmentation } from "./utterance-augmentation.js";

type Samples = Float32Array<ArrayBuffer>;

/** Of each thread, for each of the two: a quarter of an hour of noise, a thousand rooms of a second. */
const CACHE_BYTES = 64e6;
const noises = new WaveformCache(CACHE_BYTES);
const rooms = new WaveformCache(CACHE_BYTES);

/**
 * The samples as `planned` changes them, in an array of their own.
 *
 * @throws UserError naming the file where a noise or a room cannot be read, or is none
 */
export async function applyAugmentation(
  samples: Samples,
  sampleRate: number,
  planned: UtteranceAugmentation,
): Promise<Samples> {
  const { noise, impulseResponsePath: room, gainDb } = planned;
  return augment(samples, {
    impulseResponse: room === undefined ? undefined : await remembered(rooms, room, sampleRate, loadFirstChannel),
    noise: noise && { ...noise, samples: await remembered(noises, noise.path, sampleRate, loadMixedDown) },
    gainDb,
  });
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
async function loadFirstChannel(path: string, sampleRate: number): Promise<Samples> {
  const audio = await decodeAudio(await readFileOrExplain(path), { fileName: path, targetSampleRate: sampleRate });
  const [channel = new Float32Array()] = audio.channels;
  refuse(path, silence(channel) ?? overlength(channel.length / audio.sampleRate));
  return resample(channel, audio.sampleRate, sampleRate);
}

function refuse(path: string, problem: string | undefined): void {
  if (problem !== undefined) throw new UserError(`${path}: ${problem}`, { code: "bad-audio" });
}
