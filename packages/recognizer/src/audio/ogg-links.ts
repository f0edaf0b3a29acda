/**
 * The streams of an Ogg file, one behind another (RFC 3533, section 4): files put together with `cat`, as the format
 * allows, and a radio station's next song. Beside the sound may run pictures and an index, which are passed over.
 */
import { DamagedAudioError } from "./damaged-audio-error.js";
import { type OggPage, OggPages } from "./ogg.js";
import { isText } from "./tags.js";

export type OggCodec = "opus" | "vorbis" | "ogg-flac";

/** Codecs of sound that are known and not read. */
const FOREIGN_CODECS: readonly [start: string, name: string][] = [
  ["Speex   ", "Speex"],
  ["CELT    ", "CELT"],
  ["PCM     ", "PCM"],
];

/** The codec by a stream's first packet; undefined where that is no sound which is read. */
export function oggCodec(packet: Uint8Array): OggCodec | undefined {
  if (isText(packet, 0, "OpusHead")) return "opus";
  if (isText(packet, 0, "\x01vorbis")) return "vorbis";
  return isText(packet, 0, "\x7fFLAC") ? "ogg-flac" : undefined;
}

export function foreignOggCodec(packet: Uint8Array): string | undefined {
  return FOREIGN_CODECS.find(([start]) => isText(packet, 0, start))?.[1];
}

/** Reads one stream of sound, from its first page on. */
export interface OggLink<T> {
  push(page: OggPage): AsyncIterable<T>;
  /** The rest, after the stream's last page. */
  end(): AsyncIterable<T>;
  free(): void;
}

/** Reads the streams of sound of a file that arrives in pieces, each by a link of its own. */
export class OggLinks<T> {
  readonly #createLink: (codec: OggCodec) => Promise<OggLink<T>>;
  readonly #pages = new OggPages();
  /** First pages of streams that begin together. */
  #beginning: OggPage[] = [];
  #serials: ReadonlySet<number> = new Set();
  #link: OggLink<T> | undefined;
  #soundSerial = -1;

  constructor(createLink: (codec: OggCodec) => Promise<OggLink<T>>) {
    this.#createLink = createLink;
  }

  /** Throws DamagedAudioError. */
  push(bytes: Uint8Array): AsyncGenerator<T> {
    return this.#take(this.#pages.push(bytes));
  }

  /** Throws DamagedAudioError where something is missing. */
  async *end(): AsyncGenerator<T> {
    yield* this.#take(this.#pages.end());
    if (this.#beginning.length > 0) throw new DamagedAudioError("ends after its Ogg headers; it was cut short.");
    yield* this.#endLink();
  }

  free(): void {
    this.#link?.free();
    this.#link = undefined;
  }

  async *#take(pages: readonly OggPage[]): AsyncGenerator<T> {
    for (const page of pages) {
      if (page.isFirst) {
        yield* this.#endLink();
        this.#beginning.push({ ...page, bytes: page.bytes.slice(), body: page.body.slice() });
        continue;
      }
      if (this.#beginning.length > 0) yield* this.#begin();
      if (page.serial === this.#soundSerial && this.#link) yield* this.#link.push(page);
      else if (!this.#serials.has(page.serial)) {
        throw new DamagedAudioError("is damaged: it has a page of a stream that has not begun.");
      }
    }
  }

  async *#begin(): AsyncGenerator<T> {
    const beginning = this.#beginning.splice(0);
    const sounds = beginning.filter(({ body }) => oggCodec(body) ?? foreignOggCodec(body));
    const [first] = sounds;
    if (!first) throw new DamagedAudioError("has no stream of sound.");
    if (sounds.length > 1) {
      throw new DamagedAudioError(
        `holds ${sounds.length} streams of sound side by side; keep one, as with ffmpeg -i IN.ogg -map 0:a:0 OUT.ogg.`,
      );
    }
    const codec = oggCodec(first.body);
    if (!codec) throw new DamagedAudioError(`holds ${foreignOggCodec(first.body)} in Ogg; convert it first.`);
    this.#serials = new Set(beginning.map(({ serial }) => serial));
    this.#soundSerial = first.serial;
    this.#link = await this.#createLink(codec);
    yield* this.#link.push(first);
  }

  async *#endLink(): AsyncGenerator<T> {
    const link = this.#link;
    if (!link) return;
    yield* link.end();
    link.free();
    this.#link = undefined;
    this.#soundSerial = -1;
  }
}

/**
 * How much of a stream's last page is sound: the last packet is filled up, and the page's position says with how much.
 *
 * No other position is asked. They may begin anywhere, as in a broadcast that was tuned in to, leap over what was lost,
 * or be wrong altogether; the last one is believed where the page before it counts as the samples do.
 */
export class LastPage {
  #position: number | undefined;
  #isSteady = false;
  #waiting = 0;

  /** A page that is not the last, and how many samples end on it. */
  pass(position: number, samples: number): void {
    this.#waiting += samples;
    if (position < 0) return;
    this.#isSteady =
      this.#position === undefined ? position >= this.#waiting : position === this.#position + this.#waiting;
    this.#position = position;
    this.#waiting = 0;
  }

  /** Samples of the last page that are sound, of those that end on it. */
  kept(position: number, samples: number): number {
    if (this.#position !== undefined && !this.#isSteady) return samples;
    const end = position - (this.#position ?? 0) - this.#waiting;
    return end > 0 && end < samples ? end : samples;
  }
}
