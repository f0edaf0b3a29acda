/** Counts as people read them: the one place that knows of plurals. */

/** "14,233,053" */
export function formatCount(value: number): string {
  return value.toLocaleString("en-US");
}

/** "1 utterance", "38 utterances", "1,024 boxes" */
export function formatPlural(value: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(value)} ${value === 1 ? noun : plural}`;
}
