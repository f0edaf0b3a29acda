/** Where the dashboard listens: the port that was asked for, or the first free one from the usual on. */
import type { FastifyInstance } from "fastify";
import { systemErrorCode, UserError } from "../errors.js";

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
      if (!isTaken || candidate === last) throw explain(error, host, candidate, port === undefined);
    }
  }
}

function explain(error: unknown, host: string, port: number, wasSearching: boolean): unknown {
  const code = systemErrorCode(error);
  const options = { code: "cannot-listen", cause: error };
  if (code === "EADDRINUSE") {
    const what = wasSearching ? `ports ${DEFAULT_PORT} to ${port} are` : `port ${port} is`;
    return new UserError(`${what} in use on ${host}; choose another with --port, or 0 for any.`, options);
  }
  if (code === "EACCES") {
    return new UserError(`port ${port} needs special rights; choose one of at least 1024 with --port.`, options);
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return new UserError(
      `--host ${host} is no address of this machine; 127.0.0.1 is this machine alone, 0.0.0.0 all that reach it.`,
      options,
    );
  }
  return error;
}
