/** How emissions become text. Apart from decoding.ts, so that the command line can read it without loading a model. */
import { BEAM_SEARCH_RANGES } from "@deepspeech-ts/speech";
import { z } from "zod";

const { lmWeight, wordScore, unknownWordScore } = BEAM_SEARCH_RANGES;

export const decodingSchema = z.strictObject({
  lm: z.string().min(1).optional().describe('language model: binary, .arpa or .arpa.gz, from "deepspeech lm build"'),
  beamSize: z
    .int()
    .min(1)
    .optional()
    .describe("prefixes that beam search keeps; default: 100 with lm or hotWords, else greedy"),
  lmWeight: z
    .number()
    .min(lmWeight.least)
    .max(lmWeight.most)
    .optional()
    .describe('weight of the language model; "deepspeech lm tune" finds it; default: 0.5'),
  wordScore: z
    .number()
    .min(wordScore.least)
    .max(wordScore.most)
    .optional()
    .describe("added to the score for each word; default: with lm 0.5 × (1 + its weight), else 0"),
  unknownWordScore: z
    .number()
    .max(unknownWordScore.most)
    .optional()
    .describe("added for each word that the language model lacks, besides what its letters cost; default: -1"),
  confidenceCalibration: z
    .tuple([z.number(), z.number().min(0), z.number().min(0)])
    .optional()
    .describe('mends word confidences; "deepspeech lm tune" and export fit it; default: 0 1 1, as they are'),
  hotWords: z.array(z.string().min(1)).default([]).describe("phrases to favour"),
  hotWordWeight: z.number().default(4).describe("added to the score for each whole occurrence of a hot word"),
});

/** Without `lm`, `beamSize` and `hotWords` decoding is greedy: the likeliest token of each frame. */
export type DecodingConfig = z.output<typeof decodingSchema>;
export const greedyDecoding: DecodingConfig = decodingSchema.parse({});
