/** Where the server listens, and why it cannot. */
import type { FastifyInstance } from "fastify";
import { systemErrorCode, UserError } from "../errors.js";

/** @throws UserError where the port is taken or the host is none of this machine's */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port, listenTextResolver: (address) => `listening at ${address}` });
  } catch (error) {
    const reason = reasonOf(error, host, port);
    throw reason === undefined ? error : new UserError(reason, { code: "cannot-listen", cause: error });
  }
}

function reasonOf(error: unknown, host: string, port: number): string | undefined {
  const code = systemErrorCode(error);
  if (code === "EADDRINUSE") return `port ${port} of ${host} is in use; choose another with --port, or 0 for any.`;
  if (code === "EACCES") return `port ${port} needs special rights; choose one of at least 1024 with --port.`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return `--host ${host} is no address of this machine; 127.0.0.1 is this machine alone, 0.0.0.0 all that reach it.`;
  }
  return undefined;
}

/** An address that a program on this machine understands: "http://127.0.0.1:8080". */
export function urlOf(host: string, port: number): string {
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const name = isEverywhere ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
