/**
 * Brings a checkpoint of the reference, as PyTorch or PyTorch Lightning wrote it, into our own form: weights as float32,
 * dimensions from their shapes, the reference's features. No Python is needed, and none in the file is run.
 */
import { basename } from "node:path";
import { requireWritable, UserError } from "@deepspeech-ts/recognizer/system";
import type { Alphabet } from "@deepspeech-ts/speech";
import { call, fromTypedArray, type Tensor, tidy } from "@deepspeech-ts/torch";
import { saveCheckpoint } from "../acoustic-model/checkpoint.js";
import { type FeatureConfig, featureConfigSchema } from "../acoustic-model/feature-config.js";
import type { ModelConfig } from "../acoustic-model/model-config.js";
import { CheckpointFile } from "./checkpoint-file.js";
import { chooseAlphabet } from "./choose-alphabet.js";
import { importWarnings } from "./import-warnings.js";
import { inferConfig } from "./infer-config.js";
import type { Storage, StoredTensor } from "./pickle-values.js";
import { findStateDict, type StateDict } from "./state-dict.js";
import { readTorchArchive, type TorchArchive } from "./torch-archive.js";

const FLOATING = new Set(["float16", "bfloat16", "float32", "float64"]);
/** A file can name tensors larger than itself, whose elements repeat; no model of this family is nearly as large. */
const MAX_PARAMETERS = 500_000_000;

/** Which checkpoint of the reference's is read, and how. */
export interface ImportOptions {
  /** The .ckpt, .pt or .pth file. */
  source: string;
  /** The checkpoint to write, ending in .safetensors. */
  output: string;
  /** See `chooseAlphabet`. */
  alphabet: string;
  /** "batch" gives the outputs that the reference gives; "time" is for training on. */
  recurrence: ModelConfig["recurrence"];
}

/** What a checkpoint of the reference's held. */
export interface ImportSummary {
  model: ModelConfig;
  features: FeatureConfig;
  alphabet: Alphabet;
  numParameters: number;
  /** Where in the file the weights were: a key ("" for none), and what stood before their names. */
  found: Pick<StateDict, "key" | "prefix">;
  /** The weights' dtypes in the file. */
  dtypes: string[];
  /** What the person should know before using the model. */
  warnings: string[];
}

/**
 * Imports a checkpoint. Nothing is written where anything is wrong with it.
 *
 * @throws UserError for a file that is broken, holds no model of the reference, or names what no checkpoint needs; for
 * an alphabet that does not fit; and where the output cannot be written
 */
export function importCheckpoint({ source, output, alphabet: choice, recurrence }: ImportOptions): ImportSummary {
  if (!output.endsWith(".safetensors")) {
    throw new UserError(`${output}: a checkpoint's name ends in .safetensors; choose such a name.`, {
      exitCode: 2,
    });
  }
  requireWritable(output, [source]);
  using file = new CheckpointFile(source);
  const archive = readTorchArchive(file);
  const { tensors, ...found } = findStateDict(archive.value, file.fail.bind(file));
  const numParameters = countParameters(tensors, file);
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  const model = { ...inferConfig(shapes, file.fail.bind(file)), recurrence };
  const alphabet = chooseAlphabet(choice, model.numTokens);
  const features = featureConfigSchema.parse({ kind: "mel", numMels: model.numMels, normalisation: "none" });
  tidy(() => {
    const header = { model, features, alphabet, training: { importedFrom: basename(source) } };
    saveCheckpoint(output, header, readTensors(tensors, archive, file));
  });
  const dtypes = [...new Set([...tensors.values()].map(({ storage }) => storage.type.dtype))];
  const warnings = importWarnings(model, choice, archive.numDamaged());
  return { model, features, alphabet, numParameters, found, dtypes, warnings };
}

function countParameters(tensors: ReadonlyMap<string, StoredTensor>, file: CheckpointFile): number {
  let total = 0;
  for (const [name, tensor] of tensors) {
    const { dtype } = tensor.storage.type;
    if (!FLOATING.has(dtype)) file.fail(`holds ${name} as ${dtype}; quantised models cannot be imported`);
    total += tensor.numElements;
  }
  if (total > MAX_PARAMETERS)
    file.fail(`holds a model of ${total} parameters; up to ${MAX_PARAMETERS} can be imported`);
  return total;
}

/** Named as a checkpoint of ours names them. Tensors that share a storage are read from it once. */
function readTensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  archive: TorchArchive,
  file: CheckpointFile,
): Map<string, Tensor> {
  const storages = new Map<string, Tensor>();
  const read = (storage: Storage) => {
    const { numElements } = storage;
    const { dtype } = storage.type;
    // A file may call one storage by two lengths or types; each is checked on its own.
    const identity = `${storage.key} ${dtype} ${numElements}`;
    const elements = storages.get(identity) ?? fromTypedArray(archive.readStorage(storage), [numElements], { dtype });
    storages.set(identity, elements);
    return elements;
  };
  const entries = [...tensors].map(([name, { storage, shape, strides, offset }]) => {
    const tensor = call("as_strided", [read(storage), shape, strides, offset])
      .to("float32")
      .contiguous();
    if (!call("all", [call("isfinite", [tensor])]).item()) {
      file.fail(`holds ${name} with values that are no finite numbers: its training diverged; import an earlier one`);
    }
    return [`model.${name}`, tensor] as const;
  });
  return new Map(entries);
}
