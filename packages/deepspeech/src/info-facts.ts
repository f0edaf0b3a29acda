/** What `deepspeech info` shows of anything: rows for people, and JSON for programs. */
import type { Alphabet } from "@deepspeech-ts/speech";
import { formatCount, formatPlural, formatRate } from "./format.js";

export interface Facts {
  /** All that the file says of itself. */
  readonly json: object;
  /** In the order they are shown. */
  readonly rows: readonly (readonly [label: string, text: string])[];
}

export function factLines({ rows }: Facts): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, text]) => `${label.padEnd(width)}  ${text}\n`).join("");
}

/** "16 kB", "1.4 MB", "2.1 GB" */
export function formatSize(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

type Dimensions = Readonly<Record<string, unknown>>;

export function modelText(numParameters: number, model: Dimensions): string {
  const { residualLayers, recurrentLayers, convChannels, hiddenSize, direction } = model;
  const parts = [
    `${formatPlural(Number(residualLayers), "residual layer")} of ${formatPlural(Number(convChannels), "channel")}`,
    `${formatPlural(Number(recurrentLayers), "recurrent layer")} of ${hiddenSize}`,
    direction === "forward" ? "forward alone" : "both ways",
  ];
  return `${formatCount(numParameters)} parameters: ${parts.join(", ")}`;
}

export function featuresText({ numMels, kind, sampleRate, hopSamples, normalisation }: Dimensions): string {
  const hop = (1000 * Number(hopSamples)) / Number(sampleRate);
  return `${numMels} bands of ${kind}, each ${hop} ms of ${sampleRate} Hz; normalisation ${normalisation}`;
}

/** Every character, the space as one that is seen. */
export function alphabetText({ tokens, blankId }: Alphabet, { numPhones = 0 }: Dimensions): string {
  const letters = tokens.filter((_, id) => id !== blankId).map((token) => (token === " " ? "␠" : token));
  const phones = Number(numPhones) > 0 ? "; and English phones" : "";
  return `${formatPlural(tokens.length, "token")}: ${letters.join(" ")}, and the blank (${blankId})${phones}`;
}

interface RunRecord {
  readonly corpora: readonly string[];
  readonly epochs?: number;
  readonly steps?: number;
  readonly dev?: Rates;
}

export function trainingText({ corpora, epochs, steps, dev }: RunRecord): string {
  const parts = [
    corpora.length > 0 ? corpora.join(", ") : "data not stated",
    epochs === undefined ? "" : formatPlural(epochs, "epoch"),
    steps === undefined ? "" : formatPlural(steps, "step"),
    dev === undefined ? "" : `on dev ${ratesText(dev)}`,
  ];
  return parts.filter(Boolean).join("; ");
}

interface Rates {
  readonly wer: number;
  readonly cer: number;
}

export function ratesText({ wer, cer }: Rates): string {
  return `WER ${formatRate(wer)}, CER ${formatRate(cer)}`;
}
