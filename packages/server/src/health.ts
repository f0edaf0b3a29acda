/** What machines ask: is it alive, may it be sent work, and how does it do. None of these needs a key. */
import type { FastifyInstance } from "fastify";
import type { ServerContext } from "./context.js";
import { HEALTH_SCHEMA, METRICS_SCHEMA, READINESS_SCHEMA } from "./openapi.js";

export function addHealth(app: FastifyInstance, { lifecycle, metrics }: ServerContext): void {
  app.get("/healthz", { schema: HEALTH_SCHEMA }, async () => ({ status: "ok" }));
  app.get("/readyz", { schema: READINESS_SCHEMA }, async (_, reply) => {
    const { stage } = lifecycle;
    return reply.code(stage === "ready" ? 200 : 503).send({ status: stage });
  });
  app.get("/metrics", { schema: METRICS_SCHEMA }, async (_, reply) => {
    const text = await metrics.registry.metrics();
    return reply.type(metrics.registry.contentType).send(text);
  });
}
