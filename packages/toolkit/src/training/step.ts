/** One training step: a batch of waveforms in, updated weights out. */
import { noGrad, optim, tidy } from "@deepspeech-ts/torch";
import { ctcLoss, specAugment } from "../acoustic-model/index.js";
import type { Batch } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import { Random } from "../data/random.js";
import type { TrainingSession } from "./session.js";

export interface StepResult {
  loss: number;
  /** Norm of all gradients before clipping. */
  gradientNorm: number;
  /** Something was not finite, so the weights were left as they were. */
  skipped: boolean;
}

/** Trains on one batch at the given learning rate. Nothing it makes outlives it. */
export function trainStep(session: TrainingSession, batch: Batch<PreparedUtterance>, learningRate: number): StepResult {
  const { model, optimizer, config, alphabet } = session;
  optimizer.learningRate = learningRate;
  model.train();
  return tidy(() => {
    const { features, featureLengths } = augmentedFeatures(session, batch);
    const output = model.forward(features, featureLengths);
    const targets = batch.utterances.map((utterance) => utterance.targets);
    const loss = ctcLoss(output, targets, { blankId: alphabet.blankId, average: config.lossAverage });
    loss.backward();
    const gradientNorm = optim.clipGradNorm(model.parameters(), config.gradientClip).item();
    const result = { loss: loss.item(), gradientNorm };
    const skipped = !Number.isFinite(result.loss + gradientNorm);
    if (!skipped) optimizer.step();
    optimizer.zeroGrad();
    return { ...result, skipped };
  });
}

/** Features with masks drawn for this very step, so that a resumed run draws the same. */
function augmentedFeatures({ extractor, config, progress }: TrainingSession, batch: Batch) {
  return noGrad(() => {
    const { features, featureLengths } = extractor.extract(batch.waveforms, batch.sampleLengths);
    const random = new Random(config.seed, progress.epoch, progress.batch, "spec-augment");
    return { features: specAugment(features, featureLengths, config.specAugment, random), featureLengths };
  });
}
