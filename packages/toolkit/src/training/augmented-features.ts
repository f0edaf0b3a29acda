/**
 * Features as a step trains on them: warped and masked by lots that depend on seed, epoch, and utterance or batch alone, so
 * that a resumed run draws the same.
 */
import { cat, noGrad, type Tensor, tidy } from "@deepspeech-ts/torch";
import { type Features, silentFeature, specAugment } from "../acoustic-model/index.js";
import { vocalTractWarpOf } from "../data/augmentation/utterance-augmentation.js";
import type { Batch } from "../data/loader.js";
import { Random } from "../data/random.js";
import type { TrainConfig } from "./config.js";
import type { SpectrogramPair } from "./logging/spectrogram-image.js";
import type { TrainingSession } from "./session.js";
import type { Progress } from "./training-state.js";

/**
 * @param index the batch's place in its epoch, which fixes its masks
 * @param views how often each utterance comes, each time with masks of its own: the whole batch, then the whole batch again
 * @returns [views · B, T, numMels], the first view as it is alone
 */
export function augmentedFeatures(
  { model, extractor, config, progress }: TrainingSession,
  batch: Batch,
  { index, views, masked }: { index: number; views: number; masked: boolean },
): Features {
  const { seed, augmentation } = config;
  const { epoch } = progress;
  return noGrad(() => {
    const warps = batch.utterances.map(({ id }) => vocalTractWarpOf(id, { seed, epoch, augmentation }));
    const once = extractor.extract(batch.waveforms, batch.sampleLengths, { warps });
    const features = views === 1 ? once.features : cat(Array<Tensor>(views).fill(once.features));
    const featureLengths = Array<number[]>(views).fill(once.featureLengths).flat();
    if (!masked) return { features, featureLengths };
    const random = new Random(seed, epoch, index, "spec-augment");
    const fill = model.inputNorm?.mean ?? silentFeature(config.features);
    return { features: specAugment(features, featureLengths, config.specAugment, random, fill), featureLengths };
  });
}

/** What is hidden from a model that answers with blanks alone teaches it nothing, so masks may wait for its first words. */
export function masksBegan({ specAugment }: TrainConfig, { epoch, lowestCer }: Progress): boolean {
  const { startEpoch, startCer } = specAugment;
  return epoch + 1 >= startEpoch && (startCer === 1 || (lowestCer !== null && lowestCer < startCer));
}

/** The first utterance's features before and after augmentation. */
export function spectrogramsOf(session: TrainingSession, batch: Batch): SpectrogramPair {
  return tidy(() => {
    const { extractor, config, progress } = session;
    const { features, featureLengths } = noGrad(() => extractor.extract(batch.waveforms, batch.sampleLengths));
    const masked = masksBegan(config, progress);
    const augmented = augmentedFeatures(session, batch, { index: progress.batch, views: 1, masked }).features;
    const frames = featureLengths[0]!;
    const imageOf = (all: Tensor) => {
      const first = all.select(0, 0).narrow(0, 0, frames).contiguous();
      return { values: first.toTypedArray() as Float32Array, numBands: first.size(1) };
    };
    return { before: imageOf(features), after: imageOf(augmented) };
  });
}
