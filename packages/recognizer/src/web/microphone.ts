/**
 * A microphone's sound, as samples of one channel at the device's own rate. An AudioWorklet hands them over from the
 * browser's audio thread, and its channels become one as a file's do. Nothing is resampled here: not every browser takes a
 * microphone into a context of another rate (older Firefoxes throw), and each would resample in a way of its own.
 *
 * Sound is heard from the moment it is asked for, and waits for whoever takes it: what is said while a model is still
 * being loaded is not lost.
 */
import { Mixer } from "../audio/mix-down.js";
import { RecognizerError } from "../errors.js";

/**
 * What happens to a microphone while it is heard: sound stops coming (a call, a tab that is put to sleep, a switch on the
 * device), it comes again, or the device is gone and the sound ends.
 */
export type MicrophoneEvent = "interrupted" | "resumed" | "lost";

/** How a microphone is listened to. */
export interface MicrophoneOptions {
  onMicrophone?: ((event: MicrophoneEvent) => void) | undefined;
}

/** A microphone that is listened to. */
export interface MicrophoneSound {
  /** Ends with the track. */
  readonly sound: AsyncIterable<Float32Array>;
  readonly sampleRate: number;
  /** Ends the listening, but not the stream, which its owner stops. May be called twice. */
  close(): Promise<void>;
}

/**
 * Asks the visitor for the microphone.
 *
 * @throws RecognizerError `no-microphone`, `permission-denied`
 */
export async function openMicrophone(constraints: MediaTrackConstraints = {}): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new RecognizerError("no-microphone", "pages have a microphone only over https or on localhost");
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: constraints });
  } catch (error) {
    throw explainRefusal(error);
  }
}

function explainRefusal(error: unknown): unknown {
  const name = (error as DOMException).name;
  const options = { cause: error };
  if (name === "NotAllowedError" || name === "SecurityError") {
    return new RecognizerError(
      "permission-denied",
      "the microphone was not allowed; allow it in the browser's settings",
      options,
    );
  }
  if (name === "OverconstrainedError") {
    const { constraint } = error as OverconstrainedError;
    const message = `there is no microphone of the ${constraint || "kind"} that was asked for; connect it, or ask for another`;
    return new RecognizerError("no-microphone", message, options);
  }
  if (name === "NotFoundError") {
    return new RecognizerError("no-microphone", "there is no microphone; connect one", options);
  }
  if (name === "NotReadableError" || name === "AbortError") {
    return new RecognizerError("no-microphone", "the microphone cannot be used; is it in use elsewhere?", options);
  }
  return error;
}

/**
 * Listens to a stream, until its track ends: the page stops it, or the device is unplugged.
 *
 * @throws RecognizerError `no-microphone` for a stream without sound, `no-runtime` where a script is missing
 */
export async function microphoneSound(
  stream: MediaStream,
  { onMicrophone = () => {} }: MicrophoneOptions = {},
): Promise<MicrophoneSound> {
  const [track] = stream.getAudioTracks();
  if (!track || track.readyState === "ended") {
    throw new RecognizerError("no-microphone", "the stream has no track of sound that is live");
  }
  const context = new AudioContext();
  try {
    await addWorklet(context);
    // Begun without a click a context sleeps until there is one, and the promise waits with it: Listening tells so.
    if (context.state === "suspended") {
      await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, BEGIN_MILLISECONDS))]);
    }
  } catch (error) {
    await context.close();
    throw error;
  }
  const listening = new Listening({ context, stream, track, onMicrophone });
  return { sound: listening.sound(), sampleRate: context.sampleRate, close: () => listening.close() };
}

async function addWorklet({ audioWorklet }: AudioContext): Promise<void> {
  // Written out, for so bundlers find the file.
  const url = new URL("./microphone-worklet.js", import.meta.url);
  try {
    await audioWorklet.addModule(url);
  } catch (cause) {
    const message = `${url}: cannot be loaded; is it served beside the page, as JavaScript?`;
    throw new RecognizerError("no-runtime", message, { cause });
  }
}

interface Listened {
  readonly context: AudioContext;
  readonly stream: MediaStream;
  readonly track: MediaStreamTrack;
  readonly onMicrophone: (event: MicrophoneEvent) => void;
}

/** A context that has not begun by then is told as interrupted. */
const BEGIN_MILLISECONDS = 1000;
/** A track that the page itself stops tells nobody, so it is looked at. */
const LOOK_MILLISECONDS = 100;

class Listening {
  readonly #context: AudioContext;
  readonly #track: MediaStreamTrack;
  readonly #tell: (event: MicrophoneEvent) => void;
  readonly #node: AudioWorkletNode;
  readonly #source: MediaStreamAudioSourceNode;
  readonly #waiting: Float32Array<ArrayBuffer>[] = [];
  readonly #mixer: Mixer;
  readonly #timer: ReturnType<typeof setInterval>;
  #wake = () => {};
  #isOver = false;
  #closed: Promise<void> | undefined;
  #isInterrupted = false;

  constructor({ context, stream, track, onMicrophone }: Listened) {
    this.#context = context;
    this.#mixer = new Mixer(context.sampleRate);
    this.#track = track;
    this.#tell = onMicrophone;
    this.#node = new AudioWorkletNode(context, "deepspeech-microphone", { numberOfOutputs: 0 });
    this.#node.port.onmessage = ({ data }: MessageEvent<Float32Array<ArrayBuffer>[]>) => this.#take(data);
    this.#node.onprocessorerror = this.#lose;
    this.#source = context.createMediaStreamSource(stream);
    this.#source.connect(this.#node);
    track.addEventListener("ended", this.#lose);
    for (const name of ["mute", "unmute"]) track.addEventListener(name, this.#look);
    context.addEventListener("statechange", this.#look);
    document.addEventListener("visibilitychange", this.#look);
    this.#timer = setInterval(this.#look, LOOK_MILLISECONDS);
  }

  async *sound(): AsyncGenerator<Float32Array, void, undefined> {
    try {
      for (;;) {
        const samples = this.#waiting.shift();
        if (samples) yield samples;
        else if (this.#isOver) break;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      yield this.#mixer.end();
    } finally {
      await this.close();
    }
  }

  #take(channels: Float32Array<ArrayBuffer>[]): void {
    const samples = this.#mixer.push(channels);
    if (samples.length === 0) return;
    this.#waiting.push(samples);
    this.#wake();
  }

  /** The device is gone, or the browser's audio has failed: nothing more will come. */
  readonly #lose = (): void => {
    if (!this.#isOver) this.#tell("lost");
    this.#end();
  };

  readonly #look = (): void => {
    if (this.#isOver) return;
    if (this.#track.readyState === "ended") {
      this.#end();
      return;
    }
    const { state } = this.#context;
    const isInterrupted = this.#track.muted || state !== "running";
    // A tab that was put to sleep, and calls on telephones, leave the context suspended.
    if (state !== "running" && document.visibilityState === "visible") void this.#context.resume().catch(() => {});
    if (isInterrupted === this.#isInterrupted) return;
    this.#isInterrupted = isInterrupted;
    this.#tell(isInterrupted ? "interrupted" : "resumed");
  };

  #end(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#wake();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#end();
    this.#track.removeEventListener("ended", this.#lose);
    for (const name of ["mute", "unmute"]) this.#track.removeEventListener(name, this.#look);
    this.#context.removeEventListener("statechange", this.#look);
    document.removeEventListener("visibilitychange", this.#look);
    this.#source.disconnect();
    this.#node.port.close();
    await this.#context.close();
  }
}
