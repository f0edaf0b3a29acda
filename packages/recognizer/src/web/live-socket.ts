/** The messages of a server's live socket, for pages that speak with one themselves: see docs/serving.md. */
import type { LiveMessage } from "@deepspeech-ts/speech";

/**
 * What the server sends, as it comes, until the socket is closed. Messages are kept from the first `next` on: begin before
 * the socket is open.
 */
export async function* liveMessages(socket: WebSocket): AsyncGenerator<LiveMessage, void, undefined> {
  const waiting: LiveMessage[] = [];
  let wake = () => {};
  socket.onmessage = ({ data }) => {
    waiting.push(JSON.parse(String(data)) as LiveMessage);
    wake();
  };
  socket.onclose = () => wake();
  for (;;) {
    const message = waiting.shift();
    if (message) yield message;
    else if (socket.readyState === WebSocket.CLOSED) return;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
}
