/** What a step's loss is made of besides CTC on the model's output; see training/objective.ts for methods and sources. */
import { z } from "zod";

const weight = z.number().min(0).lt(1);

export const objectiveSchema = z.strictObject({
  intermediateLayers: z
    .array(z.int().min(1))
    .default([])
    .describe("recurrent layers, counted from 1, whose outputs learn to spell too, by a head in training alone"),
  intermediateWeight: weight.default(0.3).describe("their share of the loss, where there are any"),
  phoneLayer: z
    .int()
    .min(0)
    .default(0)
    .describe(
      "recurrent layer, counted from 1, whose output learns the phones of English, by a head in training alone; 0: none",
    ),
  phoneWeight: weight.default(0.3).describe("its share of the loss, where there is one"),
  teacherWeight: weight
    .default(0.5)
    .describe("share of the output's loss that is its distance from the teacher's answers, where there is a teacher"),
  teacherDelayFrames: z
    .int()
    .min(0)
    .default(0)
    .describe("frames of output by which the model may answer later than its teacher: for one that hears little ahead"),
  consistencyWeight: z
    .number()
    .min(0)
    .default(0)
    .describe(
      "weight of the difference between what two masked views of an utterance give (CR-CTC), such as 0.2; 0: one view",
    ),
  labelSmoothing: weight
    .default(0)
    .describe("share of the output's loss that keeps its answers from being too sure, such as 0.05"),
});

export type ObjectiveConfig = z.output<typeof objectiveSchema>;
