/** POST /v1/audio/transcriptions: a recording in, its text out, as OpenAI's API does it. */
import type { Segment, Transcription } from "@deepspeech-ts/recognizer";
import { headerDurationSeconds, inMemory } from "@deepspeech-ts/recognizer/audio";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError } from "./api-error.js";
import type { ServerContext } from "./context.js";
import { EventStream } from "./event-stream.js";
import { TRANSCRIPTION_SCHEMA } from "./openapi.js";
import { contentOf, logProbsOf, needsWordTimes, render } from "./render.js";
import { parseTranscriptionFields, type TranscriptionWish } from "./request-fields.js";
import { RequestWork } from "./request-work.js";
import { checkDeclaredSize, expectedBytes, readUpload, type Upload } from "./upload.js";

export function addTranscriptions(app: FastifyInstance, context: ServerContext): void {
  const { lifecycle, keys, gate, budget, limits } = context;
  app.post("/v1/audio/transcriptions", {
    schema: TRANSCRIPTION_SCHEMA,
    // Whoever must be refused is, before a byte of the upload is read.
    onRequest: async (request) => {
      keys.check(request);
      lifecycle.checkOpen();
      checkDeclaredSize(request, limits);
      gate.checkRoom();
    },
    handler: async (request, reply) => {
      using work = new RequestWork(lifecycle, reply);
      using _held = budget.hold(expectedBytes(request, limits));
      const upload = await readUpload(request, limits);
      return await transcribe(upload, { request, reply, work, context });
    },
  });
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly work: RequestWork;
  readonly context: ServerContext;
}

async function transcribe(upload: Upload, exchange: Exchange): Promise<FastifyReply> {
  const { reply, work, context } = exchange;
  const { alphabet } = context.recognizer().header;
  const wish = parseTranscriptionFields(upload.fields, { ids: context.modelIds, alphabet });
  await checkHeaderLength(upload, context.limits.maxAudioSeconds);
  work.startClock(context.limits.requestSeconds);
  using _place = await context.gate.enter(work.signal);
  if (wish.isStream) return await answerWithEvents(upload, wish, exchange);
  const { contentType, body } = render(await recognise(upload, wish, exchange), wish, alphabet);
  return reply.type(contentType).send(body);
}

async function recognise(
  { bytes, fileName }: Upload,
  wish: TranscriptionWish,
  { request, work, context }: Exchange,
  onSegment?: (segment: Segment) => void,
): Promise<Transcription> {
  const started = performance.now();
  const transcription = await context.recognizer().transcribe(bytes, {
    fileName,
    maxDurationSeconds: context.limits.maxAudioSeconds,
    signal: work.signal,
    hotWords: wish.hotWords,
    wordTimes: needsWordTimes(wish),
    ...(onSegment && { onSegment }),
  });
  const { durationSeconds: audioSeconds, text } = transcription;
  context.metrics.countRecording(audioSeconds, (performance.now() - started) / 1000);
  Object.assign(request.facts, { audioSeconds, bytes: bytes.length, ...(context.logText && { text }) });
  return transcription;
}

/** Each segment as soon as it is certain. Trouble before the first is an ordinary error. */
async function answerWithEvents(upload: Upload, wish: TranscriptionWish, exchange: Exchange): Promise<FastifyReply> {
  const { alphabet } = exchange.context.recognizer().header;
  const events = new EventStream(exchange.reply);
  try {
    const transcription = await recognise(upload, wish, exchange, ({ text, timedWords = [] }) => {
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

/** Refuses a recording whose headers say that it is too long, before any of it is decoded. */
async function checkHeaderLength({ bytes, fileName }: Upload, maxAudioSeconds: number): Promise<void> {
  const seconds = await lengthInHeaders(bytes);
  if (seconds === undefined || seconds <= maxAudioSeconds) return;
  const message = `${fileName}: is ${Math.round(seconds)} s long; at most ${maxAudioSeconds} s are allowed, so cut it.`;
  throw new ApiError(413, message, { code: "audio_too_long", param: "file" });
}

async function lengthInHeaders(bytes: Uint8Array<ArrayBuffer>): Promise<number | undefined> {
  try {
    return await headerDurationSeconds(inMemory(bytes));
  } catch {
    // Damage is the decoder's to tell.
    return undefined;
  }
}
