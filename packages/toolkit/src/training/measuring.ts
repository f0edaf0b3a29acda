/** Error rates of a run's models on dev and test, and what is told of them. */
import { resolve } from "node:path";
import { countErrors, countFalseAlarms, greedyDecode } from "@deepspeech-ts/speech";
import type { DeepSpeech, ModelCorpus } from "../acoustic-model/index.js";
import {
  beginLoading,
  type EvaluationResult,
  evaluate,
  type LoadingCorpus,
  type LoadOptions,
} from "../evaluation/evaluate.js";
import { worstUtterances } from "../evaluation/worst-utterances.js";
import type { EvaluationSummary } from "./events.js";
import type { RunContext } from "./run-context.js";
import { checkpointPath } from "./run-folder.js";
import { dealByCost } from "./team/dealing.js";

/** Without gradients to keep, a batch of this length fits where training does; shorter ones would take longer to measure. */
const LEAST_EVALUATION_BATCH_SECONDS = 40;

/** Utterances named with each evaluation. */
const NUM_SAMPLES = 5;
const NUM_WORST = 20;

/** The dev set's first batches load while training does something else. */
export function beginLoadingDev(run: RunContext): LoadingCorpus {
  return beginLoading(run.corpora.dev.utterances, loadOptions(run));
}

export interface MeasureOptions {
  loading?: LoadingCorpus | undefined;
  /** Default: the one that the run keeps. */
  model?: DeepSpeech;
}

/** Measures a model; undefined where somebody asked to stop meanwhile. */
export async function measure(
  run: RunContext,
  name: "dev" | "test",
  corpus: ModelCorpus,
  { loading, model = run.session.evaluated }: MeasureOptions = {},
): Promise<EvaluationResult | undefined> {
  const { extractor, alphabet, config } = run.session;
  const result = await evaluate(corpus.utterances, {
    ...{ ...loadOptions(run), model, extractor, alphabet, loading, lossAverage: config.lossAverage },
    decode: (emissions) => greedyDecode(emissions, alphabet),
    onProgress: (done, total) => run.host.emit({ kind: "evaluating", corpus: name, done, total }),
    shouldStop: () => run.isAskedToStop,
    gather: (own) => run.gather(own),
  });
  if (!result || run.shouldStop) return undefined;
  for (const { id, reason } of result.leftOut) run.setbacks.name(id, reason);
  return result;
}

/** The best checkpoint's error rates on what nothing was chosen by. */
export async function reportTest(run: RunContext): Promise<void> {
  const { session, corpora } = run;
  if (!corpora.test || run.shouldStop) return;
  using model = session.modelIn(checkpointPath(session.runFolder, "best"));
  const test = await measure(run, "test", corpora.test, { model });
  if (test) run.emit({ kind: "test", step: session.progress.step, test: summaryOf(test) });
}

/** What checkpoints are judged by. */
export function measurementOf({ rates: { wer, cer }, loss }: EvaluationResult) {
  return { wer, cer, loss };
}

export function summaryOf({ rates, loss, utterances }: EvaluationResult): EvaluationSummary {
  const samples = utterances
    .slice(0, NUM_SAMPLES)
    .map(({ id, reference, hypothesis }) => ({ id, reference, hypothesis }));
  const worst = worstUtterances(utterances, NUM_WORST).map((utterance) => {
    const { id, reference, hypothesis, audioPath, durationSeconds, words } = utterance;
    const own = { id, reference, hypothesis, audioPath: resolve(audioPath), durationSeconds };
    return { ...own, wordErrors: countErrors(words) };
  });
  const falseAlarms = countFalseAlarms(utterances);
  return { rates, loss, ...(falseAlarms && { falseAlarms }), samples, worst };
}

function loadOptions({ loader, plan, team }: RunContext): LoadOptions {
  return {
    loader,
    maxBatchSeconds: Math.max(plan.maxBatchSeconds, LEAST_EVALUATION_BATCH_SECONDS),
    ...(team.size > 1 && { share: (costs) => dealByCost(team, costs) }),
  };
}
