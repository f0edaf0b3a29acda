/** The thread that evaluates. */
import { loadHeldOutCorpus } from "../acoustic-model/index.js";
import type { PreparedUtterance } from "../data/prepare.js";
import { serveTask } from "../worker-task.js";
import { type EvaluationResult, evaluate } from "./evaluate.js";
import { openRecognition } from "./recognition.js";
import { gatherEvidence } from "./report/utterance-evidence.js";
import type { EvaluationEvent, EvaluationRequest } from "./run-evaluation.js";
import { ReferenceEmissions, verifyInvariance } from "./verify-invariance.js";
import { worstUtterances } from "./worst-utterances.js";

serveTask<EvaluationRequest, EvaluationEvent>(async (request, host) => {
  const { maxBatchSeconds = 160, data, evidenceOfWorst = 0 } = request;
  await using recognition = await openRecognition(request);
  const { alphabet, extractor, model, transcripts } = recognition;
  const held = { ...transcripts, alphabet, features: extractor.config, recognisedBy: model.config };
  const { utterances, facts } = await loadHeldOutCorpus(data, held);
  const options = { ...recognition, maxBatchSeconds, shouldStop: host.shouldStop };
  const passes = request.verifyInvariance ? 3 : 1;
  const onProgress = (done: number) => host.emit({ kind: "progress", done, total: passes * utterances.length });

  const emissions = request.verifyInvariance ? new ReferenceEmissions() : undefined;
  const result = await evaluate(utterances, {
    ...options,
    onProgress,
    ...(emissions && { onEmissions: emissions.keep }),
  });
  // Whoever broke it off asks for no result.
  if (!result) return;
  const invariance =
    emissions && !host.shouldStop()
      ? await verifyInvariance(
          utterances,
          { result, emissions },
          { ...options, onProgress: (done) => onProgress(utterances.length + done) },
        )
      : undefined;
  const evidence = await gatherEvidence(worstOf(utterances, result, evidenceOfWorst), recognition);
  result.leftOut.unshift(...facts.leftOut);
  host.emit({ kind: "result", result: { ...result, evidence, ...(invariance && { invariance }) } });
});

/** The worst utterances as the corpus holds them, the worst first. */
function worstOf(
  utterances: readonly PreparedUtterance[],
  result: EvaluationResult,
  count: number,
): PreparedUtterance[] {
  const byId = new Map(utterances.map((utterance) => [utterance.id, utterance]));
  return worstUtterances(result.utterances, count).map(({ id }) => byId.get(id)!);
}
