/** What a run can see beforehand to be other than it seems; training goes on all the same. */
import { resolve } from "node:path";
import { type AudioFacts, measureAudio } from "../data/check/audio-facts.js";
import { isSameSound } from "../data/check/same-sound.js";
import type { PreparedUtterance } from "../data/prepare.js";

/** Recordings that are listened to, in search of one under two names. */
const MOST_HEARD = 200;
const MOST_CANDIDATES = 3;
/** Longer ones are not decoded for this. */
const LONGEST_HEARD_SECONDS = 60;
/** Lengths of one recording in two lists may be rounded apart. */
const ROUNDING_SECONDS = 0.06;

type Utterances = readonly PreparedUtterance[];

/** Recordings that are in two of the corpora: what is trained on, or chosen by, measures nothing. */
export async function overlapWarnings(corpora: {
  train: Utterances;
  dev: Utterances;
  test: Utterances | undefined;
}): Promise<string[]> {
  const { train, dev, test = [] } = corpora;
  const listener = new Listener();
  const found = [
    overlapText("dev", "trained on", dev, await sharedRecordings(train, dev, listener)),
    overlapText("test", "trained on", test, await sharedRecordings(train, test, listener)),
    overlapText("test", "in dev", test, await sharedRecordings(dev, test, listener)),
  ];
  return found.filter((text) => text !== undefined);
}

interface Shared {
  own: PreparedUtterance;
  other: PreparedUtterance;
}

function overlapText(name: string, where: string, corpus: Utterances, shared: readonly Shared[]): string | undefined {
  const [first] = shared;
  if (!first) return undefined;
  const alias = first.own.id === first.other.id ? "" : `, which is ${first.other.id} there`;
  return `${shared.length} of ${corpus.length} ${name} recordings are ${where} too (the first: ${first.own.id}${alias}): error rates on ${name} will look better than they are`;
}

/** Those of `held` that are in `corpus` too: by their paths, or, where text and length are the same, by their sound. */
async function sharedRecordings(corpus: Utterances, held: Utterances, listener: Listener): Promise<Shared[]> {
  if (held.length === 0) return [];
  const byPath = new Map(corpus.map((utterance) => [resolve(utterance.audioPath), utterance]));
  const byText = new Map<string, PreparedUtterance[]>(held.map(({ targetText }) => [targetText, []]));
  for (const utterance of corpus) byText.get(utterance.targetText)?.push(utterance);
  const shared: Shared[] = [];
  for (const own of held) {
    const other =
      byPath.get(resolve(own.audioPath)) ?? (await listener.findSame(own, byText.get(own.targetText) ?? []));
    if (other) shared.push({ own, other });
  }
  return shared;
}

/** Listens to so many recordings, and no more. */
class Listener {
  readonly #heard = new Map<string, Promise<AudioFacts | undefined>>();

  async findSame(own: PreparedUtterance, others: Utterances): Promise<PreparedUtterance | undefined> {
    if (own.durationSeconds > LONGEST_HEARD_SECONDS) return undefined;
    const isAlike = ({ durationSeconds }: PreparedUtterance) =>
      Math.abs(durationSeconds - own.durationSeconds) <= ROUNDING_SECONDS;
    const candidates = others.filter(isAlike).slice(0, MOST_CANDIDATES);
    if (candidates.length === 0) return undefined;
    const facts = await this.#listen(own);
    for (const candidate of candidates) {
      const others = await this.#listen(candidate);
      if (facts && others && isSameSound(facts, others)) return candidate;
    }
    return undefined;
  }

  /** Undefined where the recording cannot be read, or enough have been. */
  #listen({ audioPath }: PreparedUtterance): Promise<AudioFacts | undefined> {
    const known = this.#heard.get(audioPath);
    if (known || this.#heard.size >= MOST_HEARD) return known ?? Promise.resolve(undefined);
    const measured = measureAudio(audioPath).catch(() => undefined);
    this.#heard.set(audioPath, measured);
    return measured;
  }
}
