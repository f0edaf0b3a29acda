/**
 * What is done to one utterance in one epoch, drawn by lot. The lot depends on nothing but seed, epoch and id, each
 * source of change on its own: a resumed run hears the same, whichever thread loads it, and adding rooms does not
 * change the noise.
 */
import { Random } from "../random.js";
import type { AugmentationConfig } from "./augmentation-config.js";

/** A configuration with its folders searched: see `prepareAugmentation`. */
export interface PreparedAugmentation extends Omit<AugmentationConfig, "noise" | "reverberation"> {
  readonly noiseFiles: readonly string[];
  readonly impulseResponseFiles: readonly string[];
}

export interface PlannedNoise {
  readonly path: string;
  readonly snrDb: number;
  /** Where the excerpt begins, from 0 to 1 of the places where it can. */
  readonly position: number;
}

export interface UtteranceAugmentation {
  readonly noise?: PlannedNoise;
  readonly impulseResponsePath?: string;
  readonly gainDb?: number;
}

export interface AugmentationLot {
  readonly seed: number;
  readonly epoch: number;
  readonly augmentation: PreparedAugmentation;
}

/** What an epoch does to an utterance; undefined where that is nothing. */
export function augmentationOf(utteranceId: string, lot: AugmentationLot): UtteranceAugmentation | undefined {
  const drawn = { ...drawRoom(utteranceId, lot), ...drawNoise(utteranceId, lot), ...drawGain(utteranceId, lot) };
  return Object.keys(drawn).length > 0 ? drawn : undefined;
}

function drawRoom(id: string, { seed, epoch, augmentation }: AugmentationLot): UtteranceAugmentation {
  const { impulseResponseFiles: files, reverberationProbability } = augmentation;
  const random = new Random(seed, epoch, "reverberation", id);
  if (files.length === 0 || random.next() >= reverberationProbability) return {};
  return { impulseResponsePath: random.pick(files) };
}

function drawNoise(id: string, { seed, epoch, augmentation }: AugmentationLot): UtteranceAugmentation {
  const { noiseFiles: files, noiseProbability, noiseSnrDb } = augmentation;
  const random = new Random(seed, epoch, "noise", id);
  if (files.length === 0 || random.next() >= noiseProbability) return {};
  return { noise: { path: random.pick(files), snrDb: between(noiseSnrDb, random), position: random.next() } };
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
