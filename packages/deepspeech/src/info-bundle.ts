/** What a bundle says of itself. Its checksums are compared first: of a damaged one nothing is told as if it were whole. */
import { statSync } from "node:fs";
import { openBundleFile } from "@deepspeech-ts/recognizer";
import { type BundleHeader, isGreedy } from "@deepspeech-ts/speech";
import { formatAudio, formatPlural } from "./format.js";
import {
  alphabetText,
  type Facts,
  featuresText,
  formatSize,
  modelText,
  ratesText,
  trainingText,
} from "./info-facts.js";

/** @throws RecognizerError for a bundle that is damaged */
export async function bundleFacts(path: string): Promise<Facts> {
  const { header } = await openBundleFile(path);
  const { precision, model, features, alphabet, training, sections } = header;
  const bytes = statSync(path).size;
  const parts = sections.map(({ name, size }) => `${name} ${formatSize(size)}`).join(", ");
  return {
    json: { kind: "bundle", path, bytes, ...header },
    rows: [
      ["Kind", `bundle, ${precision}, ${formatSize(bytes)}: ${parts}`],
      ["Made", `${training.exportedAt.slice(0, 10)}, by release ${training.projectVersion}`],
      ["Model", modelText(training.numParameters, model)],
      ["Features", featuresText(features)],
      ["Alphabet", alphabetText(alphabet, model)],
      ["Decoding", decodingText(header)],
      ["Training", trainingText(training)],
      ["Measured", measuredText(header)],
      ["Licence", training.license ?? "not stated; export --license states it"],
    ],
  };
}

function decodingText({ decoding, sections }: BundleHeader): string {
  const { beamSize, lmWeight, wordScore, unknownWordScore, hotWords } = decoding;
  const hasModel = sections.some(({ name }) => name === "language-model.bin");
  const isPronounced = sections.some(({ name }) => name === "pronunciations.txt");
  if (isGreedy(decoding, hasModel)) return "greedy";
  const settings = [
    ...(hasModel ? [`its language model${isPronounced ? " and pronunciations" : ""}`] : []),
    ...(hotWords.length > 0 ? [formatPlural(hotWords.length, "hot word")] : []),
    ...Object.entries({ beamSize, lmWeight, wordScore, unknownWordScore }).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name} ${value}`],
    ),
  ];
  return `beam search: ${settings.join(", ")}`;
}

function measuredText({ training: { evaluation } }: BundleHeader): string {
  if (evaluation === undefined) return "not measured; export --evaluate measures it";
  const { corpora, numUtterances, audioSeconds } = evaluation;
  const data = `${formatPlural(numUtterances, "utterance")}, ${formatAudio(audioSeconds)}`;
  return `${ratesText(evaluation)}, on ${corpora.join(", ")}: ${data}`;
}
