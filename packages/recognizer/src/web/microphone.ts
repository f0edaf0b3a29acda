/**
 * A microphone's sound, as samples of one channel at the device's own rate. An AudioWorklet hands them over from the
 * browser's audio thread, and its channels become one as a file's do; contexts that are forced to another rate throw in Firefox, so nothing is resampled here.
 */
import { Mixer } from "../audio/mix-down.js";
import { RecognizerError } from "../errors.js";

export interface MicrophoneSound {
  readonly sound: AsyncGenerator<Float32Array, void, undefined>;
  readonly sampleRate: number;
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
  if (name === "NotFoundError" || name === "OverconstrainedError") {
    return new RecognizerError("no-microphone", "there is no microphone; connect one", options);
  }
  if (name === "NotReadableError" || name === "AbortError") {
    return new RecognizerError("no-microphone", "the microphone cannot be used; is it in use elsewhere?", options);
  }
  return error;
}

/**
 * Ends when the stream's track ends, as it does where the device is unplugged or the page stops it.
 *
 * @throws RecognizerError `no-microphone` for a stream without sound
 */
export async function microphoneSound(stream: MediaStream): Promise<MicrophoneSound> {
  const [track] = stream.getAudioTracks();
  if (!track || track.readyState === "ended") {
    throw new RecognizerError("no-microphone", "the stream has no track of sound that is live");
  }
  const context = new AudioContext();
  await context.audioWorklet.addModule(new URL("./microphone-worklet.js", import.meta.url));
  // Begun without a click a context sleeps until there is one.
  if (context.state === "suspended") await context.resume();
  return { sound: pieces(context, stream, track), sampleRate: context.sampleRate };
}

async function* pieces(
  context: AudioContext,
  stream: MediaStream,
  track: MediaStreamTrack,
): AsyncGenerator<Float32Array, void, undefined> {
  const waiting: Float32Array<ArrayBuffer>[] = [];
  const mixer = new Mixer();
  let wake = () => {};
  let isOver = false;
  const end = () => {
    isOver = true;
    wake();
  };
  track.addEventListener("ended", end);
  const node = new AudioWorkletNode(context, "deepspeech-microphone", { numberOfOutputs: 0 });
  node.port.onmessage = ({ data }: MessageEvent<Float32Array<ArrayBuffer>[]>) => {
    const samples = mixer.push(data);
    if (samples.length === 0) return;
    waiting.push(samples);
    wake();
  };
  node.onprocessorerror = end;
  const source = context.createMediaStreamSource(stream);
  source.connect(node);
  try {
    for (;;) {
      const samples = waiting.shift();
      if (samples) yield samples;
      else if (isOver) {
        yield mixer.end();
        return;
      } else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    track.removeEventListener("ended", end);
    source.disconnect();
    node.port.close();
    await context.close();
  }
}
