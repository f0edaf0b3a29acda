/**
 * The search over a live segment, step by step. A beam lives in a helper, which is told what is new; should the helper
 * have died, the next one is told everything. Greedy search takes less time than the way to a helper, and is done here.
 */
import type { Alphabet, Emissions } from "@deepspeech-ts/speech";
import type { CallClient } from "./call-client.js";
import type { SearchStep } from "./helper-handlers.js";
import { concatenated } from "./join-emissions.js";
import { type FoundText, type PartialText, type SearchSettings, SegmentSearch } from "./search.js";

/** `SegmentSearch`, wherever it is. */
export interface LiveSearch {
  settle(emissions: Emissions): void;
  partial(tail: Emissions): Promise<PartialText>;
  end(tail: Emissions): Promise<FoundText[]>;
  /** Lets go of a search that may not have ended. */
  close(): void;
}

export class HelperSearch implements LiveSearch {
  readonly #helper: CallClient;
  readonly #id: number;
  readonly #settings: SearchSettings;
  readonly #settled: Emissions[] = [];
  /** Of what was settled. */
  #numSent = 0;
  #isOpen = false;

  /** @param id of no other search in the same helper */
  constructor(helper: CallClient, id: number, settings: SearchSettings) {
    this.#helper = helper;
    this.#id = id;
    this.#settings = settings;
  }

  settle(emissions: Emissions): void {
    this.#settled.push(emissions);
  }

  partial(tail: Emissions): Promise<PartialText> {
    this.#isOpen = true;
    return this.#call("searchOn", tail);
  }

  end(tail: Emissions): Promise<FoundText[]> {
    this.#isOpen = false;
    return this.#call("endSearch", tail);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#helper.call("dropSearch", [this.#id]).catch(() => {});
  }

  async #call<R>(method: "searchOn" | "endSearch", tail: Emissions): Promise<R> {
    const numSent = this.#numSent;
    this.#numSent = this.#settled.length;
    const send = (numBefore: number) => {
      const settled = this.#settled.slice(numBefore);
      const step: SearchStep = { id: this.#id, settings: this.#settings, numBefore, settled, tail };
      return this.#helper.call<R | undefined>(method, [step]);
    };
    return ((await send(numSent)) ?? (await send(0))) as R;
  }
}

export class GreedySearch implements LiveSearch {
  readonly #search: SegmentSearch;
  readonly #alignedText: ((emissions: Emissions) => Promise<FoundText[]>) | undefined;
  readonly #settled: Emissions[] = [];

  /** @param alignedText where words' times are asked for: the whole segment's text with them, which takes longer */
  constructor(
    alphabet: Alphabet,
    settings: SearchSettings,
    alignedText: (emissions: Emissions) => Promise<FoundText[]>,
  ) {
    this.#search = new SegmentSearch(settings, { alphabet });
    if (settings.wordTimes) this.#alignedText = alignedText;
  }

  settle(emissions: Emissions): void {
    this.#settled.push(emissions);
    this.#search.settle(emissions);
  }

  async partial(tail: Emissions): Promise<PartialText> {
    return this.#search.partial(tail);
  }

  async end(tail: Emissions): Promise<FoundText[]> {
    return this.#alignedText?.(concatenated([...this.#settled, tail])) ?? this.#search.end(tail);
  }

  close(): void {}
}
