/**
 * Which web pages may use the server. Browsers let any page send a form or open a WebSocket anywhere, so that a page of
 * some other site could use a server on its reader's own machine: whatever comes from an origin that is neither the
 * server's nor allowed is refused. Programs that are no browser send no Origin.
 *
 * A page can also give its own name the address 127.0.0.1 (DNS rebinding). So a server that this machine alone can
 * reach answers to the machine's names and to addresses, not to others.
 */
import { isIP } from "node:net";
import { hostname } from "node:os";
import { UserError } from "@deepspeech-ts/recognizer/system";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError } from "./api-error.js";

const LOOPBACK_HOSTS = new Set(["127.0.0.1", "::1", "localhost"]);
const PREFLIGHT_SECONDS = 600;

export function guardOrigins(app: FastifyInstance, boundHost: string, corsOrigins: readonly string[]): void {
  for (const origin of corsOrigins) checkOrigin(origin);
  const isLocal = LOOPBACK_HOSTS.has(boundHost);
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-content-type-options", "nosniff");
    if (isLocal) checkHost(request);
    const { origin } = request.headers;
    if (origin === undefined) return;
    const isAllowed = corsOrigins.includes("*") || corsOrigins.includes(origin);
    if (!isAllowed && !isOwn(origin, request)) throw foreignOrigin(origin);
    if (!isAllowed) return;
    reply.headers({ "access-control-allow-origin": origin, vary: "Origin" });
    reply.header("access-control-expose-headers", "x-request-id, retry-after");
    if (request.method !== "OPTIONS") return;
    reply.headers({
      "access-control-allow-methods": "GET, POST",
      // As asked: clients send headers of their own, and none here has a meaning that needs guarding.
      "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "authorization",
      "access-control-max-age": PREFLIGHT_SECONDS,
    });
    return reply.code(204).send();
  });
}

/**
 * Browsers name a page's origin in one way alone, so that another spelling would never match.
 *
 * @throws UserError (exit 2) for what no browser sends
 */
function checkOrigin(text: string): void {
  if (text === "*" || /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[^\s/?#]+$/.test(text)) return;
  const url = [text, `https://${text}`].find(
    (candidate) => /^https?:\/\/./i.test(candidate) && URL.canParse(candidate),
  );
  const origin = url && new URL(url).origin;
  if (origin === text) return;
  const wanted = origin ?? "https://example.org";
  throw new UserError(`--cors-origin: "${text}" is no origin of web pages; write it as ${wanted}, or * for all`, {
    exitCode: 2,
  });
}

function checkHost({ headers }: FastifyRequest): void {
  const name = hostOf(headers.host ?? "");
  if (LOOPBACK_HOSTS.has(name) || isIP(name) !== 0 || name === hostname().toLowerCase()) return;
  const message = `This server answers to this machine's names alone, not to "${name}"; see --host.`;
  throw new ApiError(403, message, { code: "unknown_host" });
}

function isOwn(origin: string, { headers }: FastifyRequest): boolean {
  return URL.canParse(origin) && new URL(origin).host === headers.host;
}

function foreignOrigin(origin: string): ApiError {
  const message = `Pages of ${origin} may not use this server; --cors-origin allows them.`;
  return new ApiError(403, message, { code: "origin_not_allowed" });
}

/** The name or address in a Host header: no port, no brackets. */
function hostOf(header: string): string {
  const url = `http://${header}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, "") : "";
}
