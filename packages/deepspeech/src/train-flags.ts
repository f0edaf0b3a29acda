/** The training configuration's flags: its settings, and the sections that --help shows them in. */
import { trainConfigSchema } from "@deepspeech-ts/toolkit/internal/training/config.js";
import type { FlagSection } from "./flags.js";
import { type Setting, settingsOf } from "./settings.js";

export const trainSettings: readonly Setting[] = settingsOf(trainConfigSchema);

export const trainSections: readonly FlagSection[] = [
  { firstKey: "train", heading: "Data:" },
  { firstKey: "runs", heading: "Run:" },
  { firstKey: "initFrom", heading: "Fine-tuning:" },
  { firstKey: "maxBatchSeconds", heading: "Batches:" },
  { firstKey: "learningRate", heading: "Optimisation:" },
  { firstKey: "objective.intermediateLayers", heading: "Auxiliary losses:" },
  { firstKey: "schedule.kind", heading: "Learning rate schedule:" },
  { firstKey: "speedFactors", heading: "Augmentation:" },
  { firstKey: "features.kind", heading: "Features:" },
  { firstKey: "model.convChannels", heading: "Model:" },
];
