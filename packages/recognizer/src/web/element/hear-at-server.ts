/** Hears at a server of this project: what MediaRecorder makes of the microphone goes out over a WebSocket. */
import { fromWireSpan, fromWireWord, type LiveMessage } from "@deepspeech-ts/speech";
import { liveMessages } from "../live-socket.js";
import type { MicrophoneEvent } from "../microphone.js";
import { loadModule } from "./hear-here.js";
import { type Heard, HearError, type HearOptions, NOTHING, stopTracks, unlessAborted } from "./heard.js";

/** How often sound is sent. */
const PIECE_MILLISECONDS = 250;

/** What is said is recorded from the moment the microphone is open, and sent once the server is there. */
export async function hearAtServer(options: HearOptions & { readonly server: string }): Promise<AsyncIterable<Heard>> {
  const { signal } = options;
  const { openMicrophone } = await loadModule();
  const stream = await openMicrophone();
  let stop = () => stopTracks(stream);
  try {
    signal.throwIfAborted();
    const recording = record(stream);
    stop = recording.stop;
    signal.addEventListener("abort", stop);
    tellOfTrack(stream, options.onMicrophone);
    options.onOpen(stop);
    const url = streamUrl(options);
    if (options.token) url.searchParams.set("token", await unlessAborted(Promise.resolve(options.token()), signal));
    const socket = await openSocket(url, options);
    recording.sendTo(socket);
    options.onListening();
    return heard(socket, options, stop);
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
  signal.throwIfAborted();
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

interface RecordedSound {
  /** Closes the microphone. */
  stop(): void;
  /** Sends what was recorded so far, and all that follows. */
  sendTo(socket: WebSocket): void;
}

/** MediaRecorder stops by itself where the track ends; its last piece comes before it tells so. */
function record(stream: MediaStream): RecordedSound {
  const recorder = new MediaRecorder(stream);
  const waiting: (Blob | string)[] = [];
  let send = (message: Blob | string): void => void waiting.push(message);
  recorder.ondataavailable = ({ data }) => {
    if (data.size > 0) send(data);
  };
  recorder.onstop = () => send('{"type":"end"}');
  recorder.start(PIECE_MILLISECONDS);
  return {
    stop() {
      if (recorder.state !== "inactive") recorder.stop();
      stopTracks(stream);
    },
    sendTo(socket) {
      send = (message) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(message);
      };
      for (const message of waiting) send(message);
    },
  };
}

async function* heard(socket: WebSocket, { signal }: HearOptions, stop: () => void): AsyncGenerator<Heard> {
  try {
    for await (const message of liveMessages(socket)) {
      signal.throwIfAborted();
      if (message.type === "done") return;
      if (message.type === "error") throw new HearError("server", message.error.message);
      if (message.type === "partial") yield { kind: "partial", stable: message.stable, tail: message.tail };
      else yield message.text === "" ? NOTHING : segmentOf(message);
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
