/** GET /v1/audio/stream: a WebSocket for live sound. */
import { formatPlural } from "@deepspeech-ts/speech";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError, badField } from "./api-error.js";
import { TOKEN_SECONDS } from "./api-keys.js";
import { recordRequest, type ServerContext } from "./context.js";
import { fieldsOf, single } from "./fields.js";
import { LiveSession, type LiveWish } from "./live-session.js";
import { STREAM_SCHEMA, TOKEN_SCHEMA } from "./openapi.js";
import {
  checkLanguage,
  checkModel,
  checkNames,
  parseBoolean,
  parseDecoding,
  type ServedModel,
} from "./request-fields.js";

/** Frames of some seconds; a larger one is refused by its header alone. */
export const MAX_FRAME_BYTES = 2 ** 20;

const KNOWN_PARAMETERS = [
  ...["model", "encoding", "sample_rate", "language", "prompt", "hot_words", "decoding", "word_timestamps"],
  "token",
];
const SAMPLE_RATES = { least: 8000, most: 192_000 };
const RETRY_SECONDS = 5;

declare module "fastify" {
  interface FastifyRequest {
    /** What a live stream asks for; checked before the connection becomes a WebSocket. */
    liveWish: LiveWish | undefined;
  }
}

export function addLiveAudio(app: FastifyInstance, context: ServerContext): void {
  const { keys, lifecycle } = context;
  app.decorateRequest("liveWish", undefined);
  app.post("/v1/audio/stream/token", {
    schema: TOKEN_SCHEMA,
    onRequest: async (request) => keys.check(request),
    handler: async () => ({ token: keys.makeToken(), expires_in: TOKEN_SECONDS }),
  });
  app.route({
    method: "GET",
    url: "/v1/audio/stream",
    exposeHeadRoute: false,
    schema: STREAM_SCHEMA,
    // Refusals come before the upgrade, as HTTP statuses.
    onRequest: async (request) => {
      keys.checkToken(tokenOf(request), request);
      lifecycle.checkOpen();
      checkRoom(context);
      request.liveWish = parseWish(request, context);
    },
    handler: async () => {
      const message = "This path is a WebSocket: connect with one, or POST recordings to /v1/audio/transcriptions.";
      throw new ApiError(426, message, { code: "upgrade_required" });
    },
    wsHandler: async (socket, request) => {
      const started = performance.now();
      using controller = lifecycle.begin();
      const surroundings = { recognizer: context.recognizer(), limits: context.limits, controller, log: request.log };
      const session = new LiveSession(socket, request.liveWish as LiveWish, surroundings);
      context.streams.add(session);
      const forget = lifecycle.onStopping(() => session.stop());
      try {
        await session.run();
      } finally {
        forget();
        context.streams.delete(session);
        const { audioSeconds } = session;
        context.metrics.countStreamed(audioSeconds);
        Object.assign(request.facts, { audioSeconds, ...(context.logText && { text: session.texts.join(" ") }) });
        recordRequest(context, request, { status: 101, seconds: (performance.now() - started) / 1000 });
      }
    },
  });
}

function tokenOf({ query }: FastifyRequest): string | undefined {
  const { token } = query as Record<string, unknown>;
  return typeof token === "string" ? token : undefined;
}

function checkRoom({ streams, limits }: ServerContext): void {
  if (streams.size < limits.maxStreams) return;
  const message = `${formatPlural(streams.size, "live stream")} ${streams.size === 1 ? "is" : "are"} open, which is the most. Try again in ${RETRY_SECONDS} s.`;
  throw new ApiError(429, message, { code: "server_busy", retryAfterSeconds: RETRY_SECONDS });
}

function parseWish({ query }: FastifyRequest, { recognizer, modelIds }: ServerContext): LiveWish {
  const { header } = recognizer();
  const model: ServedModel = { ids: modelIds, alphabet: header.alphabet };
  const given = Object.entries(query as Record<string, string | string[]>);
  const parameters = fieldsOf(
    given.flatMap(([name, values]) => [values].flat().map((value) => [name, value] as const)),
  );
  checkNames(parameters, KNOWN_PARAMETERS);
  checkModel(single(parameters, "model") ?? modelIds[0], model);
  checkLanguage(single(parameters, "language"));
  const encoding = parseEncoding(single(parameters, "encoding") ?? "pcm16");
  if (encoding === "file" && parameters.has("sample_rate")) {
    throw badField("sample_rate", 'With encoding "file" the sample rate is the file\'s own; leave sample_rate out.');
  }
  return {
    encoding,
    sampleRate: parseSampleRate(single(parameters, "sample_rate") ?? String(header.sampleRate)),
    ...parseDecoding(parameters, header.alphabet),
    wordTimes: parseBoolean("word_timestamps", single(parameters, "word_timestamps") ?? "false"),
  };
}

function parseEncoding(text: string): LiveWish["encoding"] {
  if (text === "pcm16" || text === "file") return text;
  throw badField("encoding", `encoding must be "pcm16" (raw samples) or "file" (a sound file), not "${text}".`);
}

function parseSampleRate(text: string): number {
  const rate = Number(text);
  if (/^\d+$/.test(text) && rate >= SAMPLE_RATES.least && rate <= SAMPLE_RATES.most) return rate;
  const range = `from ${SAMPLE_RATES.least} to ${SAMPLE_RATES.most}`;
  throw badField("sample_rate", `sample_rate must be a whole number ${range}, not "${text}".`);
}
