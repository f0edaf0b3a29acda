/** Recordings and their texts, as `align` takes them: one of each, or a corpus. */

import { readTextFile } from "@deepspeech-ts/recognizer/system";
import { usageError } from "@deepspeech-ts/server/command-line";
import { type Alphabet, spellOut } from "@deepspeech-ts/speech";
import { parseSegmentPath } from "@deepspeech-ts/toolkit/internal/data/audio/segment-path.js";
import { loadUtterances } from "@deepspeech-ts/toolkit/internal/data/manifest.js";
import { parsePackedPath } from "@deepspeech-ts/toolkit/internal/data/packing/packed-path.js";
import type { Utterance } from "@deepspeech-ts/toolkit/internal/data/types.js";
import { findRecordings, nameOf, type Recording } from "./transcribe-inputs.js";

export const NOTHING_TO_ALIGN = "missing a recording and its text, or --manifest";

export interface Pair {
  recording: Recording | PartOfFile;
  /** As it was written. */
  text: string;
  /** What outputs call it. Default: the recording's name. */
  id?: string;
}

/** A recording of a packed corpus, or a part of a longer one: no file of its own. */
export interface PartOfFile {
  /** The utterance's. */
  name: string;
  /** As utterances have it. */
  audioPath: string;
}

export interface PairWords {
  recording: string | undefined;
  /** A file that holds the text. */
  textFile: string | undefined;
  /** The text itself. */
  text: string | undefined;
  /** A manifest, a packed corpus, or a folder in LibriSpeech's layout. */
  manifest: string | undefined;
}

/** @throws UserError, with exit code 2 where it takes other words to say what to align */
export async function findPairs({ recording, textFile, text, manifest }: PairWords): Promise<Pair[]> {
  if (manifest !== undefined) {
    if (recording !== undefined || text !== undefined) {
      throw usageError("--manifest names recordings and texts; leave out others");
    }
    const { utterances } = await loadUtterances(manifest);
    return utterances.map(pairOf);
  }
  if (recording === undefined) throw usageError(NOTHING_TO_ALIGN);
  if ((textFile === undefined) === (text === undefined)) {
    throw usageError("give the recording's text once: a file that holds it, or --text");
  }
  const [found, ...others] = await findRecordings([recording]);
  if (found === undefined || others.length > 0) {
    throw usageError(`${recording} is several recordings; for these give --manifest`);
  }
  return [{ recording: found, text: text ?? (await readTextFile(textFile ?? "")) }];
}

function pairOf({ id, audioPath, text }: Utterance): Pair {
  const isPart = (parsePackedPath(audioPath) ?? parseSegmentPath(audioPath)) !== undefined;
  return { id, recording: isPart ? { name: id, audioPath } : audioPath, text };
}

/** Why the text cannot be written in the model's alphabet; undefined where it can. */
export function complaintOfText({ recording, text }: Pair, alphabet: Alphabet): string | undefined {
  const spelling = spellOut(text, alphabet);
  return "reason" in spelling ? `${nameOf(recording)}: its text ${spelling.reason}` : undefined;
}

/** What is wrong with a text whose alignment scores below what was asked for. */
export function lowScore(score: number, minScore: number): string {
  return `its text scores ${score.toFixed(2)}, below ${minScore}; is it the text of this recording?`;
}
