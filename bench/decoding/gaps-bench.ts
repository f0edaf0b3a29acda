/**
 * What a language model that lacks words does to a transcript, at every weight: the number of words must stay within 5% of
 * the reference's, and the word error rate must not be above greedy's by more than its interval (95%, bootstrap over
 * utterances of the difference). Words are left out of the model's vocabulary from the middle of its ranks: neither those
 * that every sentence has nor those of one.
 *
 *     node build/bench/decoding/gaps-bench.js RUN TEXT CORPUS [--gaps 0,60,300] [--weights 0.25,0.5,1,2,4] [--beam 100]
 *       [--ratio R]
 *
 * RUN is a run's folder or a checkpoint, TEXT what the 3-gram is estimated from, one sentence a line: the transcripts of
 * the run's training. Exits with 1 where the bar is missed.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  corpusErrorRates,
  countErrors,
  englishAlphabet,
  modelFromEstimate,
  type NgramModel,
  NgramEstimator,
  pairedBootstrap,
  splitWords,
} from "@deepspeech-ts/speech";
import { beamDecode, decodeGreedily } from "@deepspeech-ts/toolkit/evaluation";
import { recordedEmissions } from "./recorded-emissions.js";
