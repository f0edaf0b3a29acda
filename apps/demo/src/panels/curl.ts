/** The line for a terminal that does what the page does. */

export interface CurlWish {
  readonly url: string;
  readonly model: string;
  readonly fileName: string;
  readonly isGreedy: boolean;
  readonly hotWords: readonly string[];
  readonly isLocked: boolean;
}

/** For POSIX shells. */
export function curlLine({ url, model, fileName, isGreedy, hotWords, isLocked }: CurlWish): string {
  const words = [
    ...(isLocked ? ['-H "Authorization: Bearer $DEEPSPEECH_API_KEY"'] : []),
    `-F model=${quoted(model)}`,
    "-F response_format=verbose_json",
    "-F 'timestamp_granularities[]=word'",
    `-F decoding=${isGreedy ? "greedy" : "beam"}`,
    ...(!isGreedy && hotWords.length > 0 ? [`-F hot_words=${quoted(hotWords.join(","))}`] : []),
    `-F file=${quoted(`@${fileName}`)}`,
  ];
  return [`curl ${quoted(new URL("v1/audio/transcriptions", url).href)}`, ...words].join(" \\\n  ");
}

function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
