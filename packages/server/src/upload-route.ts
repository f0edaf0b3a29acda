/** Routes that take a recording: who may send one, how it is read, and what bounds the work on it. */
import { headerDurationSeconds, inMemory } from "@deepspeech-ts/recognizer/audio";
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import { ApiError } from "./api-error.js";
import type { ServerContext } from "./context.js";
import type { Fields } from "./fields.js";
import type { ServedModel } from "./request-fields.js";
import { RequestWork } from "./request-work.js";
import { checkDeclaredSize, expectedBytes, readUpload, type Upload } from "./upload.js";

/** A request with its recording. */
export interface Exchange {
  readonly upload: Upload;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly work: RequestWork;
  readonly context: ServerContext;
}

export interface UploadRoute<Wish> {
  readonly url: string;
  readonly schema: FastifySchema;
  /** Checks the other fields, before the recording is looked at. */
  parse(fields: Fields, model: ServedModel): Wish;
  answer(wish: Wish, exchange: Exchange): Promise<FastifyReply>;
}

export function addUploadRoute<Wish>(app: FastifyInstance, context: ServerContext, route: UploadRoute<Wish>): void {
  const { lifecycle, keys, gate, budget, limits } = context;
  app.post(route.url, {
    schema: route.schema,
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
      const { alphabet } = context.recognizer().header;
      const wish = route.parse(upload.fields, { ids: context.modelIds, alphabet });
      await checkHeaderLength(upload, limits.maxAudioSeconds);
      work.startClock(limits.requestSeconds);
      using _place = await gate.enter(work.signal);
      return await route.answer(wish, { upload, request, reply, work, context });
    },
  });
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
