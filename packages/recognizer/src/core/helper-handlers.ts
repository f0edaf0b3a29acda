/** What the threads that decode sound files and search for texts answer to. */
import {
  type Alphabet,
  alignTextInSteps,
  type Bundle,
  type ConfidenceCalibration,
  type Emissions,
  type LanguageModel,
  NgramModel,
  PronouncedModel,
  type Steps,
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
  /** How its words are spoken, where they are found by that: see `PronouncedModel`. */
  readonly pronunciations: string | undefined;
}

/** @param canShare whether threads may share memory here; each has a copy of the language model where they may not */
export function knowledgeOf({ header, section }: Bundle, canShare: boolean): Knowledge {
  const languageModel = section("language-model.bin");
  const pronunciations = section("pronunciations.txt");
  return {
    alphabet: header.alphabet,
    frameSeconds: header.frameSeconds,
    confidenceCalibration: header.decoding.confidenceCalibration ?? UNCALIBRATED,
    languageModel: languageModel && (canShare ? shared(languageModel) : languageModel.slice().buffer),
    pronunciations: pronunciations && new TextDecoder().decode(pronunciations),
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
  { alphabet, frameSeconds, confidenceCalibration, languageModel, pronunciations }: Knowledge,
  openFile: OpenFile,
) {
  let opened: SearchKnowledge | undefined;
  const knowledge = () => {
    opened ??= { alphabet, languageModel: languageModel && openModel(languageModel, pronunciations) };
    return opened;
  };
  const searches = new Map<number, SegmentSearch>();
  const searchAfter = ({ id, settings, numBefore, settled }: SearchStep) => {
    if (numBefore === 0) searches.set(id, new SegmentSearch(settings, knowledge()));
    const search = searches.get(id);
    for (const emissions of settled) search?.settle(emissions);
    return search;
  };
  const work = new LongWork();
  const readers = new Map<number, AudioReader>();
  return {
    /** Throws SpeechError for a language model that is none. */
    async ready() {
      knowledge();
      return plain(undefined);
    },

    /** @param id under which it may be given up; of no other call that is under way */
    async search(id: number, emissions: Emissions, settings: SearchSettings) {
      return plain(await work.finish(id, searchText(emissions, settings, knowledge())));
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

    /** @param id as `search` takes it */
    async align(id: number, emissions: Emissions, text: string) {
      const steps = alignTextInSteps(emissions, text, alphabet, { frameSeconds, confidenceCalibration });
      return plain(await work.finish(id, steps));
    },

    /** The call, if it is still under way, ends with an error. */
    async giveUp(id: number) {
      work.giveUp(id);
      return plain(undefined);
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

function openModel(bytes: SharedArrayBuffer | ArrayBuffer, pronunciations: string | undefined): LanguageModel {
  // The bundle's checksums have been compared; the bytes are used in place, shared or not.
  const model = NgramModel.fromBuffer(bytes as ArrayBuffer, { verify: false });
  return pronunciations === undefined ? model : new PronouncedModel(model, pronunciations);
}

/** What may take a minute: other calls have their turns in between, and it may be given up. */
class LongWork {
  readonly #underWay = new Set<number>();

  async finish<T>(id: number, steps: Steps<T>): Promise<T> {
    this.#underWay.add(id);
    try {
      for (;;) {
        const { done, value } = steps.next();
        if (done) return value;
        await new Promise((resolve) => setTimeout(resolve));
        if (!this.#underWay.has(id)) throw new Error("the work was given up");
      }
    } finally {
      this.#underWay.delete(id);
    }
  }

  giveUp(id: number): void {
    this.#underWay.delete(id);
  }
}

function plain(result: unknown): Transferred {
  return { result, transfer: [] };
}
