/** POST /v1/audio/alignments: a recording and its text in, when each of its words is said out. Ours: OpenAI has none. */
import { roundSeconds, toWireWord, writtenWords } from "@deepspeech-ts/speech";
import type { FastifyInstance, FastifyReply } from "fastify";
import { badField } from "./api-error.js";
import type { ServerContext } from "./context.js";
import { type Fields, single } from "./fields.js";
import { ALIGNMENT_SCHEMA } from "./openapi.js";
import { checkLanguage, checkModel, checkNames, type ServedModel } from "./request-fields.js";
import { addUploadRoute, type Exchange } from "./upload-route.js";

interface AlignmentWish {
  readonly text: string;
}

const KNOWN_FIELDS = ["file", "model", "language", "text"];
/** Of log-probabilities per frame. */
const SCORE_DIGITS = 4;

export function addAlignments(app: FastifyInstance, context: ServerContext): void {
  addUploadRoute(app, context, {
    url: "/v1/audio/alignments",
    schema: ALIGNMENT_SCHEMA,
    parse: parseAlignmentFields,
    answer,
  });
}

/** @throws ApiError 400, or 404 for another model */
function parseAlignmentFields(fields: Fields, model: ServedModel): AlignmentWish {
  checkNames(fields, KNOWN_FIELDS);
  checkModel(single(fields, "model"), model);
  checkLanguage(single(fields, "language"));
  const text = single(fields, "text");
  if (text === undefined) throw badField("text", "The field text is missing: what is said.", "missing_field");
  const writing = writtenWords(text, model.alphabet);
  if ("reason" in writing) throw badField("text", `The text ${writing.reason}.`);
  return { text };
}

async function answer({ text }: AlignmentWish, exchange: Exchange): Promise<FastifyReply> {
  const { upload, request, reply, work, context } = exchange;
  const { bytes, fileName } = upload;
  const started = performance.now();
  const found = await context.recognizer().align(bytes, text, {
    fileName,
    maxDurationSeconds: context.limits.maxAudioSeconds,
    signal: work.signal,
  });
  const { durationSeconds: audioSeconds, timedWords } = found;
  context.metrics.countRecording(audioSeconds, (performance.now() - started) / 1000);
  Object.assign(request.facts, { audioSeconds, bytes: bytes.length, ...(context.logText && { text }) });
  return reply.send({
    text: found.text,
    score: Number(found.score.toFixed(SCORE_DIGITS)),
    duration: roundSeconds(audioSeconds),
    words: timedWords.map(toWireWord),
  });
}
