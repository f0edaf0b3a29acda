/**
 * The first inference, before anybody waits for one: memory is taken and threads start, and a model that cannot run is
 * found out before the server says that it is ready.
 */
import type { Recognizer } from "@deepspeech-ts/recognizer";

const SECONDS = 2;
/** Like speech, the level rises and falls some four times a second; an even tone would pass for noise. */
const SYLLABLES_A_SECOND = 4;
const VOICE_HERTZ = 150;
const HARMONICS = 20;

/** @throws whatever the model's first run throws */
export async function warmUp(recognizer: Recognizer): Promise<void> {
  await recognizer.transcribe(voiceLike(recognizer.header.sampleRate), { wordTimes: true });
}

/** A hum with harmonics whose level moves as a voice's does. */
function voiceLike(sampleRate: number): Float32Array {
  return Float32Array.from({ length: SECONDS * sampleRate }, (_, index) => {
    const time = index / sampleRate;
    const level = Math.sin(Math.PI * SYLLABLES_A_SECOND * time) ** 4;
    let sound = 0;
    for (let harmonic = 1; harmonic <= HARMONICS; harmonic++) {
      sound += Math.sin(2 * Math.PI * VOICE_HERTZ * harmonic * time) / harmonic;
    }
    return 0.2 * level * sound;
  });
}
