/** The thread that evaluates. */
import { loadHeldOutCorpus } from "../acoustic-model/index.js";
import { serveTask } from "../worker-task.js";
import { evaluate } from "./evaluate.js";
import { openRecognition } from "./recognition.js";
import type { EvaluationEvent, EvaluationRequest } from "./run-evaluation.js";

serveTask<EvaluationRequest, EvaluationEvent>(async (request, host) => {
  const { batchSeconds = 160, normalise = true, data } = request;
  await using recognition = openRecognition(request);
  const { alphabet, extractor } = recognition;
  const corpus = await loadHeldOutCorpus(data, { alphabet, features: extractor.config, normalise });
  const result = await evaluate(corpus.utterances, {
    ...recognition,
    batchSeconds,
    onProgress: (done, total) => host.emit({ kind: "progress", done, total }),
    shouldStop: host.shouldStop,
  });
  result.leftOut.unshift(...corpus.facts.leftOut);
  host.emit({ kind: "result", result });
});
