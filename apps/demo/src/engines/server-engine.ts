/** Recognises at the server that the page came from: see docs/serving.md. */
import { pcm16 } from "@deepspeech-ts/recognizer/audio";
import { liveMessages } from "@deepspeech-ts/recognizer/live-socket";
import { fromWireWord, type SpokenWord, type WireWord } from "@deepspeech-ts/speech";
import { fileOf, type Recording } from "../sound/recording.js";
import type { Answer, Engine, Listener, Live, LiveSound, Settings } from "./engine.js";

export class ServerError extends Error {}

/** The models that a server beside the page has; undefined where none is, and "locked" where it wants a key. */
export async function askServer(key: string): Promise<readonly string[] | "locked" | undefined> {
  try {
    const answer = await fetch("v1/models", { headers: authorisation(key) });
    if (answer.status === 401) return "locked";
    if (!answer.ok) return undefined;
    const { data } = (await answer.json()) as { data: { id: string }[] };
    return data.map(({ id }) => id);
  } catch {
    return undefined;
  }
}

export function authorisation(key: string): Record<string, string> {
  return key === "" ? {} : { authorization: `Bearer ${key}` };
}

export class ServerEngine implements Engine {
  constructor(
    readonly model: string,
    readonly key: () => string,
  ) {}

  get description(): string {
    return `${this.model}, at ${new URL(".", document.baseURI).href}`;
  }

  makeTokens(): undefined {
    return undefined;
  }

  async transcribe(recording: Recording, settings: Settings, listener: Listener): Promise<Answer> {
    const answer = await this.#post("v1/audio/transcriptions", recording, [
      ["response_format", "verbose_json"],
      ["timestamp_granularities[]", "word"],
      ...searchFields(settings),
    ]);
    if (answer.text !== "") listener.onSegment(answer);
    return answer;
  }

  align(recording: Recording, text: string): Promise<Answer> {
    return this.#post("v1/audio/alignments", recording, [["text", text]]);
  }

  async #post(path: string, recording: Recording, fields: readonly Field[]): Promise<Answer> {
    const form = new FormData();
    form.set("model", this.model);
    for (const [name, value] of fields) form.append(name, value);
    form.set("file", fileOf(recording));
    const answer = await fetch(path, { method: "POST", headers: authorisation(this.key()), body: form });
    const body = await answer.json();
    if (!answer.ok) throw new ServerError(body.error?.message ?? `the server answers with status ${answer.status}`);
    const { text, duration, words } = body as { text: string; duration: number; words: WireWord[] };
    return { text, words: wordsOf(words), durationSeconds: duration };
  }

  async *listen({ sound, sampleRate }: LiveSound, settings: Settings): AsyncGenerator<Live> {
    const url = new URL("v1/audio/stream", document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("sample_rate", String(sampleRate));
    url.searchParams.set("word_timestamps", "true");
    for (const [name, value] of searchFields(settings)) url.searchParams.set(name, value);
    if (this.key() !== "") url.searchParams.set("token", await this.#token());
    const socket = new WebSocket(url);
    void send(socket, sound);
    try {
      for await (const message of liveMessages(socket)) {
        if (message.type === "done") return;
        if (message.type === "error") throw new ServerError(message.error.message);
        if (message.type === "partial") yield { kind: "partial", text: `${message.stable} ${message.tail}`.trim() };
        // Of what was shown no word has remained.
        else if (message.text === "") yield { kind: "partial", text: "" };
        else yield { kind: "segment", text: message.text, words: wordsOf(message.words) };
      }
      throw new ServerError("the server ended the live stream");
    } finally {
      socket.close();
    }
  }

  /** A browser cannot send a key with a WebSocket. */
  async #token(): Promise<string> {
    const answer = await fetch("v1/audio/stream/token", { method: "POST", headers: authorisation(this.key()) });
    if (!answer.ok) throw new ServerError(`the server gives no token for a live stream (status ${answer.status})`);
    return ((await answer.json()) as { token: string }).token;
  }
}

type Field = readonly [name: string, value: string];

function searchFields({ isGreedy, hotWords }: Settings): Field[] {
  if (isGreedy) return [["decoding", "greedy"]];
  return [["decoding", "beam"], ...(hotWords.length > 0 ? [["hot_words", hotWords.join("\n")] as const] : [])];
}

async function send(socket: WebSocket, sound: AsyncIterable<Float32Array>): Promise<void> {
  const isOpen = new Promise((resolve) => socket.addEventListener("open", resolve));
  for await (const samples of sound) {
    await isOpen;
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(pcm16(samples));
  }
  socket.send('{"type":"end"}');
}

function wordsOf(words: readonly WireWord[] = []): SpokenWord[] {
  return words.map(fromWireWord);
}
