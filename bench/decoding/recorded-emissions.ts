/** What a trained model hears in a corpus: emissions of real recordings, on which decoding is measured. */
import type { Alphabet } from "@deepspeech-ts/speech";
import { loadHeldOutCorpus } from "@deepspeech-ts/toolkit/acoustic-model";
import {
  collectEmissions,
  frameSecondsOf,
  openRecognition,
  type StoredUtterance,
} from "@deepspeech-ts/toolkit/evaluation";

export interface Recorded {
  alphabet: Alphabet;
  frameSeconds: number;
  /** One list for each corpus. */
  corpora: StoredUtterance[][];
}

/**
 * @param checkpoint a run's folder, or a .safetensors file
 * @param corpora folders in LibriSpeech's layout, or manifests
 */
export async function recordedEmissions(checkpoint: string, corpora: readonly string[]): Promise<Recorded> {
  await using recognition = await openRecognition({ checkpoint });
  const { alphabet, extractor, model } = recognition;
  const features = extractor.config;
  const found: StoredUtterance[][] = [];
  for (const corpus of corpora) {
    const { utterances } = await loadHeldOutCorpus([corpus], { alphabet, normalise: true, features });
    found.push((await collectEmissions(utterances, recognition, () => {}))!.stored);
  }
  return { alphabet, frameSeconds: frameSecondsOf({ features, model: model.config }), corpora: found };
}
