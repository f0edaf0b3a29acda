/** POST /v1/audio/transcriptions: a recording in, its text out, as OpenAI's API does it. */
import type { Segment, Transcription } from "@deepspeech-ts/recognizer";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { ServerContext } from "./context.js";
import { EventStream } from "./event-stream.js";
import { TRANSCRIPTION_SCHEMA } from "./openapi.js";
import { contentOf, logProbsOf, needsWordTimes, render } from "./render.js";
import { parseTranscriptionFields, type TranscriptionWish } from "./request-fields.js";
import { addUploadRoute, type Exchange } from "./upload-route.js";

export function addTranscriptions(app: FastifyInstance, context: ServerContext): void {
  addUploadRoute(app, context, {
    url: "/v1/audio/transcriptions",
    schema: TRANSCRIPTION_SCHEMA,
    parse: parseTranscriptionFields,
    answer: (wish, exchange) => (wish.isStream ? answerWithEvents(wish, exchange) : answer(wish, exchange)),
  });
}

async function answer(wish: TranscriptionWish, exchange: Exchange): Promise<FastifyReply> {
  const { alphabet } = exchange.context.recognizer().header;
  const { contentType, body } = render(await recognise(wish, exchange), wish, alphabet);
  return exchange.reply.type(contentType).send(body);
}

async function recognise(
  wish: TranscriptionWish,
  { upload, request, work, context }: Exchange,
  onSegment?: (segment: Segment) => void,
): Promise<Transcription> {
  const { bytes, fileName } = upload;
  const started = performance.now();
  const transcription = await context.recognizer().transcribe(bytes, {
    fileName,
    maxDurationSeconds: context.limits.maxAudioSeconds,
    signal: work.signal,
    decoding: wish.decoding,
    hotWords: wish.hotWords,
    wordTimes: needsWordTimes(wish),
    onSegment,
  });
  const { durationSeconds: audioSeconds, text } = transcription;
  context.metrics.countRecording(audioSeconds, (performance.now() - started) / 1000);
  Object.assign(request.facts, { audioSeconds, bytes: bytes.length, ...(context.logText && { text }) });
  return transcription;
}

/** Each segment as soon as it is certain. Trouble before the first is an ordinary error. */
async function answerWithEvents(wish: TranscriptionWish, exchange: Exchange): Promise<FastifyReply> {
  const { alphabet } = exchange.context.recognizer().header;
  const events = new EventStream(exchange.reply);
  try {
    const transcription = await recognise(wish, exchange, ({ text, timedWords = [] }) => {
      const delta = events.isOpen ? ` ${text}` : text;
      const logprobs = wish.logProbs && { logprobs: logProbsOf(timedWords, events.isOpen) };
      events.send({ type: "transcript.text.delta", delta, ...logprobs });
    });
    events.send({ type: "transcript.text.done", ...contentOf(transcription, wish, alphabet) });
    events.end();
  } catch (error) {
    if (!events.isOpen) throw error;
    events.fail(error, exchange.request.log);
  }
  return exchange.reply;
}
