/** The threads that decode sound files and search for texts. */
import { workerData } from "node:worker_threads";
import {
  type Alphabet,
  alignText,
  type ConfidenceCalibration,
  type Emissions,
  NgramModel,
} from "@deepspeech-ts/speech";
import { type SearchSettings, searchPartialText, searchText } from "../core/search.js";
import { AudioReader, type AudioSource } from "./audio-reader.js";
import { serveCalls, type Transferred } from "./calls.js";

export interface HelperWorkerData {
  readonly alphabet: Alphabet;
  readonly frameSeconds: number;
  readonly confidenceCalibration: ConfidenceCalibration;
  /** The language model's binary file, shared by all helpers. */
  readonly languageModel: SharedArrayBuffer | undefined;
}

const { alphabet, frameSeconds, confidenceCalibration, languageModel } = workerData as HelperWorkerData;
const knowledge = {
  alphabet,
  // The bundle's checksums have been compared; the bytes are used in place, shared or not.
  languageModel: languageModel && NgramModel.fromBuffer(languageModel as unknown as ArrayBuffer, { verify: false }),
};
const readers = new Map<number, AudioReader>();

const plain = (result: unknown): Transferred => ({ result, transfer: [] });

serveCalls({
  async search(emissions: Emissions, settings: SearchSettings, settledEnds: number[]) {
    return plain(searchText(emissions, settings, knowledge, settledEnds));
  },

  async searchPartial(emissions: Emissions, settings: SearchSettings, settledEnds: number[]) {
    return plain(searchPartialText(emissions, settings, knowledge, settledEnds));
  },

  async align(emissions: Emissions, text: string) {
    return plain(alignText(emissions, text, alphabet, { frameSeconds, confidenceCalibration }));
  },

  /** Begins with a sound file or raw samples, under a number that the caller chooses. */
  async openAudio(id: number, source: AudioSource) {
    readers.set(id, new AudioReader(source));
    return plain(undefined);
  },

  /** The next samples; undefined at the end. */
  async readAudio(id: number) {
    const reader = readers.get(id);
    // Its thread died, and this is another; the recording's end must not seem to be here.
    if (!reader) throw new Error("the thread that read the recording stopped");
    const samples = await reader.next();
    return { result: samples, transfer: samples ? [samples.buffer] : [] };
  },

  async closeAudio(id: number) {
    const reader = readers.get(id);
    readers.delete(id);
    await reader?.close();
    return plain(undefined);
  },
});
