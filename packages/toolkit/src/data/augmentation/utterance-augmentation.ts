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
  | { readonly voices: readonly string[]; readonly seed: number };

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
  /** Recordings of the corpus, whose voices babble is made of. */
  readonly voices?: readonly Pick<Utterance, "audioPath">[];
}

/** How many voices babble has, at least and at most. */
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
  const kinds = [...(files.length > 0 ? ["recording" as const] : []), ...madeUpNoise];
  if (kinds.length === 0 || random.next() >= noiseProbability) return {};
  const kind = kinds.length === 1 ? kinds[0]! : random.pick(kinds);
  const source = kind === "recording" ? { path: random.pick(files) } : drawMadeUp(kind, voices, random);
  return { noise: { ...source, snrDb: between(noiseSnrDb, random), position: random.next() } };
}

function drawMadeUp(kind: NoiseKind, voices: NonNullable<AugmentationLot["voices"]>, random: Random): NoiseSource {
  if (kind !== "babble") return { colour: kind, seed: random.nextUint32() };
  const [fewest, most] = BABBLE_VOICES;
  const count = fewest + random.integer(most - fewest + 1);
  const paths = Array.from({ length: count }, () => random.pick(voices).audioPath);
  return { voices: paths, seed: random.nextUint32() };
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
