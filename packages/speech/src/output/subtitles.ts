/** Subtitles: SubRip (.srt), which has no standard but is read everywhere, and WebVTT (W3C, "WebVTT", 2019). */

import type { Cue } from "./cues.js";
import { formatTimestamp, toMilliseconds } from "./timestamp.js";

/** `cues` as SubRip: numbered from 1, times as "00:00:01,000 --> 00:00:02,500". */
export function formatSrt(cues: readonly Cue[]): string {
  return cues.map((cue, index) => `${index + 1}\n${timeLine(cue, ",")}\n${cue.lines.join("\n")}\n`).join("\n");
}

/** `cues` as WebVTT; &, < and > are escaped. */
export function formatVtt(cues: readonly Cue[]): string {
  return ["WEBVTT\n", ...cues.map((cue) => `${timeLine(cue, ".")}\n${escapeVtt(cue.lines.join("\n"))}\n`)].join("\n");
}

/** A cue too short for its milliseconds to differ lasts one: WebVTT allows none without length. */
function timeLine({ startSeconds, endSeconds }: Cue, decimalMark: "." | ","): string {
  const start = toMilliseconds(startSeconds);
  const end = Math.max(toMilliseconds(endSeconds), start + 1);
  return `${formatTimestamp(start, decimalMark)} --> ${formatTimestamp(end, decimalMark)}`;
}

function escapeVtt(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
