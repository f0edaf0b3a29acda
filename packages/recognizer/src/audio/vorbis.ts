/**
 * Ogg Vorbis. The decoder takes whole pages and gives a page's sound with the next one; it would trim the end by the last
 * page's position, whatever that is, and so is not told which page is the last.
 */
import { DamagedAudioError } from "./damaged-audio-error.js";
import type { DecodedAudio } from "./decoded-audio.js";
import { LibraryDecoder } from "./library-decoder.js";
import { OggPackets, type OggPage, withoutLastMark } from "./ogg.js";
import { LastPage, type OggLink } from "./ogg-links.js";

/** A page is decoded at once, and half a minute of silence fits on one, in any number of channels. */
const MOST_CHANNELS = 32;
/** Where the first packet tells of them. */
const CHANNELS_OFFSET = 11;

export class VorbisLink implements OggLink<DecodedAudio> {
  readonly #decoder: LibraryDecoder;
  /** Tells whether part of a packet is missing. */
  readonly #packets = new OggPackets();
  readonly #lastPage = new LastPage();
  /** Of the page whose sound comes next. */
  #position = 0;

  static async create(): Promise<VorbisLink> {
    return new VorbisLink(await LibraryDecoder.create("vorbis"));
  }

  private constructor(decoder: LibraryDecoder) {
    this.#decoder = decoder;
  }

  async *push(page: OggPage): AsyncGenerator<DecodedAudio> {
    this.#packets.push(page);
    if (page.isFirst) checkChannels(page.body[CHANNELS_OFFSET] ?? 0);
    const audio = await this.#decoder.decode(withoutLastMark(page));
    const numSamples = samplesOf(audio);
    // Pages of headers have neither.
    if (numSamples > 0 || this.#position > 0) this.#lastPage.pass(this.#position, numSamples);
    this.#position = page.position;
    yield* audio;
  }

  async *end(): AsyncGenerator<DecodedAudio> {
    this.#packets.end();
    const audio = await this.#decoder.flush();
    let remaining = this.#lastPage.kept(this.#position, samplesOf(audio));
    for (const { channels, sampleRate } of audio) {
      const length = Math.min(remaining, channels[0]?.length ?? 0);
      remaining -= length;
      if (length > 0) yield { channels: channels.map((channel) => channel.slice(0, length)), sampleRate };
    }
  }

  free(): void {
    this.#decoder.free();
  }
}

function checkChannels(count: number): void {
  if (count <= MOST_CHANNELS) return;
  throw new DamagedAudioError(`has ${count} channels, and ${MOST_CHANNELS} at most are read; convert it first.`);
}

function samplesOf(audio: readonly DecodedAudio[]): number {
  return audio.reduce((sum, { channels }) => sum + (channels[0]?.length ?? 0), 0);
}
