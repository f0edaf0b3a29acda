/** Every way in which a request can fail ends here, in one shape: in a handler, on a wrong path, or below HTTP. */
import type { Socket } from "node:net";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError, toApiError } from "./api-error.js";

/** How long a client that was refused may go on sending before its connection ends. */
const LINGER_MILLISECONDS = 2000;

/** Connections whose present request has its answer, or some of it; a second one would pass for the next request's. */
const answeredSockets = new WeakSet<Socket>();

export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  answerWrongPaths(app);
  app.addHook("onSend", async ({ socket }) => {
    answeredSockets.add(socket);
  });
  app.addHook("onResponse", async ({ raw, socket }) => {
    if (raw.complete) answeredSockets.delete(socket);
    else linger(raw);
  });
}

/** A path's percent signs stand for themselves where what follows them is no code of characters. */
export function decodableUrl(url: string): string {
  const [path = "", ...query] = url.split("?");
  try {
    decodeURIComponent(path);
    return url;
  } catch {
    return [path.replaceAll("%", "%25"), ...query].join("?");
  }
}

/** What no route takes: a path that there is not, or a method that its path does not know. */
function answerWrongPaths(app: FastifyInstance): void {
  const routes: { path: RegExp; method: string }[] = [];
  app.addHook("onRoute", ({ url, method }) => {
    const path = new RegExp(`^${url.replace(/:\w+/g, "[^/]+").replace("*", ".*")}$`);
    for (const each of [method].flat()) routes.push({ path, method: each });
  });
  app.setNotFoundHandler((request, reply) => {
    const { method } = request;
    const path = request.originalUrl.split("?", 1)[0] ?? "";
    const allowed = routes.filter((route) => route.path.test(path)).map((route) => route.method);
    // A route of files may have none by that name.
    if (allowed.length === 0 || allowed.includes(method)) {
      const message = `There is no ${method} ${path}; /openapi.json lists what there is.`;
      return sendError(new ApiError(404, message, { code: "unknown_url" }), request, reply);
    }
    reply.header("allow", [...allowed, "OPTIONS"].join(", "));
    if (method === "OPTIONS") return reply.code(204).send();
    const message = `${path} takes ${allowed.join(" and ")}, not ${method}.`;
    return sendError(new ApiError(405, message, { code: "method_not_allowed" }), request, reply);
  });
}

export function sendError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toApiError(thrown);
  logFailure(request.log, error);
  const { retryAfterSeconds } = error.details;
  if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
  if (error.statusCode === 503) reply.header("connection", "close");
  return reply.code(error.statusCode).type("application/json; charset=utf-8").send(JSON.stringify(error.body));
}

/** A defect of ours keeps its stack trace, in the log. */
export function logFailure(log: FastifyBaseLogger, error: ApiError): void {
  if (error.statusCode === 500) log.error({ err: error.details.cause ?? error }, "request failed");
}

/**
 * A client that was answered before it had sent everything must read the answer first: a connection that is closed
 * while data still comes is reset, and the answer is lost with it. So the rest is let go by, for a while.
 */
function linger(request: FastifyRequest["raw"]): void {
  const { socket } = request;
  request.unpipe();
  request.resume();
  const timer = setTimeout(() => {
    // The connection may have gone on to another request, which is not to be cut.
    if (!request.complete) socket.destroy();
  }, LINGER_MILLISECONDS).unref();
  request.once("close", () => {
    answeredSockets.delete(socket);
    clearTimeout(timer);
  });
}

/** Answers what is no HTTP, or came too slowly to become a request. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable || answeredSockets.has(socket)) {
    socket.destroy();
    return;
  }
  const { statusLine, answer } = clientErrorAnswer(error.code);
  const body = JSON.stringify(answer.body);
  const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  socket.write(`HTTP/1.1 ${statusLine}\r\n${headers}\r\n\r\n${body}`, () => socket.destroy());
}

function clientErrorAnswer(code: string | undefined): { statusLine: string; answer: ApiError } {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    const message = "The request did not arrive in time; send it faster, or in parts.";
    return { statusLine: "408 Request Timeout", answer: new ApiError(408, message, { code: "request_timeout" }) };
  }
  if (code === "HPE_HEADER_OVERFLOW") {
    const answer = new ApiError(431, "The request's headers are too large.", { code: "headers_too_large" });
    return { statusLine: "431 Request Header Fields Too Large", answer };
  }
  return { statusLine: "400 Bad Request", answer: new ApiError(400, "This is no HTTP request.", { code: "bad_http" }) };
}
