/**
 * Ogg Opus (RFC 7845), decoded by libopus straight at the wanted sample rate.
 *
 * Opus runs at 48 kHz in name, but its decoder gives 8, 12, 16, 24 or 48 kHz as asked. Asking for 16 kHz is twice as
 * fast as decoding at 48 kHz, and spares the resampling.
 */
import { createOpusDecoder, type OpusPacketDecoder } from "@audio/decode-opus/core";
import type { ChunkDecoder, DecodedAudio } from "./chunk-decoder.js";
import { DamagedAudioError, OggReader } from "./ogg.js";

/** Positions and the pre-skip in an Ogg Opus file count samples at this rate, whatever the decoder gives. */
export const OPUS_POSITION_RATE = 48_000;

const OPUS_RATES = [8_000, 12_000, 16_000, 24_000, 48_000] as const;
type OpusRate = (typeof OPUS_RATES)[number];
/** The identification header and the tags come before the sound. */
const HEADER_PACKETS = 2;

/** The identification header; channel mapping is absent for mono and stereo. */
interface OpusHeader {
  readonly channels: number;
  readonly preSkip: number;
  readonly outputGain: number;
  readonly mapping?: { streamCount: number; coupledStreamCount: number; channelMappingTable: Uint8Array };
}

/** Idle decoders; each serves one file at a time. */
const idleDecoders: OpusPacketDecoder[] = [];

/**
 * A decoder for one Ogg Opus file. Throws DamagedAudioError where the container or a packet is damaged.
 *
 * @param targetSampleRate the rate that the caller wants in the end: the sound comes at that rate where Opus has it,
 * and at 48 kHz otherwise.
 */
export async function createOpusChunkDecoder(targetSampleRate: number): Promise<ChunkDecoder> {
  const sampleRate = OPUS_RATES.find((rate) => rate === targetSampleRate) ?? OPUS_POSITION_RATE;
  return new OpusChunkDecoder(idleDecoders.pop() ?? (await createOpusDecoder()), sampleRate);
}

class OpusChunkDecoder implements ChunkDecoder {
  readonly #decoder: OpusPacketDecoder;
  readonly #sampleRate: OpusRate;
  readonly #reader = new OggReader();
  #header: OpusHeader | undefined;
  #numPackets = 0;
  #numSamples = 0;

  constructor(decoder: OpusPacketDecoder, sampleRate: OpusRate) {
    this.#decoder = decoder;
    this.#sampleRate = sampleRate;
  }

  async push(bytes: Uint8Array): Promise<DecodedAudio | undefined> {
    const packets = this.#reader.push(bytes);
    const first = packets[0];
    if (first === undefined) return undefined;
    this.#header ??= this.#configure(parseOpusHeader(first));
    const sound = packets.slice(Math.max(0, HEADER_PACKETS - this.#numPackets));
    this.#numPackets += packets.length;
    return this.#decode(sound, this.#header);
  }

  async end(): Promise<undefined> {
    this.#reader.end();
  }

  free(): void {
    this.#decoder.unconfigure();
    idleDecoders.push(this.#decoder);
  }

  #configure(header: OpusHeader): OpusHeader {
    const { channels, outputGain, mapping } = header;
    const preSkip = Math.round(header.preSkip * this.#toOutput);
    this.#decoder.configure({ sampleRate: this.#sampleRate, channels, outputGain, ...mapping, preSkip });
    return header;
  }

  #decode(packets: Uint8Array[], { preSkip }: OpusHeader): DecodedAudio | undefined {
    const { channelData, samplesDecoded, errors } = this.#decoder.decodeFrames(packets);
    const [error] = errors;
    if (error) throw new DamagedAudioError(`is damaged: packet ${error.frameNumber + 1}: ${error.message}.`);
    // The last packet is filled up; the last page's position says with how much.
    const end = Math.ceil((this.#reader.position - preSkip) * this.#toOutput);
    const length = Math.max(0, Math.min(samplesDecoded, end - this.#numSamples));
    this.#numSamples += length;
    if (length === 0) return undefined;
    const channels = channelData.map((data) => (data as Float32Array<ArrayBuffer>).slice(0, length));
    return { channels, sampleRate: this.#sampleRate };
  }

  get #toOutput(): number {
    return this.#sampleRate / OPUS_POSITION_RATE;
  }
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
