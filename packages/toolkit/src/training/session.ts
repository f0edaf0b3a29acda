/**
 * The state of a training run: model, optimiser, and how far it has come. It can be saved after any step and opened
 * again; a run that was stopped or killed and resumed takes the same steps as one that never stopped.
 */
import { UserError } from "@deepspeech-ts/recognizer/system";
import type { Alphabet } from "@deepspeech-ts/speech";
import { distributed, manualSeed, noGrad, type Tensor, tidy } from "@deepspeech-ts/torch";
import {
  type Checkpoint,
  DeepSpeech,
  FeatureExtractor,
  initialiseForCtc,
  loadCheckpoint,
  modelFromCheckpoint,
  modelTensors,
  RUNNING_AVERAGE,
  restoreModel,
  saveRunCheckpoint,
} from "../acoustic-model/index.js";
import type { Phonetiser } from "../data/phones/phones.js";
import { AuxiliaryHeads } from "./auxiliary-heads.js";
import { modelConfigOf, type TrainConfig } from "./config.js";
import type { Denominator } from "./denominator.js";
import { makeOptimizer, type Optimizer } from "./optimizer.js";
import { checkpointPath, createRunFolder } from "./run-folder.js";
import type { Measurement } from "./selection.js";
import { freeze, openStartingPoint, takeWeights, wildcard } from "./starting-point.js";
import { Teacher } from "./teacher.js";
import { Team } from "./team/team.js";
import {
  hasCheckpoint,
  loadLast,
  nothingDone,
  type Progress,
  type TrainingState,
  trainingStateOf,
} from "./training-state.js";

/** Begins the heads' names in checkpoints and in the optimiser. */
const HEADS = "heads.";

export interface SessionOptions {
  /** What its data are, to know them again. */
  data?: TrainingState["data"] | undefined;
  /** How it multiplies bfloat16, to do so again. */
  bf16Ways?: TrainingState["bf16Ways"] | undefined;
  /** Needed where `phones` or `objective.phoneLayer` is set. Default: none. */
  phonetise?: Phonetiser | null;
  /** Needed where `objective.phoneCrfWeight` is set. Default: none. */
  denominator?: Denominator | null;
  /** Who trains with this process; rank 0 alone reads and writes files. Default: nobody. */
  team?: Team;
}

/** A run's model, optimiser and progress: opened new, or where its last checkpoint stands. */
export class TrainingSession {
  readonly data: TrainingState["data"] | undefined;
  readonly bf16Ways: TrainingState["bf16Ways"] | undefined;
  readonly phonetise: Phonetiser | null;
  readonly denominator: Denominator | null;
  readonly team: Team;
  readonly model: DeepSpeech;
  /** The running average of the model's weights; null where `emaDecay` is 0. */
  readonly averaged: DeepSpeech | null;
  /** What lower layers are trained by; no part of the model, and saved for resuming alone. */
  readonly heads: AuxiliaryHeads;
  /** The model's parameters that no pattern froze. */
  readonly trained: ReadonlyMap<string, Tensor>;
  /** What a fine-tuned model did not take over. */
  readonly freshParameters: readonly string[];
  /** Whether the model must learn what its features are like: see feature-statistics.ts. */
  readonly lacksStatistics: boolean;
  readonly extractor: FeatureExtractor;
  /** Whose answers the model learns; null where it has none. */
  readonly teacher: Teacher | null;
  readonly optimizer: Optimizer;
  readonly runFolder: string;
  progress: Progress = nothingDone();
  #gradientSum: distributed.GradientSum | undefined;

  constructor(
    readonly config: TrainConfig,
    readonly alphabet: Alphabet,
    { data, bf16Ways, phonetise = null, denominator = null, team = Team.alone }: SessionOptions = {},
  ) {
    this.data = data;
    this.bf16Ways = bf16Ways;
    this.phonetise = phonetise;
    this.denominator = denominator;
    this.team = team;
    if ((config.phones || config.objective.phoneLayer > 0) && !phonetise)
      throw new TypeError("phones need a phonetiser");
    if (config.objective.phoneCrfWeight > 0 && !denominator) throw new TypeError("CTC-CRF needs a denominator");
    const { device, initFrom, resume } = config;
    manualSeed(config.seed);
    this.model = this.#build();
    const isBegun = resume !== undefined && team.isFirst && hasCheckpoint(resume);
    this.freshParameters =
      initFrom === undefined || isBegun || !team.isFirst
        ? []
        : tidy(() => takeWeights(this.model, alphabet, openStartingPoint(initFrom)));
    const hasNone = initFrom === undefined || this.freshParameters.includes("input_norm.mean");
    this.lacksStatistics = team.first(() => this.model.inputNorm !== null && !isBegun && hasNone);
    this.model.to(device);
    this.averaged = config.emaDecay > 0 ? this.#copyOfModel() : null;
    this.trained = freeze(this.model, config.freeze);
    this.heads = new AuxiliaryHeads(this.model.config, config.objective).to(device);
    this.extractor = new FeatureExtractor(config.features, device);
    this.teacher = config.teacher === undefined ? null : new Teacher(config.teacher, alphabet, config);
    this.optimizer = makeOptimizer(new Map([...this.trained, ...this.heads.namedParameters(HEADS)]), config);
    if (isBegun) this.#restore(resume);
    this.runFolder = team.first(() => resume ?? createRunFolder(config, team.job));
    this.shareState();
  }

  /** What is evaluated and kept: the average of the weights, or the weights themselves. */
  get evaluated(): DeepSpeech {
    return this.averaged ?? this.model;
  }

  /** Where the gradients of a step's batches are added up; made when it is first asked for, since one batch needs none. */
  get gradientSum(): distributed.GradientSum {
    const { processes } = this.team;
    const { reduction } = this.config;
    this.#gradientSum ??= new distributed.GradientSum(this.trainedParameters(), { processes, reduction });
    return this.#gradientSum;
  }

  /** All that the optimiser changes, heads included, in the order of the forward pass. */
  trainedParameters(): Tensor[] {
    return [...this.trained.values(), ...this.heads.parameters()];
  }

  /** Saves all that is needed to go on. */
  saveLast(): void {
    tidy(() => this.#save(checkpointPath(this.runFolder, "last"), this.stateTensors(), null));
  }

  /**
   * Saves a model's weights alone, with what they were measured at.
   *
   * @param model Default: the evaluated one
   */
  saveWeights(path: string, { wer, cer }: Measurement, model: DeepSpeech = this.evaluated): void {
    this.#save(path, modelTensors(model), { wer, cer });
  }

  /** The model in one of the run's checkpoints, beside the run's own; dispose it. */
  modelIn(path: string): DeepSpeech {
    const { device } = this.config;
    const load = () => tidy(() => modelFromCheckpoint(loadCheckpoint(path), device));
    const model = this.team.isFirst ? load() : this.#copyOfModel();
    this.team.share(model.stateDict().values());
    return model;
  }

  /** All that steps change, by name; it does not hang on who computes. */
  stateTensors(): Map<string, Tensor> {
    const tensors = new Map(modelTensors(this.model));
    for (const [name, tensor] of this.heads.namedParameters(HEADS)) tensors.set(name, tensor);
    for (const [name, tensor] of this.averaged?.stateDict() ?? []) tensors.set(RUNNING_AVERAGE + name, tensor);
    for (const [name, tensor] of this.optimizer.stateDict()) tensors.set(`optimizer.${name}`, tensor);
    return tensors;
  }

  #build(): DeepSpeech {
    const { config, alphabet } = this;
    const model = new DeepSpeech(modelConfigOf(config, alphabet.tokens.length));
    const { blankBias, orthogonalRecurrence } = config;
    initialiseForCtc(model, { orthogonalRecurrence, blankBias, blankId: alphabet.blankId });
    return model;
  }

  /** All ranks go on from where rank 0 stands. */
  shareState(): void {
    const { progress, optimizer, team } = this;
    if (team.size === 1) return;
    const shared = team.first(() => ({ progress, optimizerSteps: optimizer.stepCounts }));
    this.progress = shared.progress;
    tidy(() => {
      team.share(this.stateTensors().values());
      optimizer.loadStateDict(optimizer.stateDict(), shared.optimizerSteps);
    });
  }

  #copyOfModel(): DeepSpeech {
    const copy = this.#build().to(this.config.device).eval();
    copy.loadStateDict(this.model.stateDict());
    for (const parameter of copy.parameters()) parameter.requiresGrad = false;
    return copy;
  }

  /** @param dev error rates of these very weights; the progress has those of other epochs */
  #save(path: string, tensors: ReadonlyMap<string, Tensor>, dev: { wer: number; cer: number } | null): void {
    if (!this.team.isFirst) return;
    const { model, progress, optimizer, data, bf16Ways } = this;
    const { resume: _, ...config } = this.config;
    const training = { config, progress, dev, optimizerSteps: optimizer.stepCounts, data, bf16Ways };
    saveRunCheckpoint(
      path,
      { model: model.config, features: config.features, alphabet: this.alphabet, training },
      tensors,
    );
  }

  #restore(runFolder: string): void {
    tidy(() => {
      const checkpoint = loadLast(runFolder);
      restoreModel(this.model, checkpoint);
      const { path } = checkpoint;
      const { config, progress, optimizerSteps } = trainingStateOf(checkpoint);
      const state = tensorsUnder("optimizer.", checkpoint);
      if (state.size === 0)
        throw new UserError(`${path}: holds no optimiser state, so training cannot continue from it.`);
      this.#restoreHeads(checkpoint);
      this.#addNewSlots(state, config);
      this.optimizer.loadStateDict(state, optimizerSteps);
      this.#restoreAverage(checkpoint);
      this.progress = progress;
    });
  }

  /**
   * A head that the run did not have before begins fresh.
   * @throws UserError for one of other dimensions
   */
  #restoreHeads({ path, tensors }: Checkpoint): void {
    const own = this.heads.stateDict();
    for (const [name, { shape }] of own) {
      const given = tensors.get(HEADS + name);
      if (given === undefined || String(given.shape) === String(shape)) continue;
      throw new UserError(
        `${path}: the head for phones is of an earlier release, which had no space between words; resume with ` +
          "--objective.phone-layer 0, or start a new run from it with --init-from.",
      );
    }
    noGrad(() =>
      this.heads.loadStateDict(new Map([...own].map(([name, tensor]) => [name, tensors.get(HEADS + name) ?? tensor]))),
    );
  }

  /** What is trained only from now on, a new head or a parameter that was frozen, has no gradients behind it. */
  #addNewSlots(optimizerState: Map<string, Tensor>, { freeze: frozenBefore }: Pick<TrainConfig, "freeze">): void {
    for (const [name, tensor] of this.optimizer.stateDict()) {
      const isNew = name.startsWith(HEADS) || frozenBefore.some((pattern) => wildcard(`${pattern}.*`).test(name));
      if (isNew && !optimizerState.has(name)) optimizerState.set(name, tensor);
    }
  }

  /** A run that begins to average when it is resumed begins with the weights as they are. */
  #restoreAverage(checkpoint: Checkpoint): void {
    const saved = tensorsUnder(RUNNING_AVERAGE, checkpoint);
    const averages = saved.size > 0 ? saved : this.model.stateDict();
    noGrad(() => this.averaged?.loadStateDict(averages));
  }

  dispose(): void {
    this.model.dispose();
    this.averaged?.dispose();
    this.heads.dispose();
    this.extractor.dispose();
    this.teacher?.dispose();
    this.optimizer.dispose();
    this.#gradientSum?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** A checkpoint's tensors with a prefix, by the rest of their names. */
function tensorsUnder(prefix: string, { tensors }: Checkpoint): Map<string, Tensor> {
  const found = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(found.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
