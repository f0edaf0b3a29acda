/** The thread that transcribes. */
import { noGrad, tidy } from "@deepspeech-ts/torch";
import { loadWaveform } from "../data/audio/waveform.js";
import { errorMessage, UserError } from "../errors.js";
import { serveTask } from "../worker-task.js";
import { decodeGreedily, forwardBatch, type Recognition } from "./evaluate.js";
import { openRecognition } from "./recognition.js";
import type { TranscriptionRequest, TranscriptionResult } from "./run-transcription.js";

serveTask<TranscriptionRequest, TranscriptionResult>(async (request, host) => {
  await using recognition = openRecognition(request);
  for (const file of request.files) {
    if (host.shouldStop()) return;
    host.emit(await transcribe(file, recognition));
  }
});

async function transcribe(file: string, recognition: Recognition): Promise<TranscriptionResult> {
  const { sampleRate } = recognition.extractor.config;
  try {
    const { samples } = await loadWaveform(file, { sampleRate });
    const batch = { waveforms: samples, sampleLengths: [samples.length] };
    const [text = ""] = noGrad(() =>
      tidy(() => decodeGreedily(forwardBatch(batch, recognition), recognition.alphabet)),
    );
    return { file, text, durationSeconds: samples.length / sampleRate };
  } catch (error) {
    if (error instanceof UserError) return { file, error: errorMessage(error) };
    throw error;
  }
}
