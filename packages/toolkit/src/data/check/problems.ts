/** What can be wrong with an utterance. The order is that of the report: the gravest first. */

export interface ProblemKind {
  readonly name: string;
  /** The report's heading. */
  readonly title: string;
  /** Whether the utterance is of no use, so that --fix leaves it out; otherwise it is for a person to judge. */
  readonly isFatal: boolean;
}

export const PROBLEM_KINDS = [
  fatal("unreadable", "audio that cannot be read"),
  fatal("no-words", "transcripts without words"),
  fatal("odd-characters", "transcripts that cannot be spelt with the alphabet"),
  fatal("too-few-frames", "transcripts too long for their audio: the CTC loss would be infinite"),
  fatal("silence", "recordings of silence"),
  fatal("duplicate", "the same recording again"),
  fatal("held-out-audio", "recordings that are in the held-out data too"),
  warning("wrong-duration", "durations that are stated wrongly (--fix corrects them)"),
  warning("clipping", "recordings that are clipped"),
  warning("low-rate", "sample rates too low for the model: the upper part of speech is missing"),
  warning("odd-speed", "characters a second far from the rest: the transcript may be another's"),
  warning("held-out-speaker", "speakers who are in the held-out data too: error rates will look too good"),
] as const satisfies readonly ProblemKind[];

export type ProblemName = (typeof PROBLEM_KINDS)[number]["name"];

export interface Problem {
  readonly kind: ProblemName;
  readonly utteranceId: string;
  readonly detail: string;
}

export function isFatal(name: ProblemName): boolean {
  return PROBLEM_KINDS.some((kind) => kind.name === name && kind.isFatal);
}

function fatal<const N extends string>(name: N, title: string) {
  return { name, title, isFatal: true };
}

function warning<const N extends string>(name: N, title: string) {
  return { name, title, isFatal: false };
}
