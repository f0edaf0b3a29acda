/** A run from its first file to its last line: what it needs is loaded here, the loop itself is training-run.ts. */
import { availableParallelism } from "node:os";
import { threadsWarning, UserError } from "@deepspeech-ts/recognizer/system";
import type { Alphabet } from "@deepspeech-ts/speech";
import { setFlushDenormal, setNumThreads } from "@deepspeech-ts/torch";
import { checkDevice, deviceKind, loadHeldOutCorpus, loadTrainingCorpus } from "../acoustic-model/index.js";
import { prepareAugmentation } from "../data/augmentation/prepare-augmentation.js";
import { AudioLoader } from "../data/loader.js";
import { loadPhonetiser, type Phonetiser } from "../data/phones/phones.js";
import { settleWays } from "./bf16-ways.js";
import { checkDirection } from "./check-direction.js";
import type { TrainConfig } from "./config.js";
import type { Denominator } from "./denominator.js";
import { learnFeatureStatistics } from "./feature-statistics.js";
import { loadWandb } from "./logging/wandb-sink.js";
import { phoneDenominator } from "./phone-denominator.js";
import { configChanges, dataChanges, fingerprintOf, type RunBefore } from "./resumption.js";
import type { Corpora, TrainingHost } from "./run-context.js";
import { writeConfig } from "./run-folder.js";
import { batchSecondsOf } from "./run-length.js";
import { lockRun } from "./run-lock.js";
import { RunLog } from "./run-log.js";
import { TrainingSession } from "./session.js";
import { alphabetFor, writesPhones } from "./starting-point.js";
import { runOfEarlierAttempt } from "./team/earlier-attempt.js";
import type { Place } from "./team/place.js";
import { checkAlike } from "./team/same-weights.js";
import { Team } from "./team/team.js";
import { checkTeamSize } from "./team/team-size.js";
import { runEpochs } from "./training-run.js";
import { hasCheckpoint, loadLastHeader, requireRun, trainingStateOf } from "./training-state.js";
import { overlapWarnings } from "./warnings.js";

/**
 * It runs in a worker thread (train-worker.ts), because a step blocks its thread.
 *
 * @param place of this process among several. Default: it trains alone
 */
export async function train(given: TrainConfig, host: TrainingHost, place?: Place): Promise<void> {
  checkTeamSize(place?.size ?? 1, given.accumulateBatches);
  using team = await Team.join(place, {
    timeoutSeconds: given.peerTimeoutSeconds,
    device: deviceOf(given, place),
  });
  try {
    if (team.isFirst) await trainTogether(given, host, { team, place });
    else await trainTogether(given, { ...host, emit: () => {} }, { team, place });
  } catch (error) {
    throw await team.explain(error);
  }
}

interface Company {
  team: Team;
  place: Place | undefined;
}

async function trainTogether(own: TrainConfig, host: TrainingHost, { team, place }: Company): Promise<void> {
  const given = sharedConfig(own, { team, place });
  setNumThreads(threadsOf(given, place));
  setFlushDenormal(true);
  checkDevice(given.device);
  checkPrecision(given);
  checkDirection(given);
  const options = {
    job: place?.job,
    // Other ranks wait for this one meanwhile.
    watchSeconds: Math.min(60, given.peerTimeoutSeconds / 2),
    onWatch: (message: string) => host.emit({ kind: "warning", message }),
  };
  using _resumed = team.isFirst && given.resume !== undefined ? await lockRun(requireRun(given.resume), options) : null;
  const { maxBatchSeconds, alphabet, phones, before, changes } = team.first(() => whatIsAsked(given));
  const { ways: bf16Ways, warnings } = settleWays(given, before?.bf16Ways, team);
  const asked = { ...given, maxBatchSeconds, phones };
  if (asked.wandb !== undefined && team.isFirst) await loadWandb();
  const corpora = await loadCorpora(asked, alphabet);
  const config = { ...asked, maxBatchSeconds: batchSecondsOf(asked, corpora.train.facts.audioSeconds) };
  const data = { train: fingerprintOf(corpora.train.facts), dev: fingerprintOf(corpora.dev.facts) };
  checkAlike(team, JSON.stringify(data), (odd, others) => `${odd} has other training or dev data than ${others}`);
  if (before) changes.push(...dataChanges(before, data));
  const facts = { train: corpora.train.facts, dev: corpora.dev.facts, test: corpora.test?.facts ?? null };
  host.emit({ kind: "data", ...facts });
  const augmentation = await prepareAugmentation(config.augmentation);
  const { workers, cacheGigabytes, features } = config;
  const neighbours = place?.localSize ?? 1;
  await using loader = new AudioLoader({
    sampleRate: features.sampleRate,
    cacheBytes: (cacheGigabytes * 1e9) / neighbours,
    ...(workers ? { numWorkers: workers } : neighbours > 1 && { numWorkers: 1 }),
  });
  const phonetise = await phonetiserFor(config, corpora);
  const denominator = denominatorFor(config, corpora, phonetise);
  using session = new TrainingSession(config, alphabet, { data, bf16Ways, phonetise, denominator, team });
  if (session.lacksStatistics) {
    if (team.isFirst) await learnFeatureStatistics(session, loader, corpora.train.utterances);
    session.shareState();
  }
  if (!team.isFirst) return await runEpochs({ session, loader, corpora, augmentation, log: null, host, changes });
  const { runFolder, progress } = session;
  using _new = config.resume === undefined ? await lockRun(runFolder, options) : null;
  if (config.resume !== undefined) writeConfig(runFolder, config);
  const log = await RunLog.open(runFolder, {
    config,
    ...(config.resume !== undefined && { resumeAt: progress }),
    ...(config.wandb !== undefined && { wandb: { project: config.wandb, config } }),
  });
  try {
    log.handle({ kind: "data", ...facts });
    for (const message of [...warnings, ...(await warningsOf(config, corpora))]) {
      log.handle({ kind: "warning", message });
      host.emit({ kind: "warning", message });
    }
    await runEpochs({ session, loader, corpora, augmentation, log, host, changes });
  } finally {
    await log.close();
  }
}

/** Rank 0's configuration holds for all, but for what is each machine's own. */
function sharedConfig(own: TrainConfig, { team, place }: Company): TrainConfig {
  if (team.size === 1) return own;
  const { train, dev, test, threads, workers, cacheGigabytes } = own;
  const first = team.first(() => ({ ...own, resume: own.resume ?? runOfEarlierAttempt(own, place) }));
  return { ...first, train, dev, test, threads, workers, cacheGigabytes, device: deviceOf(own, place) };
}

/** "cuda" is each process's own card. */
function deviceOf({ device, devices }: TrainConfig, place: Place | undefined): string {
  const local = place?.localRank ?? 0;
  return devices[local % devices.length] ?? (device === "cuda" ? `cuda:${local}` : device);
}

/** What other processes on this machine leave. */
function threadsOf({ threads }: TrainConfig, place: Place | undefined): number {
  return threads ?? Math.max(1, Math.floor(availableParallelism() / (place?.localSize ?? 1)));
}

/** What rank 0's configuration, and the run that it resumes, come to. */
function whatIsAsked(given: TrainConfig) {
  const before = runBefore(given);
  // What was chosen once holds for as long as the run lasts, however many epochs are added.
  const asked = {
    ...given,
    maxBatchSeconds: given.maxBatchSeconds ?? before?.config.maxBatchSeconds,
    phones: given.phones ?? before?.config.phones ?? writesPhones(given),
  };
  const changes = before ? configChanges(before, asked) : [];
  const { maxBatchSeconds, phones } = asked;
  return { maxBatchSeconds, phones, before, changes, alphabet: alphabetFor(asked) };
}

/** A resumed run as its checkpoint has it; undefined for a new run, and for one that has no checkpoint yet. */
function runBefore({ resume }: TrainConfig): RunBefore | undefined {
  if (resume === undefined) return undefined;
  requireRun(resume);
  if (!hasCheckpoint(resume)) return undefined;
  const checkpoint = loadLastHeader(resume);
  return { ...trainingStateOf(checkpoint), alphabet: checkpoint.header.alphabet };
}

async function loadCorpora(config: TrainConfig, alphabet: Alphabet): Promise<Corpora> {
  const options = { ...config, alphabet };
  return {
    train: await loadTrainingCorpus(config.train, options),
    dev: await loadHeldOutCorpus(config.dev, options),
    test: config.test.length > 0 ? await loadHeldOutCorpus(config.test, options) : null,
  };
}

/** Where the output or a layer is to learn phones: the dictionary. */
async function phonetiserFor({ phones, objective }: TrainConfig, { train }: Corpora): Promise<Phonetiser | null> {
  if (!phones && objective.phoneLayer === 0) return null;
  const phonetise = await loadPhonetiser();
  if (train.utterances.some(({ targetText }) => phonetise(targetText))) return phonetise;
  const [key, off] = phones ? ["phones", "false"] : ["objective.phoneLayer", "0"];
  throw new UserError(`${key}: no transcript is in English letters; leave it out, or set it to ${off}.`, {
    code: "bad-config",
  });
}

function denominatorFor(
  { objective }: TrainConfig,
  { train }: Corpora,
  phonetise: Phonetiser | null,
): Denominator | null {
  if (objective.phoneCrfWeight === 0) return null;
  if (phonetise) {
    return phoneDenominator(
      train.utterances.map(({ targetText }) => targetText),
      phonetise,
    );
  }
  throw new UserError("objective.phoneCrfWeight is for phones; set phones or objective.phoneLayer too.", {
    code: "bad-config",
  });
}

async function warningsOf({ threads, workers }: TrainConfig, { train, dev, test }: Corpora): Promise<string[]> {
  const overlaps = await overlapWarnings({ train: train.utterances, dev: dev.utterances, test: test?.utterances });
  return [threadsWarning("threads", threads), threadsWarning("workers", workers), ...overlaps].filter(
    (message) => message !== undefined,
  );
}

function checkPrecision({ precision, device }: TrainConfig): void {
  if (precision !== "fp16" || deviceKind(device) === "cuda") return;
  throw new UserError("precision fp16 needs device cuda; use bf16 or fp32 on the processor.", { code: "bad-config" });
}
