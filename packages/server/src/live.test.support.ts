/** A WebSocket client for live sound. */
import { once } from "node:events";
import { WebSocket } from "ws";

export interface LiveEvent {
  type: string;
  [key: string]: unknown;
}

export interface Live {
  readonly socket: WebSocket;
  readonly events: LiveEvent[];
  /** The code and the reason of the connection's end. */
  readonly closed: Promise<[number, string]>;
}

export async function openLive(port: number, query = ""): Promise<Live> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/audio/stream${query}`);
  const events: LiveEvent[] = [];
  socket.on("message", (data) => events.push(JSON.parse(String(data))));
  const closed = once(socket, "close").then(([code, reason]) => [Number(code), String(reason)] as [number, string]);
  await once(socket, "open");
  return { socket, events, closed };
}

/** The answer to a connection that does not become a WebSocket; undefined where it does. */
export async function refusalOf(
  port: number,
  query = "",
): Promise<{ status: number; message: string; retryAfter: string | undefined } | undefined> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/audio/stream${query}`);
  socket.on("error", () => {});
  const [, response] = await Promise.race([once(socket, "unexpected-response"), once(socket, "open")]);
  if (!response) return undefined;
  let body = "";
  for await (const chunk of response) body += chunk;
  const { message } = JSON.parse(body).error;
  return { status: response.statusCode, message, retryAfter: response.headers["retry-after"] };
}

export function sendSound({ socket }: Live, bytes: Uint8Array, pieceBytes = 3200): void {
  for (let at = 0; at < bytes.length; at += pieceBytes) socket.send(bytes.subarray(at, at + pieceBytes));
}

export function sendEnd({ socket }: Live): void {
  socket.send(JSON.stringify({ type: "end" }));
}
