/** Why a server of ours cannot listen, in the words of the flags that choose where: the dashboard's and the recogniser's. */
import { systemErrorCode, UserError } from "./errors.js";

/**
 * What a person can mend becomes a UserError `cannot-listen`; any other error is returned as it is.
 *
 * @param taken what is in use, where that is the reason
 */
export function explainListenError(
  error: unknown,
  { host, port, taken }: { host: string; port: number; taken: string },
): unknown {
  const reason = reasonOf(systemErrorCode(error), { host, port, taken });
  return reason === undefined ? error : new UserError(reason, { code: "cannot-listen", cause: error });
}

function reasonOf(
  code: string | undefined,
  { host, port, taken }: { host: string; port: number; taken: string },
): string | undefined {
  if (code === "EADDRINUSE") return `${taken}; choose another with --port, or 0 for any.`;
  if (code === "EACCES") return `port ${port} needs special rights; choose one of at least 1024 with --port.`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return `--host ${host} is no address of this machine; 127.0.0.1 is this machine alone, 0.0.0.0 all that reach it.`;
  }
  return undefined;
}
