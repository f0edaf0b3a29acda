/**
 * The page at /: recognition to look at, here and in the visitor's browser. Its files are those that apps/demo was built
 * to; the recogniser is the package's own; and there is a bundle, which the page may fetch to recognise on the visitor's machine.
 */
import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import send from "@fastify/send";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError } from "./api-error.js";
import type { ApiKeys } from "./api-keys.js";

const PAGE = fileURLToPath(new URL("./page/", import.meta.url));
/** Vite puts a hash of the content into their names. */
const FOREVER = { maxAge: 365 * 24 * 3600 * 1000, immutable: true };

const HEADERS = {
  // No other host is asked for anything. WebAssembly is compiled; decoders bring theirs within their scripts.
  "content-security-policy":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
    "media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self' data:; frame-ancestors 'none'; base-uri 'none'",
  // A page that is isolated from others may have threads.
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "referrer-policy": "no-referrer",
};

/** What a client may do wrong with a file that there is. */
const REFUSALS: Readonly<Record<number, { message: string; code: string }>> = {
  412: { message: "The file is not what the request's conditions ask for.", code: "precondition_failed" },
  416: { message: "The file has no such range.", code: "range_not_satisfiable" },
};

export interface PageOptions {
  /** The path of the bundle that pages fetch. */
  readonly bundle: string;
  readonly keys: ApiKeys;
}

/** Adds nothing where the page was not built. */
export function addPage(app: FastifyInstance, { bundle, keys }: PageOptions): void {
  if (!existsSync(`${PAGE}index.html`)) return;
  const recognizer = dirname(fileURLToPath(import.meta.resolve("@deepspeech-ts/recognizer/web")));
  const add = (url: string, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>) =>
    app.route({ method: "GET", url, schema: { hide: true } as object, handler });
  const restOf = ({ params }: FastifyRequest) => `/${encodeURI((params as { "*": string })["*"])}`;
  add("/", (request, reply) => sendFile(request, reply, { root: PAGE, path: "/index.html" }));
  add("/service-worker.js", (request, reply) => sendFile(request, reply, { root: PAGE, path: "/service-worker.js" }));
  add("/assets/*", (request, reply) =>
    sendFile(request, reply, { root: `${PAGE}assets`, path: restOf(request), ...FOREVER }),
  );
  add("/recognizer/*", (request, reply) => sendFile(request, reply, { root: recognizer, path: restOf(request) }));
  add("/model.dsb", async (request, reply) => {
    keys.check(request);
    return sendFile(request, reply, { root: dirname(bundle), path: `/${encodeURIComponent(basename(bundle))}` });
  });
}

interface Sent {
  readonly root: string;
  readonly path: string;
  readonly maxAge?: number;
  readonly immutable?: boolean;
}

/** With what browsers ask of files: ETag, ranges, and "not modified". */
async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { path, ...options }: Sent,
): Promise<FastifyReply> {
  const { statusCode, headers, stream, type } = await send(request.raw, path, { ...options, dotfiles: "deny" });
  if (type === "error") return refuse(statusCode, headers, reply);
  return reply
    .code(statusCode)
    .headers({ ...headers, ...HEADERS })
    .send(stream);
}

/** A path that names no file, in whatever way, is as any other that there is not. */
function refuse(statusCode: number, headers: Readonly<Record<string, string>>, reply: FastifyReply): FastifyReply {
  if (statusCode >= 500) throw new Error("a file of the page could not be read");
  const refusal = REFUSALS[statusCode];
  if (!refusal) {
    reply.callNotFound();
    return reply;
  }
  if (headers["Content-Range"]) reply.header("content-range", headers["Content-Range"]);
  throw new ApiError(statusCode, refusal.message, refusal);
}
