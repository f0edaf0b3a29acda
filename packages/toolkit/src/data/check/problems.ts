/** What can be wrong with an utterance. The order is that of the report: the gravest first. */

/** "fatal": of no use, so that --fix leaves the utterance out; "mended" by --fix; or for a person to "judge". */
export type Severity = "fatal" | "mended" | "judge";

export interface ProblemKind {
  readonly name: string;
  /** The report's heading. */
  readonly title: string;
  readonly severity: Severity;
}

/** All that a check looks for, and whether it makes an utterance useless. */
export const PROBLEM_KINDS = [
  kind("unreadable", "fatal", "audio that cannot be read"),
  kind("no-words", "fatal", "transcripts without words"),
  kind("odd-characters", "fatal", "transcripts that cannot be spelt with the alphabet"),
  kind("too-few-frames", "fatal", "transcripts too long for their audio: the CTC loss would be infinite"),
  kind("too-short", "fatal", "recordings shorter than training takes (--min-duration-seconds)"),
  kind("too-long", "fatal", "recordings longer than training takes (--max-duration-seconds)"),
  kind("refused", "fatal", "recordings that training refuses"),
  kind("silence", "fatal", "recordings of silence"),
  kind("duplicate", "fatal", "the same recording again"),
  kind("held-out-audio", "fatal", "recordings that are in the held-out data too"),
  kind("wrong-duration", "mended", "durations that are stated wrongly: training leaves them out"),
  kind("clipping", "judge", "recordings that are clipped"),
  kind("low-rate", "judge", "sample rates too low for the model: the upper part of speech is missing"),
  kind("odd-speed", "judge", "characters a second far from the rest: the transcript may be another's"),
  kind("held-out-speaker", "judge", "speakers who are in the held-out data too: error rates will look too good"),
] as const satisfies readonly ProblemKind[];

export type ProblemName = (typeof PROBLEM_KINDS)[number]["name"];

/** What is wrong with one utterance. */
export interface Problem {
  readonly kind: ProblemName;
  readonly utteranceId: string;
  readonly detail: string;
}

export function severityOf(name: ProblemName): Severity {
  return PROBLEM_KINDS.find((kind) => kind.name === name)!.severity;
}

function kind<const N extends string>(name: N, severity: Severity, title: string) {
  return { name, severity, title };
}
