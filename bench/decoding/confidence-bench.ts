/**
 * How often words are right of which the recogniser is so and so sure, before and after calibration, on words that the
 * calibration was not fitted on: each fifth of the utterances by the other four. Ten bins, each of as many words; what
 * chance does to a bin stands behind it (±, the 95% binomial interval).
 *
 *     node build/bench/decoding/confidence-bench.js RUN CORPUS... [--lm FILE --lm-weight 1 --beam 100]
 *
 * RUN is a run's folder or a checkpoint, made by `npm run quickstart` for example; the corpora are one.
 */
import { parseArgs } from "node:util";
import {
  type ConfidenceSample,
  calibrated,
  calibrationQuality,
  fitConfidence,
  largestGap,
} from "@deepspeech-ts/speech";
import { beamDecode, decodeGreedily, judgeWords } from "@deepspeech-ts/toolkit/evaluation";
import { loadLanguageModel } from "@deepspeech-ts/toolkit/language-model";
import { recordedEmissions } from "./recorded-emissions.js";

const NUM_FOLDS = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lm: { type: "string" },
    "lm-weight": { type: "string", default: "1" },
    beam: { type: "string", default: "100" },
  },
});
const [checkpoint, ...corpora] = positionals;
if (checkpoint === undefined || corpora.length === 0) throw new Error("give a run's folder and one corpus or more");
const { alphabet, frameSeconds, corpora: recorded } = await recordedEmissions(checkpoint, corpora);
const search = { frameSeconds, beamSize: Number(values.beam), lmWeight: Number(values["lm-weight"]) };
const decode =
  values.lm === undefined
    ? decodeGreedily(alphabet, frameSeconds)
    : beamDecode(alphabet, { ...search, languageModel: await loadLanguageModel(values.lm, { alphabet }) });
const utterances = recorded
  .flat()
  .map(({ reference, emissions }) => judgeWords(decode.timed(emissions).timedWords, reference));
const heldOut = Array.from({ length: NUM_FOLDS }, (_, fold) => {
  const { calibration } = fitConfidence(utterances.filter((_, i) => i % NUM_FOLDS !== fold));
  return calibrated(utterances.filter((_, i) => i % NUM_FOLDS === fold).flat(), calibration);
}).flat();
console.log(
  `calibration ${fitConfidence(utterances)
    .calibration.map((value) => value.toFixed(2))
    .join(" ")}`,
);
show("raw", utterances.flat());
show("calibrated, held out", heldOut);

function show(name: string, words: readonly ConfidenceSample[]): void {
  const quality = calibrationQuality(words);
  const { negativeLogLikelihood, brierScore, bins } = quality;
  const scores = `log loss ${negativeLogLikelihood.toFixed(3)}, Brier ${brierScore.toFixed(3)}`;
  console.log(`\n${name}: ${words.length} words, ${scores}, worst bin off by ${largestGap(quality).toFixed(2)}`);
  for (const { confidence, correct, numWords } of bins) {
    const chance = 1.96 * Math.sqrt((correct * (1 - correct)) / numWords);
    console.log(`  said ${confidence.toFixed(2)}  right ${correct.toFixed(2)} ± ${chance.toFixed(2)}  of ${numWords}`);
  }
}
