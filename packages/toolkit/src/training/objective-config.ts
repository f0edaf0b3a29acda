/** What a step's loss is made of besides CTC on the model's output; see training/objective.ts for methods and sources. */
import { z } from "zod";

const weight = z.number().min(0).lt(1);

export const objectiveSchema = z.strictObject({
  intermediateLayers: z
    .array(z.int().min(1))
    .default([])
    .describe("intermediate CTC: recurrent layers, counted from 1, that get a CTC head of their own during training"),
  intermediateWeight: weight.default(0.3).describe("their share of the loss, if there are any"),
  phoneLayer: z
    .int()
    .min(0)
    .default(0)
    .describe("recurrent layer, counted from 1, that gets a CTC head for English phones during training; 0: none"),
  phoneWeight: weight
    .default(0.3)
    .describe("share of the loss that is CTC for phones, of that layer or of the output's own (phones)"),
  phoneCrfWeight: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe(
      "CTC-CRF: how much the loss for phones makes the right phones likelier than others that could be said, such as 0.9; 0: off, plain CTC",
    ),
  teacherWeight: weight
    .default(0.5)
    .describe("share of the output's loss that is the divergence from the teacher's outputs, if there is a teacher"),
  teacherDelayFrames: z
    .int()
    .min(0)
    .default(0)
    .describe("output frames by which the model may lag behind its teacher, for a model with little lookahead"),
  consistencyWeight: z
    .number()
    .min(0)
    .default(0)
    .describe(
      "consistency regularisation (CR-CTC): weight of the difference between two masked views of an utterance, such as 0.2; 0: off",
    ),
  labelSmoothing: weight
    .default(0)
    .describe("label smoothing: share of the output's loss that penalises overconfidence, such as 0.05"),
});

export type ObjectiveConfig = z.output<typeof objectiveSchema>;
