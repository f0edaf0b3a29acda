/** What the routes share. */
import type { Recognizer } from "@deepspeech-ts/recognizer";
import type { FastifyBaseLogger, FastifyRequest } from "fastify";
import type { ApiKeys } from "./api-keys.js";
import type { Lifecycle } from "./lifecycle.js";
import type { Metrics } from "./metrics.js";
import type { Limits } from "./options.js";
import type { UploadBudget } from "./upload-budget.js";
import type { WorkGate } from "./work-gate.js";

export interface ServerContext {
  readonly limits: Readonly<Limits>;
  readonly modelIds: readonly string[];
  readonly logText: boolean;
  readonly keys: ApiKeys;
  readonly lifecycle: Lifecycle;
  readonly gate: WorkGate;
  readonly budget: UploadBudget;
  readonly metrics: Metrics;
  /** Live streams that are open. */
  readonly streams: Set<unknown>;
  /** The loaded model. Only for requests that `lifecycle.checkOpen` let through. */
  recognizer(): Recognizer;
}

declare module "fastify" {
  interface FastifyRequest {
    /** What this request's line in the log says besides the usual. */
    facts: Record<string, unknown>;
  }
}

/** One line for each request, and its count: method, path, status and time, never what was sent. */
export function recordRequest(
  { metrics }: ServerContext,
  request: FastifyRequest,
  { status, seconds }: { status: number; seconds: number },
): void {
  const route = request.routeOptions.url ?? "unknown";
  metrics.countRequest(route, status, seconds);
  const line = {
    method: request.method,
    path: request.originalUrl.split("?", 1)[0],
    status,
    seconds: Math.round(seconds * 1000) / 1000,
    ...request.facts,
  };
  logLine(request.log, route, line);
}

/** Probes come every few seconds; they are logged where somebody looks closely. */
function logLine(log: FastifyBaseLogger, route: string, line: object): void {
  const isProbe = route === "/healthz" || route === "/readyz" || route === "/metrics";
  log[isProbe ? "debug" : "info"](line, "request");
}
