/** Hears at a server of this project: what MediaRecorder makes of the microphone goes out over a WebSocket. */
import { fromWireSpan, fromWireWord, type LiveMessage } from "@deepspeech-ts/speech";
import { liveMessages } from "../live-socket.js";
import type { MicrophoneEvent } from "../microphone.js";
import { loadModule } from "./hear-here.js";
import { type Heard, HearError, type Hearing, type HearOptions } from "./heard.js";

/** How often sound is sent. */
const PIECE_MILLISECONDS = 250;

export async function hearAtServer(options: HearOptions & { readonly server: string }): Promise<Hearing> {
  const { openMicrophone } = await loadModule();
  const stream = await openMicrophone();
  const recorder = new MediaRecorder(stream);
  const stop = () => {
    if (recorder.state !== "inactive") recorder.stop();
    for (const track of stream.getTracks()) track.stop();
  };
  try {
    const url = streamUrl(options);
    if (options.token) url.searchParams.set("token", await options.token());
    const socket = await openSocket(url, options);
    tellOfTrack(stream, options.onMicrophone);
    sendSound(recorder, socket);
    options.onListening();
    return { events: heard(socket, options, stop), stop };
  } catch (error) {
    stop();
    throw error;
  }
}

function streamUrl({ server, hotWords }: HearOptions & { readonly server: string }): URL {
  // A server may stand under a path of its host.
  const url = new URL("v1/audio/stream", new URL(server.replace(/\/?$/, "/"), document.baseURI));
  url.protocol = url.protocol.replace("http", "ws");
  url.searchParams.set("encoding", "file");
  url.searchParams.set("word_timestamps", "true");
  if (hotWords.length > 0) url.searchParams.set("hot_words", hotWords.join(","));
  return url;
}

function openSocket(url: URL, { signal }: HearOptions): Promise<WebSocket> {
  const socket = new WebSocket(url);
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(socket);
    // A browser tells a page no more of it than that.
    const message = `${url.origin}: takes no live sound; is the server there, and are this page's requests allowed?`;
    socket.onerror = () => reject(new HearError("offline", message));
    signal.addEventListener("abort", () => {
      socket.close();
      reject(signal.reason);
    });
  });
}

function tellOfTrack(stream: MediaStream, tell: (event: MicrophoneEvent) => void): void {
  for (const track of stream.getAudioTracks()) {
    track.addEventListener("mute", () => tell("interrupted"));
    track.addEventListener("unmute", () => tell("resumed"));
    track.addEventListener("ended", () => tell("lost"));
  }
}

/** MediaRecorder stops by itself where the track ends; its last piece comes before it tells so. */
function sendSound(recorder: MediaRecorder, socket: WebSocket): void {
  recorder.ondataavailable = ({ data }) => {
    if (data.size > 0 && socket.readyState === WebSocket.OPEN) socket.send(data);
  };
  recorder.onstop = () => {
    if (socket.readyState === WebSocket.OPEN) socket.send('{"type":"end"}');
  };
  recorder.start(PIECE_MILLISECONDS);
}

async function* heard(socket: WebSocket, { signal }: HearOptions, stop: () => void): AsyncGenerator<Heard> {
  try {
    for await (const message of liveMessages(socket)) {
      signal.throwIfAborted();
      if (message.type === "done") return;
      if (message.type === "error") throw new HearError("server", message.error.message);
      if (message.type === "partial") yield { kind: "partial", stable: message.stable, tail: message.tail };
      else if (message.text !== "") yield segmentOf(message);
    }
    signal.throwIfAborted();
    throw new HearError("offline", "the connection to the server broke off");
  } finally {
    stop();
    socket.close();
  }
}

function segmentOf(message: Extract<LiveMessage, { type: "final" }>): Heard {
  const { text, words = [] } = message;
  return { kind: "segment", text, ...fromWireSpan(message), words: words.map(fromWireWord) };
}
