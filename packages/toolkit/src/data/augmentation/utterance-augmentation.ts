/**
 * What is done to one utterance in one epoch, drawn by lot. The lot depends on nothing but seed, epoch and id, each
 * source of change on its own: a resumed run hears the same, whichever thread loads it, and adding rooms does not
 * change the noise.
 */
import { Random } from "../random.js";
import type { Utterance } from "../types.js";
import type { AugmentationConfig, NoiseKind } from "./augmentation-config.js";
import type { NoiseColour } from "./made-up-sounds.js";

/** A configuration with its folders searched: see `prepareAugmentation`. */
export interface PreparedAugmentation extends Omit<AugmentationConfig, "noise" | "reverberation"> {
  readonly noiseFiles: readonly string[];
  readonly impulseResponseFiles: readonly string[];
}

/** A recording, or what is made up from a seed: noise of a colour, or the voices of recordings. */
export type NoiseSource =
  | { readonly path: string }
  | { readonly colour: NoiseColour; readonly seed: number }
  | { readonly voices: readonly Voice[]; readonly seed: number };

/** An utterance that others may be heard over; where its file lies is each machine's own. */
export type Voice = Pick<Utterance, "id" | "audioPath">;

export type PlannedNoise = NoiseSource & {
  readonly snrDb: number;
  /** Where the excerpt begins, from 0 to 1 of the places where it can. */
  readonly position: number;
};

/** A room to make up from a seed. */
export interface PlannedRoom {
  readonly seconds: number;
  readonly directDb: number;
  readonly seed: number;
}

export interface UtteranceAugmentation {
  readonly noise?: PlannedNoise;
  readonly impulseResponsePath?: string;
  readonly room?: PlannedRoom;
  readonly gainDb?: number;
}

export interface AugmentationLot {
  readonly seed: number;
  readonly epoch: number;
  readonly augmentation: PreparedAugmentation;
  /** The corpus, which babble is made of. Default: there is none. */
  readonly voices?: readonly Voice[];
}

/** How many voices babble has, at least and at most; fewer where there are not so many. */
const BABBLE_VOICES = [3, 6] as const;
/** Direct sound over echoes in rooms that are made up, in dB. */
const DIRECT_DB = [0, 12] as const;

/** What an epoch does to an utterance; undefined where that is nothing. */
export function augmentationOf(utteranceId: string, lot: AugmentationLot): UtteranceAugmentation | undefined {
  const drawn = { ...drawRoom(utteranceId, lot), ...drawNoise(utteranceId, lot), ...drawGain(utteranceId, lot) };
  return Object.keys(drawn).length > 0 ? drawn : undefined;
}

function drawRoom(id: string, { seed, epoch, augmentation }: AugmentationLot): UtteranceAugmentation {
  const { impulseResponseFiles: files, reverberationProbability, roomSeconds } = augmentation;
  const random = new Random(seed, epoch, "reverberation", id);
  const madeUp = roomSeconds[1] > 0;
  if ((files.length === 0 && !madeUp) || random.next() >= reverberationProbability) return {};
  if (!madeUp || (files.length > 0 && random.next() < 0.5)) return { impulseResponsePath: random.pick(files) };
  const [seconds, directDb] = [between(roomSeconds, random), between(DIRECT_DB, random)];
  return { room: { seconds, directDb, seed: random.nextUint32() } };
}

function drawNoise(id: string, { seed, epoch, augmentation, voices = [] }: AugmentationLot): UtteranceAugmentation {
  const { noiseFiles: files, madeUpNoise, noiseProbability, noiseSnrDb } = augmentation;
  const random = new Random(seed, epoch, "noise", id);
  const possible = madeUpNoise.filter((kind) => kind !== "babble" || voices.length > 1);
  const kinds = [...(files.length > 0 ? ["recording" as const] : []), ...possible];
  if (kinds.length === 0 || random.next() >= noiseProbability) return {};
  const kind = kinds.length === 1 ? kinds[0]! : random.pick(kinds);
  const source = kind === "recording" ? { path: random.pick(files) } : drawMadeUp(kind, { id, voices }, random);
  return { noise: { ...source, snrDb: between(noiseSnrDb, random), position: random.next() } };
}

function drawMadeUp(kind: NoiseKind, from: { id: string; voices: readonly Voice[] }, random: Random): NoiseSource {
  if (kind !== "babble") return { colour: kind, seed: random.nextUint32() };
  const voices = Array.from(drawOthers(from, random), ({ id, audioPath }) => ({ id, audioPath }));
  return { voices, seed: random.nextUint32() };
}

/** Voices other than the utterance's own, each once. */
function drawOthers({ id, voices }: { id: string; voices: readonly Voice[] }, random: Random): Set<Voice> {
  const [fewest, most] = BABBLE_VOICES;
  const count = Math.min(fewest + random.integer(most - fewest + 1), voices.length - 1);
  const drawn = new Set<Voice>();
  while (drawn.size < count) {
    const voice = random.pick(voices);
    if (voice.id !== id) drawn.add(voice);
  }
  return drawn;
}

function drawGain(id: string, { seed, epoch, augmentation: { gainDb } }: AugmentationLot): UtteranceAugmentation {
  if (gainDb[0] === 0 && gainDb[1] === 0) return {};
  return { gainDb: between(gainDb, new Random(seed, epoch, "gain", id)) };
}

/**
 * The warp of an utterance's frequencies, which features are computed with; 1 leaves them. It is not among the planned
 * changes of its sound: the mel filters do it, in the training step.
 */
export function vocalTractWarpOf(
  id: string,
  {
    seed,
    epoch,
    augmentation: { vocalTract },
  }: Omit<AugmentationLot, "augmentation"> & {
    augmentation: Pick<AugmentationConfig, "vocalTract">;
  },
): number {
  if (vocalTract[0] === vocalTract[1]) return vocalTract[0];
  return between(vocalTract, new Random(seed, epoch, "vocal-tract", id));
}

function between([low, high]: readonly [number, number], random: Random): number {
  return low + (high - low) * random.next();
}
