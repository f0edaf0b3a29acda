/** Utterances whose pieces may be joined: those of one speaker, so many as memory holds. */
import type { Random } from "../random.js";
import type { Utterance } from "../types.js";

/** Speakers with fewer utterances than these are one group together: of so few pieces, nothing new can be said. */
const LEAST_UTTERANCES = 8;
/** 115 MB of samples. */
const MOST_SECONDS = 1800;

/** Each utterance is in one group; those of a speaker with hours of speech are dealt into several. */
export function groupsOfSpeakers(utterances: readonly Utterance[], random: Random): Utterance[][] {
  const bySpeaker = new Map<string, Utterance[]>();
  for (const utterance of utterances) {
    const own = bySpeaker.get(utterance.speaker);
    if (own) own.push(utterance);
    else bySpeaker.set(utterance.speaker, [utterance]);
  }
  const isSmall = (own: readonly Utterance[]) => own.length < LEAST_UTTERANCES;
  const all = [...bySpeaker.values()];
  const large = all.filter((own) => !isSmall(own)).sort((a, b) => a.length - b.length);
  const rest = all.filter(isSmall).flat();
  // Where all rare speakers together are rare, the least frequent of the others is with them.
  const joined = isSmall(rest) && large.length > 0 ? [rest.concat(large[0]!), ...large.slice(1)] : [...large, rest];
  return joined.filter(({ length }) => length > 0).flatMap((group) => dealt(random.shuffle([...group])));
}

/** Into groups that last about as long as each other. */
function dealt(utterances: readonly Utterance[]): Utterance[][] {
  const seconds = utterances.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  const count = Math.min(utterances.length, Math.ceil(seconds / MOST_SECONDS));
  const groups = Array.from({ length: count }, () => ({ seconds: 0, own: [] as Utterance[] }));
  for (const utterance of utterances) {
    const shortest = groups.reduce((least, group) => (group.seconds < least.seconds ? group : least));
    shortest.own.push(utterance);
    shortest.seconds += utterance.durationSeconds;
  }
  return groups.map(({ own }) => own).filter(({ length }) => length > 0);
}
