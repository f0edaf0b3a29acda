/** Finds what somebody meant by a name that does not exist: a command, a flag, a key of a configuration file. */
import { countErrors, editDistance } from "@deepspeech-ts/speech";

/** Errors allowed for each letter of the wanted name; more, and a suggestion would be a guess. */
const TOLERANCE = 0.41;

/**
 * The name most like `name`; undefined where none is near.
 *
 * Case, hyphens and underscores do not count, and a nested name is also known by its last part alone: "hidden_size"
 * finds "model.hiddenSize", and "--learningRate" finds "--learning-rate".
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestShare = TOLERANCE;
  for (const candidate of candidates) {
    const share = Math.min(difference(name, candidate), difference(name, candidate.split(".").at(-1) ?? candidate));
    if (share >= bestShare) continue;
    best = candidate;
    bestShare = share;
  }
  return best;
}

/** Edit distance as a share of the candidate's letters. */
function difference(name: string, candidate: string): number {
  const wanted = bare(candidate);
  return countErrors(editDistance(wanted, bare(name))) / Math.max(1, wanted.length);
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, "");
}
