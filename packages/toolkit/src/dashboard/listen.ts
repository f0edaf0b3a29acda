/** Where the dashboard listens: the port that was asked for, or the first free one from the usual on. */

import { explainListenError, systemErrorCode } from "@deepspeech-ts/recognizer/system";
import type { FastifyInstance } from "fastify";

export const DEFAULT_HOST = "127.0.0.1";
export const DEFAULT_PORT = 6007;
/** So many dashboards of one machine find a port of their own. */
const PORTS_TRIED = 20;

/**
 * @param port 0 for any; undefined for the default, or the next that is free
 * @throws UserError where the port is taken, or the host is none of this machine's
 */
export async function listen(app: FastifyInstance, host: string, port: number | undefined): Promise<void> {
  const first = port ?? DEFAULT_PORT;
  const last = port === undefined ? DEFAULT_PORT + PORTS_TRIED - 1 : port;
  for (let candidate = first; ; candidate++) {
    try {
      await app.listen({ host, port: candidate });
      return;
    } catch (error) {
      const isTaken = systemErrorCode(error) === "EADDRINUSE";
      if (isTaken && candidate < last) continue;
      const ports = port === undefined ? `ports ${first} to ${candidate} are` : `port ${candidate} is`;
      throw explainListenError(error, { host, port: candidate, taken: `${ports} in use on ${host}` });
    }
  }
}
