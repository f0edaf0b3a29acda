/** The thread that transcribes. */
import { errorMessage, UserError } from "@deepspeech-ts/recognizer/system";
import { placeWord } from "@deepspeech-ts/speech";
import { noGrad, tidy } from "@deepspeech-ts/torch";
import { type FeatureConfig, type ModelConfig, tooLongForMemory, tooShort } from "../acoustic-model/index.js";
import { decodeWaveform, loadWaveform } from "../data/audio/waveform.js";
import type { Waveform } from "../data/types.js";
import { serveTask } from "../worker-task.js";
import { emissionsOf, forwardBatch } from "./evaluate.js";
import { type OpenRecognition, openRecognition } from "./recognition.js";
import type { NamedBytes, TranscriptionRequest, TranscriptionResult } from "./run-transcription.js";

serveTask<TranscriptionRequest, TranscriptionResult>(async (request, host) => {
  const { wordTimes = false } = request;
  await using recognition = await openRecognition(request);
  for (const file of request.files) {
    if (host.shouldStop()) return;
    host.emit(await transcribe(file, recognition, wordTimes));
  }
});

async function transcribe(
  source: string | NamedBytes,
  recognition: OpenRecognition,
  wordTimes: boolean,
): Promise<TranscriptionResult> {
  const { config } = recognition.extractor;
  const { config: model } = recognition.model;
  const file = typeof source === "string" ? source : source.name;
  const read = await readSamples(source, config, model);
  if ("error" in read) return { file, ...read };
  const batch = { waveforms: read.samples, sampleLengths: [read.samples.length] };
  const [emissions] = noGrad(() => tidy(() => emissionsOf(forwardBatch(batch, recognition))));
  const { decode } = recognition;
  const found = wordTimes ? decode.timed(emissions!) : { text: decode(emissions!).text };
  const durationSeconds = read.samples.length / config.sampleRate;
  const timedWords = "timedWords" in found && {
    timedWords: found.timedWords.map((word) => placeWord(word, 0, { start: 0, end: durationSeconds })),
  };
  return { file, text: found.text, durationSeconds, ...timedWords };
}

/** The recording's sound, or why it cannot be used. */
async function readSamples(
  source: string | NamedBytes,
  features: FeatureConfig,
  model: ModelConfig,
): Promise<Pick<Waveform, "samples"> | { error: string }> {
  const { sampleRate } = features;
  const [file, bytes] = typeof source === "string" ? [source] : [source.name, source.bytes];
  try {
    const { samples } = bytes
      ? await decodeWaveform(bytes, { sampleRate, fileName: file })
      : await loadWaveform(file, { sampleRate });
    const seconds = samples.length / sampleRate;
    const problem = tooShort(samples.length, features) ?? tooLongForMemory(seconds, { model, features });
    return problem === undefined ? { samples } : { error: `${file}: ${problem}.` };
  } catch (error) {
    if (error instanceof UserError) return { error: errorMessage(error) };
    throw error;
  }
}
