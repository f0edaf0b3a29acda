/**
 * How long a recording is: from its headers where these say, a few hundred bytes read.
 */
import * as audio from "@deepspeech-ts/recognizer/audio";
import { decodeFile, withFile } from "./sound-file.js";

/**
 * The length of a recording in seconds, the same as decoding it gives.
 *
 * FLAC and WAV answer from their headers, Ogg Opus by a walk through its pages; other formats, and headers that do not
 * say, are decoded.
 * @throws UserError naming the file where it is missing, damaged or not audio.
 */
export async function audioDurationSeconds(path: string): Promise<number> {
  return (await statedDurationSeconds(path)) ?? (await durationByDecoding(path));
}

/**
 * The length that a recording's headers tell; undefined where they do not say.
 * @throws UserError naming the file where it is missing or not audio, or its headers are damaged.
 */
export function statedDurationSeconds(path: string): Promise<number | undefined> {
  return withFile(path, async (file) => {
    const { head } = await audio.headOf(file);
    // What is no audio is named by the decoders, which tell in what way.
    if (audio.detectAudioFormat(head) === undefined) for await (const _ of decodeFile(path)) break;
    return await audio.headerDurationSeconds(file);
  });
}

async function durationByDecoding(path: string): Promise<number> {
  let [numSamples, rate] = [0, 1];
  for await (const { channels, sampleRate } of decodeFile(path)) {
    numSamples += channels[0]?.length ?? 0;
    rate = sampleRate;
  }
  return numSamples / rate;
}
