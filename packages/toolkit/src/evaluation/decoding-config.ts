/** How emissions become text. Apart from decoding.ts, so that the command line can read it without loading a model. */
import { BEAM_SEARCH_RANGES, LARGEST_BEAM } from "@deepspeech-ts/speech";
import { z } from "zod";

const { lmWeight, wordScore, unknownWordScore } = BEAM_SEARCH_RANGES;

export const decodingSchema = z.strictObject({
  lm: z.string().min(1).optional().describe('language model: binary, .arpa or .arpa.gz, from "deepspeech lm build"'),
  pronunciations: z
    .boolean()
    .optional()
    .describe(
      "with lm, find words by how they are spoken; default: if the model writes phones, and lm has 20,000 words or more",
    ),
  beamSize: z
    .int()
    .min(1)
    .max(LARGEST_BEAM)
    .optional()
    .describe("beam size: prefixes kept by beam search; default: 100 with lm or hotWords, otherwise greedy"),
  lmWeight: z
    .number()
    .min(lmWeight.least)
    .max(lmWeight.most)
    .optional()
    .describe('language model weight, which "deepspeech lm tune" optimises; default: 0.5'),
  wordScore: z
    .number()
    .min(wordScore.least)
    .max(wordScore.most)
    .optional()
    .describe("added to the score for each word; default: with lm 0.5 × (1 + its weight), otherwise 0"),
  unknownWordScore: z
    .number()
    .max(unknownWordScore.most)
    .optional()
    .describe("added to the score for each out-of-vocabulary word; default: -1"),
  confidenceCalibration: z
    .tuple([z.number(), z.number().min(0), z.number().min(0)])
    .optional()
    .describe('calibration of word confidences, fitted by "deepspeech lm tune" and export; default: 0 1 1, none'),
  hotWords: z.array(z.string().min(1)).default([]).describe("phrases to favour"),
  hotWordWeight: z.number().default(4).describe("added to the score for each whole occurrence of a hot word"),
});

/** Without `lm`, `beamSize` and `hotWords` decoding is greedy: the likeliest token of each frame. */
export type DecodingConfig = z.output<typeof decodingSchema>;
export const greedyDecoding: DecodingConfig = decodingSchema.parse({});
