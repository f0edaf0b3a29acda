/**
 * Headers of frames that follow each other with nothing else between them, and tell how long each is: MPEG audio (ISO/IEC
 * 11172-3 and 13818-3, with the half rates called MPEG 2.5), AAC in ADTS (ISO/IEC 13818-7) and AC-3 (ETSI TS 102 366).
 */

/** A frame of MPEG audio. */
export interface MpegFrame {
  readonly layer: 1 | 2 | 3;
  /** Samples a second. */
  readonly sampleRate: number;
  /** Samples a channel. */
  readonly numSamples: number;
  /** Header included; undefined in "free format", whose frames do not tell. */
  readonly numBytes: number | undefined;
}

/** Kilobits a second by the header's number, from 1; [layer 1, 2, 3]. */
const MPEG1_RATES = [
  [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
] as const;
const MPEG2_LOW_RATES = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160] as const;
/** Of MPEG 2 and 2.5. */
const MPEG2_RATES = [
  [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  MPEG2_LOW_RATES,
  MPEG2_LOW_RATES,
] as const;
const MPEG1_SAMPLE_RATES = [44_100, 48_000, 32_000] as const;
const RESERVED_VERSION = 1;
const MPEG1 = 3;
const AC3_RATES = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640] as const;
const AC3_SAMPLE_RATES = [48_000, 44_100, 32_000] as const;
const AC3_FRAME_SAMPLES = 1536;
/** From this version of the bit stream on it is E-AC-3, whose frames tell their length by another field. */
const EAC3_VERSION = 11;

/** The frame of MPEG audio at `at`; undefined where none begins, or a field has a value that is reserved. */
export function mpegFrame(bytes: Uint8Array, at: number): MpegFrame | undefined {
  const [sync = 0, kind = 0, rates = 0] = bytes.subarray(at, at + 3);
  const version = (kind >> 3) & 3;
  const layerCode = (kind >> 1) & 3;
  const baseRate = MPEG1_SAMPLE_RATES[(rates >> 2) & 3];
  const isMpeg = sync === 0xff && kind >> 5 === 7 && version !== RESERVED_VERSION && layerCode !== 0;
  if (!isMpeg || baseRate === undefined || rates >> 4 === 15) return undefined;
  const layer = (4 - layerCode) as 1 | 2 | 3;
  const sampleRate = baseRate / (version === MPEG1 ? 1 : version === 2 ? 2 : 4);
  const numSamples = layer === 1 ? 384 : layer === 3 && version !== MPEG1 ? 576 : 1152;
  const bitRate = (version === MPEG1 ? MPEG1_RATES : MPEG2_RATES)[layer - 1]?.[(rates >> 4) - 1];
  const slotBytes = layer === 1 ? 4 : 1;
  const padding = (rates >> 1) & 1;
  const numSlots = bitRate && Math.floor((numSamples * bitRate * 1000) / (8 * slotBytes * sampleRate)) + padding;
  return { layer, sampleRate, numSamples, numBytes: numSlots && numSlots * slotBytes };
}

/** The length of the AAC frame with an ADTS header at `at`; undefined where none begins. */
export function adtsFrameBytes(bytes: Uint8Array, at: number): number | undefined {
  const [sync = 0, kind = 0, , third = 0, fourth = 0, fifth = 0] = bytes.subarray(at, at + 6);
  // Twelve sync bits, then a layer that is always 0.
  return sync === 0xff && (kind & 0xf6) === 0xf0 ? ((third & 3) << 11) | (fourth << 3) | (fifth >> 5) : undefined;
}

/** The length of the AC-3 or E-AC-3 frame at `at`; undefined where none begins, or a field has a value that is reserved. */
export function ac3FrameBytes(bytes: Uint8Array, at: number): number | undefined {
  const [first = 0, second = 0, third = 0, fourth = 0, rates = 0, version = 0] = bytes.subarray(at, at + 6);
  if (first !== 0x0b || second !== 0x77) return undefined;
  if (version >> 3 >= EAC3_VERSION) return 2 * ((((third & 7) << 8) | fourth) + 1);
  const sampleRate = AC3_SAMPLE_RATES[rates >> 6];
  const bitRate = AC3_RATES[(rates & 0x3f) >> 1];
  if (sampleRate === undefined || bitRate === undefined) return undefined;
  const padding = sampleRate === 44_100 ? rates & 1 : 0;
  return 2 * (Math.floor((AC3_FRAME_SAMPLES * bitRate * 1000) / (16 * sampleRate)) + padding);
}
