/**
 * Ogg Vorbis. The decoder takes whole pages and gives a page's sound with the next one; it would trim the end by the last
 * page's position, whatever that is, and so is not told which page is the last.
 */
import type { DecodedAudio } from "./decoded-audio.js";
import { LibraryDecoder } from "./library-decoder.js";
import { OggPackets, type OggPage, withoutLastMark } from "./ogg.js";
import { LastPage, type OggLink } from "./ogg-links.js";

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

  async push(page: OggPage): Promise<DecodedAudio[]> {
    this.#packets.push(page);
    const audio = await this.#decoder.push(withoutLastMark(page));
    const numSamples = samplesOf(audio);
    // Pages of headers have neither.
    if (numSamples > 0 || this.#position > 0) this.#lastPage.pass(this.#position, numSamples);
    this.#position = page.position;
    return audio;
  }

  async end(): Promise<DecodedAudio[]> {
    this.#packets.end();
    const audio = await this.#decoder.end();
    let remaining = this.#lastPage.kept(this.#position, samplesOf(audio));
    return audio.flatMap(({ channels, sampleRate }) => {
      const length = Math.min(remaining, channels[0]?.length ?? 0);
      remaining -= length;
      return length === 0 ? [] : [{ channels: channels.map((channel) => channel.slice(0, length)), sampleRate }];
    });
  }

  free(): void {
    this.#decoder.free();
  }
}

function samplesOf(audio: readonly DecodedAudio[]): number {
  return audio.reduce((sum, { channels }) => sum + (channels[0]?.length ?? 0), 0);
}
