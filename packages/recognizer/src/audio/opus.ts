/**
 * Ogg Opus (RFC 7845), decoded by libopus straight at the wanted sample rate.
 *
 * Opus runs at 48 kHz in name, but its decoder gives 8, 12, 16, 24 or 48 kHz as asked. Asking for 16 kHz is twice as
 * fast as decoding at 48 kHz, and spares the resampling.
 */
import { createOpusDecoder, type OpusPacketDecoder } from "@audio/decode-opus/core";
import { DamagedAudioError, readOgg } from "./ogg.js";

/** Positions and the pre-skip in an Ogg Opus file count samples at this rate, whatever the decoder gives. */
export const OPUS_POSITION_RATE = 48_000;

const OPUS_RATES = [8_000, 12_000, 16_000, 24_000, 48_000] as const;
type OpusRate = (typeof OPUS_RATES)[number];

/** The identification header; channel mapping is absent for mono and stereo. */
interface OpusHeader {
  readonly channels: number;
  readonly preSkip: number;
  readonly outputGain: number;
  readonly mapping?: { streamCount: number; coupledStreamCount: number; channelMappingTable: Uint8Array };
}

export interface OpusAudio {
  readonly channels: Float32Array<ArrayBuffer>[];
  readonly sampleRate: number;
}

let decoderPromise: Promise<OpusPacketDecoder> | undefined;

/**
 * Decodes a whole Ogg Opus file.
 *
 * @param targetSampleRate the rate that the caller wants in the end: the sound comes at that rate where Opus has it,
 * and at 48 kHz otherwise.
 * @throws DamagedAudioError where the container or a packet is damaged.
 */
export async function decodeOpus(bytes: Uint8Array, targetSampleRate: number): Promise<OpusAudio> {
  const sampleRate: OpusRate = OPUS_RATES.find((rate) => rate === targetSampleRate) ?? OPUS_POSITION_RATE;
  const { packets, endPosition } = readOgg(bytes);
  const header = parseOpusHeader(packets[0] ?? new Uint8Array());
  decoderPromise ??= createOpusDecoder();
  const decoder = await decoderPromise;
  // From here on nothing waits, so that one decoder serves all calls of the thread; unconfigure frees its memory.
  const toOutput = sampleRate / OPUS_POSITION_RATE;
  const { channels, outputGain, mapping } = header;
  decoder.configure({ sampleRate, channels, outputGain, ...mapping, preSkip: Math.round(header.preSkip * toOutput) });
  try {
    const decoded = decoder.decodeFrames(packets.slice(2));
    const [error] = decoded.errors;
    if (error) throw new DamagedAudioError(`is damaged: packet ${error.frameNumber + 1}: ${error.message}.`);
    const length = Math.min(decoded.samplesDecoded, Math.ceil((endPosition - header.preSkip) * toOutput));
    const trimmed = decoded.channelData.map((data) =>
      (data as Float32Array<ArrayBuffer>).slice(0, Math.max(0, length)),
    );
    return { channels: trimmed, sampleRate };
  } finally {
    decoder.unconfigure();
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
