/**
 * Ogg Opus (RFC 7845), decoded by libopus straight at the wanted sample rate.
 *
 * Opus runs at 48 kHz in name, but its decoder gives 8, 12, 16, 24 or 48 kHz as asked. Asking for 16 kHz is twice as
 * fast as decoding at 48 kHz, and spares the resampling.
 */
import { createOpusDecoder, type OpusPacketDecoder } from "@audio/decode-opus/core";
import { DamagedAudioError } from "./damaged-audio-error.js";
import type { DecodedAudio } from "./decoded-audio.js";
import { OggPackets, type OggPage } from "./ogg.js";
import { LastPage, type OggLink } from "./ogg-links.js";

/** Positions and the pre-skip in an Ogg Opus file count samples at this rate, whatever the decoder gives. */
const OPUS_POSITION_RATE = 48_000;

const OPUS_RATES = [8_000, 12_000, 16_000, 24_000, 48_000] as const;
type OpusRate = (typeof OPUS_RATES)[number];
/** The identification header and the tags come before the sound. */
const HEADER_PACKETS = 2;
/** Decoded at a time: two seconds at most, which 32 bytes may make, of up to 255 channels. */
const PACKETS_TOGETHER = 16;

/** The identification header; channel mapping is absent for mono and stereo. */
interface OpusHeader {
  readonly channels: number;
  readonly preSkip: number;
  readonly outputGain: number;
  readonly mapping?: { streamCount: number; coupledStreamCount: number; channelMappingTable: Uint8Array };
}

/** The packets of a page, and how many samples are sound from the stream's first to this page's last. */
interface OpusRun {
  readonly header: OpusHeader;
  readonly packets: Uint8Array[];
  /** At 48 kHz, the pre-skip included. */
  readonly endSample: number;
}

/** Idle decoders; each serves one stream at a time. */
const idleDecoders: OpusPacketDecoder[] = [];

/** A stream's packets, page by page; a page is held back until it is known whether it is the last. */
class OpusPages {
  readonly #packets = new OggPackets();
  readonly #lastPage = new LastPage();
  #header: OpusHeader | undefined;
  #numPackets = 0;
  #endSample = 0;
  #held: { position: number; packets: Uint8Array[]; samples: number } | undefined;

  push(page: OggPage): OpusRun[] {
    const all = this.#packets.push(page);
    if (all[0]) this.#header ??= parseOpusHeader(all[0]);
    const packets = all.slice(Math.max(0, HEADER_PACKETS - this.#numPackets));
    this.#numPackets += all.length;
    if (packets.length === 0) return [];
    const runs = this.#release(({ position, samples }) => {
      this.#lastPage.pass(position, samples);
      return samples;
    });
    const samples = packets.reduce((sum, packet) => sum + opusPacketSamples(packet), 0);
    this.#held = { position: page.position, packets, samples };
    return runs;
  }

  end(): OpusRun[] {
    this.#packets.end();
    return this.#release(({ position, samples }) => this.#lastPage.kept(position, samples));
  }

  #release(keptOf: (held: { position: number; samples: number }) => number): OpusRun[] {
    const held = this.#held;
    if (!held || !this.#header) return [];
    this.#held = undefined;
    this.#endSample += keptOf(held);
    return [{ header: this.#header, packets: held.packets, endSample: this.#endSample }];
  }
}

/**
 * A decoder for one stream. Throws DamagedAudioError where a packet is damaged.
 *
 * @param targetSampleRate the rate that the caller wants in the end: the sound comes at that rate where Opus has it,
 * and at 48 kHz otherwise.
 */
export async function createOpusLink(targetSampleRate: number): Promise<OggLink<DecodedAudio>> {
  const sampleRate = OPUS_RATES.find((rate) => rate === targetSampleRate) ?? OPUS_POSITION_RATE;
  return new OpusLink(idleDecoders.pop() ?? (await createOpusDecoder()), sampleRate);
}

class OpusLink implements OggLink<DecodedAudio> {
  readonly #decoder: OpusPacketDecoder;
  readonly #sampleRate: OpusRate;
  readonly #pages = new OpusPages();
  #isConfigured = false;
  #numSamples = 0;

  constructor(decoder: OpusPacketDecoder, sampleRate: OpusRate) {
    this.#decoder = decoder;
    this.#sampleRate = sampleRate;
  }

  async *push(page: OggPage): AsyncGenerator<DecodedAudio> {
    for (const run of this.#pages.push(page)) yield* this.#decode(run);
  }

  async *end(): AsyncGenerator<DecodedAudio> {
    for (const run of this.#pages.end()) yield* this.#decode(run);
  }

  free(): void {
    this.#decoder.unconfigure();
    idleDecoders.push(this.#decoder);
  }

  *#decode({ header, packets, endSample }: OpusRun): Generator<DecodedAudio> {
    if (!this.#isConfigured) this.#configure(header);
    for (let at = 0; at < packets.length; at += PACKETS_TOGETHER) {
      yield* this.#decodePackets({ header, packets: packets.slice(at, at + PACKETS_TOGETHER), endSample });
    }
  }

  #decodePackets({ header, packets, endSample }: OpusRun): DecodedAudio[] {
    const { channelData, samplesDecoded, errors } = this.#decoder.decodeFrames(packets);
    const [error] = errors;
    if (error) throw new DamagedAudioError(`is damaged: packet ${error.frameNumber + 1}: ${error.message}.`);
    const end = Math.ceil((endSample - header.preSkip) * this.#toOutput);
    const length = Math.max(0, Math.min(samplesDecoded, end - this.#numSamples));
    this.#numSamples += length;
    if (length === 0) return [];
    const channels = channelData.map((data) => (data as Float32Array<ArrayBuffer>).slice(0, length));
    return [{ channels, sampleRate: this.#sampleRate }];
  }

  #configure({ channels, outputGain, mapping, ...header }: OpusHeader): void {
    const preSkip = Math.round(header.preSkip * this.#toOutput);
    this.#decoder.configure({ sampleRate: this.#sampleRate, channels, outputGain, ...mapping, preSkip });
    this.#isConfigured = true;
  }

  get #toOutput(): number {
    return this.#sampleRate / OPUS_POSITION_RATE;
  }
}

/** How many seconds of sound a stream has, told without decoding it: each page gives how many it adds. */
export class OpusLength implements OggLink<number> {
  readonly #pages = new OpusPages();
  #seconds = 0;

  async *push(page: OggPage): AsyncGenerator<number> {
    yield* this.#added(this.#pages.push(page));
  }

  async *end(): AsyncGenerator<number> {
    yield* this.#added(this.#pages.end());
  }

  free(): void {}

  #added(runs: readonly OpusRun[]): number[] {
    return runs.map(({ header, endSample }) => {
      const seconds = Math.max(0, endSample - header.preSkip) / OPUS_POSITION_RATE;
      const added = seconds - this.#seconds;
      this.#seconds = seconds;
      return added;
    });
  }
}

/** Samples at 48 kHz that a packet holds, by its first two bytes (RFC 6716, section 3.1); 0 for a damaged one. */
export function opusPacketSamples(packet: Uint8Array): number {
  const [toc, count = 0] = packet;
  if (toc === undefined) return 0;
  const numFrames = [1, 2, 2, count & 0x3f][toc & 3] as number;
  return numFrames * frameSamples(toc >> 3);
}

function frameSamples(config: number): number {
  if (config < 12) return [480, 960, 1920, 2880][config & 3] as number;
  if (config < 16) return [480, 960][config & 1] as number;
  return [120, 240, 480, 960][config & 3] as number;
}

/** Reads an "OpusHead" packet (RFC 7845, section 5.1). */
export function parseOpusHeader(packet: Uint8Array): OpusHeader {
  if (packet.length < 19) throw new DamagedAudioError("is damaged: its Opus header is too short.");
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const channels = view.getUint8(9);
  const header = { channels, preSkip: view.getUint16(10, true), outputGain: view.getInt16(16, true) };
  if (view.getUint8(18) === 0) return header;
  if (packet.length < 21 + channels) throw new DamagedAudioError("is damaged: its Opus header is too short.");
  const mapping = {
    streamCount: view.getUint8(19),
    coupledStreamCount: view.getUint8(20),
    channelMappingTable: packet.slice(21, 21 + channels),
  };
  return { ...header, mapping };
}
