import { wavFile } from "@deepspeech-ts/recognizer/audio";

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

/** What is sent to a server: the file that was given, or what the microphone heard, as WAV. */
export function fileOf({ name, samples, sampleRate, file }: Recording): File {
  if (file) return file;
  return new File([wavFile(samples, sampleRate)], `${name}.wav`, { type: "audio/wav" });
}
