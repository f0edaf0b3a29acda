/**
 * Several corpora as one. Ids are each an utterance's own only within a corpus, and what measures, compares and reports
 * goes by them: of two corpora with the same names, the wrong utterances would be paired in silence.
 */
import { resolve, sep } from "node:path";
import { loadUtterances } from "./manifest.js";
import type { Corpus } from "./types.js";

/**
 * Reads corpora, in their order. An id that came before gets its corpus in front, `bob/list.jsonl:wav/0001`; all others
 * stay as they are.
 *
 * @param paths manifests, packed corpora, or folders in LibriSpeech's layout
 * @throws UserError where one cannot be read, or holds no utterance at all
 */
export async function loadCorpora(paths: readonly string[]): Promise<Corpus> {
  const names = distinctNames(paths);
  const taken = new Set<string>();
  const joined: Corpus = { utterances: [], leftOut: [] };
  for (const [place, path] of paths.entries()) {
    const { utterances, leftOut } = await loadUtterances(path);
    // One by one: a corpus has more utterances than a call may have arguments.
    for (const utterance of utterances) {
      const id = freeId(utterance.id, names[place]!, taken);
      taken.add(id);
      joined.utterances.push(id === utterance.id ? utterance : { ...utterance, id });
    }
    for (const item of leftOut) joined.leftOut.push(item);
  }
  return joined;
}

function freeId(id: string, name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(id)) return id;
  let free = `${name}:${id}`;
  // The same corpus may be named more than twice.
  for (let count = 2; taken.has(free); count++) free = `${name}:${id}#${count}`;
  return free;
}

/**
 * As much of each path's end as no other ends in. The whole path would make other ids of the same corpora in another
 * folder or on another machine, where a run that is resumed, or shared, must find the same.
 */
function distinctNames(paths: readonly string[]): string[] {
  const whole = paths.map((path) => resolve(path));
  return whole.map((path) => {
    const others = whole.filter((other) => other !== path);
    const depths = path.split(sep).map((_, i) => i + 1);
    const isOwn = (depth: number) => others.every((other) => endOf(other, depth) !== endOf(path, depth));
    return endOf(path, depths.find(isOwn) ?? depths.length);
  });
}

/** Forward slashes, so that ids are the same under Windows. */
function endOf(path: string, depth: number): string {
  return path.split(sep).slice(-depth).join("/");
}
