/** Silence that a file does not hold as sound, and tells by the time at which its sound goes on. */
import type { DecodedAudio } from "./decoded-audio.js";

/** No damaged number asks for hours. */
export const MOST_SILENCE_SECONDS = 600;
/** At a time. */
const PIECE_SAMPLES = 1 << 16;

/** So many seconds, in as many channels as the sound that follows has. */
export function* silence(
  seconds: number,
  { channels, sampleRate }: Pick<DecodedAudio, "channels" | "sampleRate">,
): Generator<DecodedAudio> {
  for (let left = Math.round(seconds * sampleRate); left > 0; left -= PIECE_SAMPLES) {
    yield { channels: channels.map(() => new Float32Array(Math.min(left, PIECE_SAMPLES))), sampleRate };
  }
}
