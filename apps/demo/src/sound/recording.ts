/** A recording, as the page shows and plays it; what is recognised is the file itself, where it came of one. */
export interface Recording {
  readonly name: string;
  /** One channel. */
  readonly samples: Float32Array<ArrayBuffer>;
  readonly sampleRate: number;
  /** The file that a visitor gave. */
  readonly file?: File;
}

/** The model's own rate: what is shown is what it hears. */
const SHOWN_RATE = 16_000;
const WAV_HEADER_BYTES = 44;

/** Decoded by the browser; no samples where it cannot, though the recogniser may. */
export async function readRecording(file: File): Promise<Recording> {
  const context = new OfflineAudioContext(1, 1, SHOWN_RATE);
  const named = { name: file.name, sampleRate: SHOWN_RATE, file };
  try {
    return { ...named, samples: mixed(await context.decodeAudioData(await file.arrayBuffer())) };
  } catch {
    return { ...named, samples: new Float32Array() };
  }
}

function mixed(buffer: AudioBuffer): Float32Array<ArrayBuffer> {
  const sum = new Float32Array(buffer.length);
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    const samples = buffer.getChannelData(channel);
    // Millions of them: an iterator over pairs would hold the page up.
    for (let i = 0; i < sum.length; i++) {
      sum[i] = (sum[i] as number) + (samples[i] as number) / buffer.numberOfChannels;
    }
  }
  return sum;
}

export function joined(pieces: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Samples in 16 bits, little-endian. */
export function pcm16(samples: Float32Array): Int16Array<ArrayBuffer> {
  return Int16Array.from(samples, (sample) => Math.max(-1, Math.min(1, sample)) * 32_767);
}

/** What is sent to a server: the file that was given, or what the microphone heard, as WAV. */
export function fileOf({ name, samples, sampleRate, file }: Recording): File {
  if (file) return file;
  const data = pcm16(samples);
  const header = new DataView(new ArrayBuffer(WAV_HEADER_BYTES));
  const ascii = (at: number, text: string) => {
    for (let i = 0; i < text.length; i++) header.setUint8(at + i, text.charCodeAt(i));
  };
  const whole = (at: number, value: number, bytes: 2 | 4) =>
    bytes === 4 ? header.setUint32(at, value, true) : header.setUint16(at, value, true);
  ascii(0, "RIFF");
  whole(4, WAV_HEADER_BYTES - 8 + data.byteLength, 4);
  ascii(8, "WAVEfmt ");
  whole(16, 16, 4);
  whole(20, 1, 2);
  whole(22, 1, 2);
  whole(24, sampleRate, 4);
  whole(28, 2 * sampleRate, 4);
  whole(32, 2, 2);
  whole(34, 16, 2);
  ascii(36, "data");
  whole(40, data.byteLength, 4);
  return new File([header, data], `${name}.wav`, { type: "audio/wav" });
}
