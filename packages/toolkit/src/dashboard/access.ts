/**
 * Who may ask, and what the page may load.
 *
 * A page of some other site can make a browser ask a server on this machine: by a name of its own that it lets point to
 * 127.0.0.1 (DNS rebinding). The browser then sends that name as Host, so a Host that is a foreign name is refused; an
 * address in numbers cannot be rebound. Everything here only reads, and no other origin is allowed to see the answers.
 */
import { isIP } from "node:net";
import { hostname } from "node:os";
import type { FastifyInstance } from "fastify";

const HEADERS = {
  "content-security-policy":
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** @param boundHost what the server was told to listen at: a name it has been given is one of its own */
export function guard(app: FastifyInstance, boundHost: string): void {
  const ownNames = new Set(["localhost", hostname().toLowerCase(), boundHost.toLowerCase()]);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(HEADERS);
    const host = hostOf(request.headers.host ?? "");
    if (ownNames.has(host) || isIP(host) !== 0) return;
    return reply.code(403).send({ error: `This server does not answer to the name "${host}".` });
  });
}

/** The name or address in a Host header, without the port; an IPv6 address without its brackets. */
function hostOf(header: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(header) ?? [];
  return (bracketed ?? plain ?? "").toLowerCase();
}
