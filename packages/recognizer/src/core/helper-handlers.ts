/** What the threads that decode sound files and search for texts answer to. */
import {
  type Alphabet,
  alignText,
  type Bundle,
  type ConfidenceCalibration,
  type Emissions,
  NgramModel,
  UNCALIBRATED,
} from "@deepspeech-ts/speech";
import { AudioReader, type AudioSource, type OpenFile } from "./audio-reader.js";
import type { Transferred } from "./calls.js";
import { type SearchKnowledge, type SearchSettings, SegmentSearch, searchText } from "./search.js";

/** What they know of the bundle. Plain data: it crosses from thread to thread. */
export interface Knowledge {
  readonly alphabet: Alphabet;
  readonly frameSeconds: number;
  readonly confidenceCalibration: ConfidenceCalibration;
  /** The language model's binary file, shared by all of them where memory can be. */
  readonly languageModel: SharedArrayBuffer | ArrayBuffer | undefined;
}

/** @param canShare whether threads may share memory here; each has a copy of the language model where they may not */
export function knowledgeOf({ header, section }: Bundle, canShare: boolean): Knowledge {
  const languageModel = section("language-model.bin");
  return {
    alphabet: header.alphabet,
    frameSeconds: header.frameSeconds,
    confidenceCalibration: header.decoding.confidenceCalibration ?? UNCALIBRATED,
    languageModel: languageModel && (canShare ? shared(languageModel) : languageModel.slice().buffer),
  };
}

function shared(bytes: Uint8Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

/** What a live segment's search is told at a time. */
export interface SearchStep {
  /** Which the caller chooses. */
  readonly id: number;
  readonly settings: SearchSettings;
  /** How many times frames were settled before those that are told now. */
  readonly numBefore: number;
  readonly settled: readonly Emissions[];
  readonly tail: Emissions;
}

export type HelperHandlers = ReturnType<typeof helperHandlers>;

export function helperHandlers(
  { alphabet, frameSeconds, confidenceCalibration, languageModel }: Knowledge,
  openFile: OpenFile,
) {
  let opened: SearchKnowledge | undefined;
  const knowledge = () => {
    opened ??= {
      alphabet,
      // The bundle's checksums have been compared; the bytes are used in place, shared or not.
      languageModel: languageModel && NgramModel.fromBuffer(languageModel as ArrayBuffer, { verify: false }),
    };
    return opened;
  };
  const searches = new Map<number, SegmentSearch>();
  const searchAfter = ({ id, settings, numBefore, settled }: SearchStep) => {
    if (numBefore === 0) searches.set(id, new SegmentSearch(settings, knowledge()));
    const search = searches.get(id);
    for (const emissions of settled) search?.settle(emissions);
    return search;
  };
  const readers = new Map<number, AudioReader>();
  return {
    /** Throws SpeechError for a language model that is none. */
    async ready() {
      knowledge();
      return plain(undefined);
    },

    async search(emissions: Emissions, settings: SearchSettings) {
      return plain(searchText(emissions, settings, knowledge()));
    },

    /** `PartialText` of a live segment; undefined where this thread does not know what came before. */
    async searchOn(step: SearchStep) {
      return plain(searchAfter(step)?.partial(step.tail));
    },

    /** As `searchOn`, of a segment that ends: its texts. */
    async endSearch(step: SearchStep) {
      const search = searchAfter(step);
      searches.delete(step.id);
      return plain(search?.end(step.tail));
    },

    async dropSearch(id: number) {
      searches.delete(id);
      return plain(undefined);
    },

    async align(emissions: Emissions, text: string) {
      return plain(alignText(emissions, text, alphabet, { frameSeconds, confidenceCalibration }));
    },

    /** Begins with a sound file or raw samples, under a number that the caller chooses. */
    async openAudio(id: number, source: AudioSource) {
      readers.set(id, new AudioReader(source, openFile));
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
  };
}

function plain(result: unknown): Transferred {
  return { result, transfer: [] };
}
