/** Where the server listens, and why it cannot. */

import { explainListenError } from "@deepspeech-ts/recognizer/system";
import type { FastifyInstance } from "fastify";

/** @throws UserError where the port is taken or the host is none of this machine's */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port, listenTextResolver: (address) => `listening at ${address}` });
  } catch (error) {
    throw explainListenError(error, { host, port, taken: `port ${port} of ${host} is in use` });
  }
}

/** An address that a program on this machine understands: "http://127.0.0.1:8080". */
export function urlOf(host: string, port: number): string {
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const name = isEverywhere ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
