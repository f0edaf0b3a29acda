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
    fieldOf("model", model),
    fieldOf("response_format", "verbose_json"),
    fieldOf("timestamp_granularities[]", "word"),
    fieldOf("decoding", isGreedy ? "greedy" : "beam"),
    ...(!isGreedy && hotWords.length > 0 ? [fieldOf("hot_words", hotWords.join(","))] : []),
    // In quotes of curl's own, for commas and semicolons mean something to it.
    `-F ${quoted(`file=@"${fileName.replace(/["\\]/g, "\\$&")}"`)}`,
  ];
  return [`curl ${quoted(new URL("v1/audio/transcriptions", url).href)}`, ...words].join(" \\\n  ");
}

/** As text, whatever it begins with: for -F alone, "@" and "<" would read files. */
function fieldOf(name: string, value: string): string {
  return `--form-string ${quoted(`${name}=${value}`)}`;
}

function quoted(text: string): string {
  return /^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
