/** Every output format by its name, which is also its file's extension. */

import { SpeechError } from "../errors.js";
import { type Cue, type CueOptions, splitIntoCues } from "./cues.js";
import { formatJson } from "./json.js";
import { formatSrt, formatVtt } from "./subtitles.js";
import type { Transcript } from "./transcript.js";
import { formatCtm, formatTsv } from "./word-tables.js";

type Formatter = (transcript: Transcript, cues: CueOptions) => string;

const FORMATTERS = {
  txt: ({ text }) => `${text}\n`,
  json: formatJson,
  srt: (transcript, cues) => formatSrt(cuesOf(transcript, cues)),
  vtt: (transcript, cues) => formatVtt(cuesOf(transcript, cues)),
  ctm: (transcript) => formatCtm(transcript),
  tsv: formatTsv,
} satisfies Record<string, Formatter>;

function cuesOf({ timedWords, durationSeconds }: Transcript, options: CueOptions): Cue[] {
  return splitIntoCues(timedWords, { ...(durationSeconds !== undefined && { durationSeconds }), ...options });
}

/** A format that `formatTranscript` writes. */
export type OutputFormat = keyof typeof FORMATTERS;

/** The formats that `formatTranscript` writes. */
export const outputFormats = Object.keys(FORMATTERS) as readonly OutputFormat[];

/**
 * `transcript` in `format`, ending in a line break; `cues` shape the subtitles of SRT and VTT.
 *
 * @throws SpeechError `invalid-option` at an unknown format or, for CTM, an id of several words; `number-out-of-range`
 *   at an impossible time or cue limit
 */
export function formatTranscript(transcript: Transcript, format: OutputFormat, cues: CueOptions = {}): string {
  if (!Object.hasOwn(FORMATTERS, format)) {
    throw new SpeechError("invalid-option", `${format} is no output format; there are ${outputFormats.join(", ")}`);
  }
  const formatter: Formatter = FORMATTERS[format];
  return formatter(transcript, cues);
}
