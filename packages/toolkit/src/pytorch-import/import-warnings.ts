/** What the person should know before using an imported model. */
import type { ModelConfig } from "../acoustic-model/model-config.js";

/** The dimensions that the reference's newest version builds by default. */
const NEWEST = { residualLayers: 3, recurrentLayers: 5 };

/** @param alphabet as it was chosen; @param numDamaged storages that do not have their checksums */
export function importWarnings(model: ModelConfig, alphabet: string, numDamaged: number): string[] {
  const isNewest = model.residualLayers === NEWEST.residualLayers && model.recurrentLayers === NEWEST.recurrentLayers;
  return [
    ...(numDamaged > 0 ? [damaged(numDamaged)] : []),
    ...(model.recurrentLayers > 1 ? [model.recurrence === "batch" ? OVER_BATCH : OVER_TIME] : []),
    ...(isNewest && alphabet === "reference" ? [MAYBE_NEWEST] : []),
    ...(alphabet === "reference-newest" ? [NEWEST_DEFECT] : []),
  ];
}

function damaged(count: number): string {
  return (
    `${count} of the file's parts do not have their checksums: it was damaged on its way (compare it with the original), ` +
    "or saved by a PyTorch that was told to leave checksums out."
  );
}

const OVER_BATCH =
  "the recurrence runs over the batch, as the reference trained it: the text of a recording depends on the recordings " +
  "that share its batch. Compare such a model with the reference; for use, import it with --recurrence time and train it on.";
const OVER_TIME =
  "the weights were trained with a recurrence over the batch and will now run over time: expect poor transcripts until " +
  "the model has been trained on.";
const MAYBE_NEWEST =
  "3 residual and 5 recurrent layers are the default of the reference's newest version, whose alphabet is another one: " +
  "if transcripts look shifted (c for a, d for b), import again with --alphabet reference-newest.";
const NEWEST_DEFECT =
  "the reference's newest alphabet gives y the id of the blank and z one outside the classes: neither can be recognised. " +
  "Sentence marks come out as ␂ and ␃. Train a model afresh, or train on one that had the earlier alphabet.";
