/** The thread that transcribes. */
import { alignText, type Emissions, type TimedWord } from "@deepspeech-ts/speech";
import { noGrad, tidy } from "@deepspeech-ts/torch";
import { type FeatureConfig, type ModelConfig, tooLongForMemory, tooShort } from "../acoustic-model/index.js";
import { decodeWaveform, loadWaveform } from "../data/audio/waveform.js";
import type { Waveform } from "../data/types.js";
import { errorMessage, UserError } from "../errors.js";
import { serveTask } from "../worker-task.js";
import { frameSecondsOf } from "./decoding.js";
import { emissionsOf, forwardBatch, type Recognition } from "./evaluate.js";
import { openRecognition } from "./recognition.js";
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
  recognition: Recognition,
  wordTimes: boolean,
): Promise<TranscriptionResult> {
  const { config } = recognition.extractor;
  const { config: model } = recognition.model;
  const file = typeof source === "string" ? source : source.name;
  const read = await readSamples(source, config, model);
  if ("error" in read) return { file, ...read };
  const batch = { waveforms: read.samples, sampleLengths: [read.samples.length] };
  const [emissions] = noGrad(() => tidy(() => emissionsOf(forwardBatch(batch, recognition))));
  const found = recognition.decode(emissions!);
  const durationSeconds = read.samples.length / config.sampleRate;
  const timedWords = wordTimes ? (found.timedWords ?? alignedWords(emissions!, found.text, recognition)) : undefined;
  return { file, text: found.text, durationSeconds, ...(timedWords && { timedWords }) };
}

/** Greedy decoding does not tell times: they come of aligning its text, so that they never change it. */
function alignedWords(emissions: Emissions, text: string, { alphabet, extractor, model }: Recognition): TimedWord[] {
  const frameSeconds = frameSecondsOf({ features: extractor.config, model: model.config });
  return alignText(emissions, text, alphabet, { frameSeconds }).timedWords;
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
