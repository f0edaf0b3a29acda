/**
 * Finds a model's weights in what was saved: the state dict itself, or a dict that holds it among other things, as
 * PyTorch Lightning's checkpoints do. Wrappers put a prefix before every name ("module." of DataParallel, "model." of a
 * Lightning module, "_orig_mod." of torch.compile), which is taken off.
 */
import { printable } from "@deepspeech-ts/speech";
import { describeValue, StoredTensor, Unknown } from "./pickle-values.js";

/** Every model of the reference has it, and nothing else in a checkpoint does. */
const LANDMARK = "fully_connected.weight";
const OWN_NAMES = /^(cnn|rescnn_layers|fully_connected|birnn_layers|classifier)\./;
/** Where a state dict usually is; looked at before any other key. */
const USUAL_KEYS = ["state_dict", "model_state_dict", "model"];

const LONGEST_NAME = 400;

export interface StateDict {
  /** Keys that lead to it from the saved object; "" where it is that object. */
  key: string;
  /** What was taken off its names; printable, as the key is. */
  prefix: string;
  tensors: Map<string, StoredTensor>;
}

/** @throws through `fail` where there is no state dict of the reference's model, or it has more than one model in it */
export function findStateDict(value: unknown, fail: (reason: string) => never): StateDict {
  if (value instanceof Unknown) {
    return fail(
      `holds ${value.typeName}, a whole object of Python's, which this importer does not execute; ${SAVE_STATE}`,
    );
  }
  if (!(value instanceof Map)) return fail(`holds ${describeValue(value)}, not a state dict; ${SAVE_STATE}`);
  const inner = [...USUAL_KEYS, ...value.keys()].map((key) => [key, value.get(key)] as const);
  for (const [key, candidate] of [["", value] as const, ...inner]) {
    if (candidate instanceof Map && prefixesOf(candidate).length > 0) {
      return { key: printable(nameOf(key), LONGEST_NAME), ...strip(candidate, fail) };
    }
  }
  const opaque = USUAL_KEYS.map((key) => value.get(key)).find((candidate) => candidate instanceof Unknown);
  if (opaque)
    return fail(`holds its model as ${describeValue(opaque)}, which this importer does not execute; ${SAVE_STATE}`);
  return fail(`holds no ${LANDMARK}: it is no checkpoint of the reference's DeepSpeech; its keys are ${keysOf(value)}`);
}

const SAVE_STATE = "import what torch.save(model.state_dict(), …) writes";

function prefixesOf(candidate: ReadonlyMap<unknown, unknown>): string[] {
  const names = [...candidate.keys()].filter((key) => typeof key === "string");
  return names
    .filter((name) => name === LANDMARK || name.endsWith(`.${LANDMARK}`))
    .map((name) => name.slice(0, -LANDMARK.length));
}

function strip(
  candidate: ReadonlyMap<unknown, unknown>,
  fail: (reason: string) => never,
): { prefix: string; tensors: Map<string, StoredTensor> } {
  const [prefix = "", second] = prefixesOf(candidate);
  if (second !== undefined) {
    return fail(`holds several models, "${prefix}…" and "${second}…"; save the state dict of one alone`);
  }
  const tensors = new Map<string, StoredTensor>();
  for (const [key, value] of candidate) {
    if (typeof key !== "string" || !key.startsWith(prefix)) continue;
    const name = key.slice(prefix.length);
    // Losses and metrics have weights, too.
    if (!OWN_NAMES.test(name)) continue;
    if (value instanceof StoredTensor) tensors.set(name, value);
    else fail(`holds ${key} as ${describeValue(value)}, which this importer does not execute; ${SAVE_STATE}`);
  }
  return { prefix: printable(prefix, LONGEST_NAME), tensors };
}

/** Keys may be anything that Python can hash, tuples within tuples too. */
function nameOf(key: unknown): string {
  return typeof key === "string" ? key : describeValue(key);
}

function keysOf(value: ReadonlyMap<unknown, unknown>): string {
  const shown = [...value.keys()].slice(0, 5).map((key) => JSON.stringify(nameOf(key).slice(0, 40)));
  return `${shown.join(", ")}${value.size > shown.length ? ", …" : ""}` || "none";
}
