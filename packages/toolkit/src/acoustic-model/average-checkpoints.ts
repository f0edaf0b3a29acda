/**
 * The mean of several checkpoints' weights, which is often better than each (Izmailov et al. 2018, arXiv:1803.05407;
 * usual in speech recognition as "checkpoint averaging").
 */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { type Tensor, tidy } from "@deepspeech-ts/torch";
import { type Checkpoint, type CheckpointHeader, loadCheckpoint } from "./checkpoint.js";

/**
 * @param paths checkpoint files or runs' folders, two or more
 * @returns weights as `model.<name>` and the first's header; the tensors belong to the open scope
 * @throws UserError where one cannot be read, or is of another model, features or alphabet than the first
 */
export function averageCheckpoints(paths: readonly string[]): Pick<Checkpoint, "header" | "tensors"> {
  if (paths.length < 2) throw new UserError(`${paths.length} checkpoint given; an average needs two or more.`);
  const first = loadCheckpoint(paths[0]!);
  const sums = new Map<string, Tensor>();
  for (const [name, tensor] of weightsOf(first)) sums.set(name, tensor.to("float64"));
  for (const path of paths.slice(1)) addTo(sums, first, path);
  const means = [...sums].map(([name, sum]): [string, Tensor] => [name, sum.div(paths.length).to("float32")]);
  return { header: first.header, tensors: new Map(means) };
}

function addTo(sums: Map<string, Tensor>, first: Checkpoint, path: string): void {
  tidy(() => {
    const next = loadCheckpoint(path);
    if (architecture(next.header) !== architecture(first.header)) {
      throw new UserError(
        `${next.path}: is of another model, features or alphabet than ${first.path}; average checkpoints of one run.`,
        { code: "bad-checkpoint" },
      );
    }
    for (const [name, tensor] of weightsOf(next)) sums.get(name)!.add_(tensor);
  });
}

function weightsOf({ tensors }: Checkpoint): [string, Tensor][] {
  return [...tensors].filter(([name]) => name.startsWith("model."));
}

/** Dropout changes how weights are trained, and not what they are for. */
function architecture({ model: { dropout: _, ...model }, features, alphabet }: CheckpointHeader): string {
  return JSON.stringify([model, features, alphabet]);
}
