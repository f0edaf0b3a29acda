/** Recordings of minutes whose speech is known: utterances with a pause around each, as they are, and as the world has them. */
import { fileURLToPath } from "node:url";
import { loadUtterances, loadWaveform } from "@deepspeech-ts/toolkit/data";
import type { Stretch } from "./detectors.js";
import * as sounds from "./sounds.js";
import { RATE, type Samples } from "./sounds.js";

export interface Scene {
  readonly name: string;
  readonly samples: Samples;
  /** Where speech is, in seconds. */
  readonly speech: readonly Stretch[];
  /** What is said; absent where it is cut too short to be known. */
  readonly text?: string;
}

const PAUSE_SECONDS = 3;
/** Of a studio, where nothing else is said of it. */
const ROOM_DECIBELS = -75;
const LETTER_SECONDS = 0.2;
const NOISE_SECONDS = 60;
const NUM_VOICES = 8;
/** Of each of them. */
const VOICE_UTTERANCES = 15;

interface Spoken {
  readonly samples: Samples;
  readonly text: string;
}

export async function makeScenes(): Promise<Scene[]> {
  const test = (await spoken("test")).filter((_, i) => i % 2 === 0);
  const train = await spoken("train");
  const letters = train.filter(({ text }) => text.length === 1).map(({ samples }) => loudest(samples, LETTER_SECONDS));
  const voices = Array.from({ length: NUM_VOICES }, (_, i) =>
    sounds.joined(train.slice(VOICE_UTTERANCES * i, VOICE_UTTERANCES * (i + 1)).map(({ samples }) => samples)),
  );
  return [...(await speechScenes(test, voices)), lettersScene(letters), ...emptyScenes(voices)];
}

async function speechScenes(utterances: readonly Spoken[], voices: readonly Samples[]): Promise<Scene[]> {
  const clean = sceneOf("clean", utterances);
  const seconds = clean.samples.length / RATE;
  const level = 10 * Math.log10(sounds.powerOf(sounds.joined(utterances.map(({ samples }) => samples))));
  const noises = {
    white: sounds.whiteNoise(seconds),
    pink: sounds.pinkNoise(seconds),
    babble: sounds.babble(seconds, voices),
  };
  const noisy = Object.entries(noises).flatMap(([name, noise]) =>
    [20, 10, 5, 0].map((decibels) => ({
      ...clean,
      name: `${name} noise, ${decibels} dB`,
      samples: sounds.mixed(clean.samples, sounds.atLevel(noise, level - decibels)),
    })),
  );
  const whispered = utterances.map(({ samples, text }) => ({ samples: sounds.whisper(samples), text }));
  return [
    clean,
    ...noisy,
    { ...clean, name: "telephone", samples: sounds.telephone(clean.samples) },
    sceneOf("whispered", whispered),
    {
      ...clean,
      name: "30 dB softer",
      samples: sounds.mixed(
        clean.samples.map((x) => x / 31.6),
        room(seconds),
      ),
    },
    { ...clean, name: "over music, 10 dB", samples: overMusic(clean.samples, level - 10) },
  ];
}

function overMusic(samples: Samples, decibels: number): Samples {
  return sounds.mixed(samples, sounds.atLevel(sounds.music(60, { drums: true }), decibels));
}

function lettersScene(letters: readonly Samples[]): Scene {
  const { text: _, ...scene } = sceneOf(
    `letters of ${LETTER_SECONDS} s`,
    letters.map((samples) => ({ samples, text: "" })),
  );
  return scene;
}

function emptyScenes(voices: readonly Samples[]): Scene[] {
  const s = NOISE_SECONDS;
  const made: [string, Samples][] = [
    ["digital silence", sounds.silence(s)],
    ["silence, -70 dB", sounds.atLevel(sounds.whiteNoise(s), -70)],
    ["white noise", sounds.atLevel(sounds.whiteNoise(s), -25)],
    ["pink noise", sounds.atLevel(sounds.pinkNoise(s), -25)],
    ["brown noise", sounds.atLevel(sounds.brownNoise(s), -25)],
    ["noise in bursts", sounds.mixed(sounds.atLevel(sounds.bursts(s), -25), room(s))],
    ["hum of 50 Hz", sounds.mixed(sounds.atLevel(sounds.hum(s, 50), -25), room(s))],
    ["clicks", sounds.mixed(sounds.atLevel(sounds.clicks(s), -40), room(s))],
    ["babble", sounds.atLevel(sounds.babble(s, voices), -25)],
    ["music", sounds.mixed(sounds.atLevel(sounds.music(s, { drums: false }), -25), room(s))],
    ["music with drums", sounds.mixed(sounds.atLevel(sounds.music(s, { drums: true }), -25), room(s))],
  ];
  return made.map(([name, samples]) => ({ name, samples, speech: [], text: "" }));
}

function room(seconds: number): Samples {
  return sounds.atLevel(sounds.whiteNoise(seconds), ROOM_DECIBELS);
}

function sceneOf(name: string, utterances: readonly Spoken[]): Scene {
  const pause = sounds.silence(PAUSE_SECONDS);
  const speech: Stretch[] = [];
  let at = PAUSE_SECONDS;
  for (const { samples } of utterances) {
    speech.push([at, at + samples.length / RATE]);
    at += samples.length / RATE + PAUSE_SECONDS;
  }
  const dry = sounds.joined([pause, ...utterances.flatMap(({ samples }) => [samples, pause])]);
  const text = utterances.map((utterance) => utterance.text).join(" ");
  return { name, samples: sounds.mixed(dry, room(dry.length / RATE)), speech, text };
}

async function spoken(subset: string): Promise<Spoken[]> {
  const folder = fileURLToPath(new URL(`../../../sample-corpus/${subset}`, import.meta.url));
  const { utterances } = await loadUtterances(folder);
  const read = utterances.map(async ({ audioPath, text }) => {
    const { samples } = await loadWaveform(audioPath);
    return { samples: samples as Samples, text: text.toLowerCase() };
  });
  return Promise.all(read);
}

function loudest(samples: Samples, seconds: number): Samples {
  const length = Math.round(seconds * RATE);
  const starts = Array.from({ length: Math.max(1, Math.ceil((samples.length - length) / 160)) }, (_, i) => 160 * i);
  const power = starts.map((start) => sounds.powerOf(samples.subarray(start, start + length)));
  const start = starts[power.indexOf(Math.max(...power))]!;
  return samples.slice(start, start + length);
}
