/** Every request gets an id, a line in the log and a count. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { recordRequest, type ServerContext } from "./context.js";

/** An id that a balancer has given is kept, so that logs of both can be matched. */
export function requestId({ headers }: IncomingMessage): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

export function logRequests(app: FastifyInstance, context: ServerContext): void {
  app.decorateRequest("facts");
  app.addHook("onRequest", async (request, reply) => {
    request.facts = {};
    reply.header("x-request-id", request.id);
    // An answer that was not finished: the client went away. A WebSocket is recorded when it ends.
    reply.raw.once("close", () => {
      if (!reply.raw.writableFinished && !request.ws) record(499);
    });
    const record = (status: number) => recordRequest(context, request, { status, seconds: reply.elapsedTime / 1000 });
  });
  app.addHook("onSend", async (_, reply) => {
    if (context.lifecycle.stage === "stopping") reply.header("connection", "close");
  });
  app.addHook("onResponse", async (request, reply) => {
    recordRequest(context, request, { status: reply.statusCode, seconds: reply.elapsedTime / 1000 });
  });
}
