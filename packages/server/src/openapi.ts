/** The OpenAPI document at /openapi.json, made from the routes' schemas. Requests are checked by the handlers. */
import { DECODINGS } from "@deepspeech-ts/recognizer";
import swagger from "@fastify/swagger";
import type { FastifyInstance, FastifySchema } from "fastify";
import { GRANULARITIES, RESPONSE_FORMATS } from "./request-fields.js";

const ERROR_SCHEMA = {
  $id: "Error",
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["message", "type", "param", "code"],
      properties: {
        message: { type: "string", description: "What is wrong, and the way out." },
        type: { type: "string" },
        param: { type: ["string", "null"], description: "The field at fault." },
        code: { type: "string", description: "What scripts may test." },
      },
    },
  },
};

const string = (description: string) => ({ type: "string", description });
const number = (description: string) => ({ type: "number", description });
const text = (description: string, type: string) => ({
  description,
  content: { [type]: { schema: { type: "string" } } },
});
const error = (description: string) => ({ description, $ref: "Error#" });

const REFUSALS = {
  401: error("No API key, or an unknown one."),
  403: error("A page of an origin that is not allowed."),
  503: error("The model is being loaded, or the server is stopping."),
};

const WORD = {
  type: "object",
  properties: {
    word: { type: "string" },
    start: number("Seconds."),
    end: number("Seconds."),
    confidence: number("How likely the word is right, from 0 to 1."),
  },
};

const SEGMENT = {
  type: "object",
  properties: {
    id: { type: "integer" },
    seek: { type: "integer", description: "Where the segment starts, in hundredths of a second." },
    start: number("Seconds."),
    end: number("Seconds."),
    text: { type: "string" },
    tokens: { type: "array", items: { type: "integer" }, description: "The letters' numbers in the model's alphabet." },
    temperature: number("Always 0."),
    avg_logprob: number("The mean of the logarithms of the words' confidences."),
    compression_ratio: number("The text's bytes by its compressed bytes."),
    no_speech_prob: number("Always 0: silence gives no segment."),
  },
};

const LOGPROB = {
  type: "object",
  properties: {
    token: string("A word, with the space before it."),
    bytes: { type: "array", items: { type: "integer" } },
    logprob: number("The logarithm of the word's confidence."),
  },
};

const TRANSCRIPTION = {
  type: "object",
  required: ["text"],
  properties: {
    text: { type: "string" },
    task: string("verbose_json: always transcribe."),
    language: string("verbose_json: always english."),
    duration: number("verbose_json: seconds."),
    logprobs: { type: "array", items: LOGPROB },
    segments: { type: "array", items: SEGMENT },
    words: { type: "array", items: WORD },
    usage: { type: "object", properties: { type: { type: "string" }, seconds: { type: "integer" } } },
  },
};

const WISH = {
  model: string("A name that /v1/models lists."),
  language: string("en, or left out."),
  prompt: string("Words that are likely; those of four letters and more are favoured."),
  hot_words: string("Phrases to favour, separated by commas or line breaks."),
  decoding: {
    type: "string",
    enum: DECODINGS,
    description: "greedy: without language model and hot words. Default: as the model's bundle has it.",
  },
};

const UPLOAD_REFUSALS = {
  400: error("A field is missing or cannot be used, the body is malformed, or the file is no sound."),
  404: error("There is no such model."),
  408: error("The upload came too slowly."),
  413: error("The upload is too large, or the recording too long."),
  415: error("The body is not multipart/form-data."),
  429: error("Too much is going on; Retry-After says when to come again."),
  504: error("It took too long."),
};
const FILE = { type: "string", format: "binary", description: "FLAC, WAV, MP3, Ogg Opus, Ogg Vorbis, M4A or WebM." };

export const TRANSCRIPTION_SCHEMA: FastifySchema = {
  summary: "Transcribe a recording",
  operationId: "createTranscription",
  consumes: ["multipart/form-data"],
  body: {
    type: "object",
    required: ["file", "model"],
    properties: {
      file: FILE,
      ...WISH,
      response_format: { type: "string", enum: RESPONSE_FORMATS, default: "json" },
      temperature: { ...number("Has no effect."), minimum: 0, maximum: 1 },
      "timestamp_granularities[]": { type: "array", items: { type: "string", enum: GRANULARITIES } },
      stream: { type: "boolean", default: false, description: "Answer with server-sent events." },
      chunking_strategy: {
        description: "Has no effect: recordings are cut at pauses anyway.",
        oneOf: [
          { type: "string", enum: ["auto"] },
          { type: "object", required: ["type"], properties: { type: { type: "string", enum: ["server_vad"] } } },
        ],
      },
      "include[]": { type: "array", items: { type: "string", enum: ["logprobs"] } },
    },
  },
  response: {
    200: {
      description: "The text.",
      content: {
        "application/json": { schema: TRANSCRIPTION },
        "text/plain": { schema: { type: "string" } },
        "application/x-subrip": { schema: { type: "string" } },
        "text/vtt": { schema: { type: "string" } },
        "text/event-stream": { schema: string("Events transcript.text.delta and transcript.text.done.") },
      },
    },
    ...UPLOAD_REFUSALS,
    ...REFUSALS,
  },
  security: [{ apiKey: [] }, {}],
};

export const ALIGNMENT_SCHEMA: FastifySchema = {
  summary: "Find the words of a known text in a recording",
  operationId: "createAlignment",
  consumes: ["multipart/form-data"],
  body: {
    type: "object",
    required: ["file", "model", "text"],
    properties: { file: FILE, model: WISH.model, text: string("What is said."), language: WISH.language },
  },
  response: {
    200: {
      description: "The words' times.",
      type: "object",
      required: ["text", "score", "duration", "words"],
      properties: {
        text: { type: "string" },
        score: number("The log-probability per frame: 0 is perfect, and far below it is another recording's text."),
        duration: number("Seconds."),
        words: { type: "array", items: WORD },
      },
    },
    ...UPLOAD_REFUSALS,
    ...REFUSALS,
  },
  security: [{ apiKey: [] }, {}],
};

export const STREAM_SCHEMA: FastifySchema = {
  summary: "Transcribe live sound over a WebSocket",
  description:
    "Binary frames: PCM of 16 bits, little-endian, one channel; or the bytes of a sound file. See docs/serving.md for events and close codes.",
  operationId: "streamAudio",
  querystring: {
    type: "object",
    properties: {
      encoding: { type: "string", enum: ["pcm16", "file"], default: "pcm16" },
      sample_rate: { type: "integer", minimum: 8000, maximum: 192_000, description: "Default: the model's." },
      word_timestamps: { type: "boolean", default: false },
      token: { type: "string", description: "Of POST /v1/audio/stream/token, in the place of a key." },
      ...WISH,
    },
  },
  response: {
    101: { description: "The connection is a WebSocket now.", type: "null" },
    400: error("A parameter cannot be used."),
    404: error("There is no such model."),
    426: error("The request did not ask for a WebSocket."),
    429: error("Too many streams are open."),
    ...REFUSALS,
  },
  security: [{ apiKey: [] }, {}],
};

export const TOKEN_SCHEMA: FastifySchema = {
  summary: "A token with which a browser may open a live stream",
  description: "Good for a minute, to be given as the parameter token of /v1/audio/stream.",
  operationId: "createStreamToken",
  response: {
    200: {
      description: "The token.",
      type: "object",
      required: ["token", "expires_in"],
      properties: { token: { type: "string" }, expires_in: { type: "integer", description: "Seconds." } },
    },
    ...REFUSALS,
  },
  security: [{ apiKey: [] }, {}],
};

const MODEL = {
  type: "object",
  required: ["id", "object", "created", "owned_by"],
  properties: {
    id: { type: "string" },
    object: { type: "string", enum: ["model"] },
    created: { type: "integer", description: "When the bundle was made, in seconds since 1970." },
    owned_by: { type: "string" },
    precision: { type: "string" },
    language: { type: "string" },
    sample_rate: { type: "integer" },
    parameters: { type: "integer" },
    has_language_model: { type: "boolean" },
  },
};

export const MODEL_LIST_SCHEMA: FastifySchema = {
  summary: "List the models",
  operationId: "listModels",
  response: {
    200: {
      description: "The names under which the model is served.",
      type: "object",
      properties: { object: { type: "string", enum: ["list"] }, data: { type: "array", items: MODEL } },
    },
    ...REFUSALS,
  },
  security: [{ apiKey: [] }, {}],
};

export const MODEL_SCHEMA: FastifySchema = {
  summary: "Describe a model",
  operationId: "retrieveModel",
  params: { type: "object", required: ["id"], properties: { id: { type: "string" } } },
  response: { 200: { description: "The model.", ...MODEL }, 404: error("There is no such model."), ...REFUSALS },
  security: [{ apiKey: [] }, {}],
};

const STATUS = { type: "object", properties: { status: { type: "string" } } };

export const HEALTH_SCHEMA: FastifySchema = {
  summary: "Tell whether the process lives",
  operationId: "health",
  response: { 200: { description: "It does.", ...STATUS } },
};

export const READINESS_SCHEMA: FastifySchema = {
  summary: "Tell whether requests are welcome",
  operationId: "readiness",
  response: {
    200: { description: "The model is loaded and tried.", ...STATUS },
    503: { description: "The server is loading, draining or stopping.", ...STATUS },
  },
};

export const METRICS_SCHEMA: FastifySchema = {
  summary: "Metrics for Prometheus",
  operationId: "metrics",
  response: { 200: text("Metrics in Prometheus's text format.", "text/plain") },
};

/** Must come before the routes; `addOpenApiRoute` after them. */
export async function registerOpenApi(app: FastifyInstance, version: string): Promise<void> {
  // Schemas describe; they neither check nor filter.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.addSchema(ERROR_SCHEMA);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "deepspeech-ts", version, description: "Speech recognition, compatible with OpenAI's audio API." },
      components: {
        securitySchemes: { apiKey: { type: "http", scheme: "bearer", description: "Where the server has keys." } },
      },
    },
    refResolver: { buildLocalReference: (json, _, __, index) => String(json.$id ?? `schema-${index}`) },
  });
}

export function addOpenApiRoute(app: FastifyInstance): void {
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
}
