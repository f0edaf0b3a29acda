/** The thread that tunes. */
import { corpusErrorRates, greedyDecode } from "@deepspeech-ts/speech";
import { loadHeldOutCorpus } from "../acoustic-model/index.js";
import { serveTask } from "../worker-task.js";
import { calibrateWords } from "./calibrate-words.js";
import { beamDecode, frameSecondsOf, openLanguageModel } from "./decoding.js";
import { collectEmissions } from "./emissions.js";
import { openRecognition } from "./recognition.js";
import { requireWords } from "./require-words.js";
import type { TuningEvent, TuningRequest } from "./run-tuning.js";
import { tuneDecoding } from "./tune.js";

serveTask<TuningRequest, TuningEvent>(async (request, host) => {
  await using recognition = await openRecognition(request);
  const { alphabet, extractor, model, transcripts } = recognition;
  const languageModel = await openLanguageModel(request.lm, alphabet, {
    pronunciations: undefined,
    writesPhones: model.config.numPhones > 0,
  });
  const options = { ...transcripts, alphabet, features: extractor.config, recognisedBy: model.config };
  const corpus = await loadHeldOutCorpus(request.data, options);
  const onProgress = (done: number, total: number) => host.emit({ kind: "emissions", done, total });
  const collected = await collectEmissions(corpus.utterances, recognition, onProgress, host.shouldStop);
  // Whoever broke it off asks for no result.
  if (!collected) return;
  const { stored: utterances, leftOut } = collected;
  host.emit({ kind: "leftOut", leftOut: [...corpus.facts.leftOut, ...leftOut] });
  const greedy = utterances.map(({ reference, emissions }) => ({
    reference,
    hypothesis: greedyDecode(emissions, alphabet).text,
  }));
  requireWords(greedy);
  const frameSeconds = frameSecondsOf({ features: extractor.config, model: model.config });
  const search = { languageModel, frameSeconds, beamSize: request.beamSize };
  const best = tuneDecoding(utterances, {
    ...search,
    alphabet,
    onTrial: (trial, done) => host.emit({ kind: "trial", trial, done }),
    shouldStop: host.shouldStop,
  });
  if (host.shouldStop()) return;
  const { rates: _, ...scores } = best;
  const decode = beamDecode(alphabet, { ...search, ...scores });
  const confidence = calibrateWords(utterances, decode);
  host.emit({ kind: "best", best, greedy: corpusErrorRates(greedy), confidence });
});
