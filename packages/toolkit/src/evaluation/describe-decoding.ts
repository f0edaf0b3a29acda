/** How emissions became text, in a few words: for reports, where rates mean little without it. */
import { basename } from "node:path";
import { isGreedy } from "@deepspeech-ts/speech";
import type { DecodingConfig } from "./decoding-config.js";

/** "greedy", or "beam search with english.lm (weight 0.5) and 2 hot words" */
export function describeDecoding(config: DecodingConfig): string {
  const { lm, pronunciations, lmWeight, beamSize, hotWords } = config;
  if (isGreedy(config, lm !== undefined)) return "greedy";
  const weight = lmWeight === undefined ? "" : ` (weight ${lmWeight})`;
  const helpers = [
    ...(lm === undefined ? [] : [`${basename(lm)}${weight}${pronunciations === false ? " by letters" : ""}`]),
    ...(hotWords.length === 0 ? [] : [`${hotWords.length} hot word${hotWords.length === 1 ? "" : "s"}`]),
  ];
  const size = beamSize === undefined ? "beam search" : `beam search of ${beamSize}`;
  return helpers.length === 0 ? size : `${size} with ${helpers.join(" and ")}`;
}
