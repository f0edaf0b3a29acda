/** A recording that is being made: heard by an engine, shown, and kept. */
import { loadModule } from "./engines/local-engine.js";
import { joined, type Recording } from "./sound/recording.js";

export class LiveRecording {
  readonly #stream: MediaStream;
  readonly #pieces: Float32Array[] = [];

  private constructor(
    stream: MediaStream,
    readonly sampleRate: number,
    readonly sound: AsyncIterable<Float32Array>,
    readonly close: () => Promise<void>,
  ) {
    this.#stream = stream;
  }

  /** @param onTrouble is told, in words for people, when no sound comes */
  static async open(onTrouble: (words: string) => void): Promise<LiveRecording> {
    const { microphoneSound, openMicrophone } = await loadModule();
    const stream = await openMicrophone();
    try {
      const { sound, sampleRate, close } = await microphoneSound(stream, {
        onMicrophone: (event) => {
          if (event === "interrupted") onTrouble("The microphone is interrupted.");
          if (event === "resumed") onTrouble("");
          if (event === "lost") onTrouble("The microphone was lost; is it still connected?");
        },
      });
      return new LiveRecording(stream, sampleRate, sound, close);
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      throw error;
    }
  }

  /** The sound, which is kept as it passes. */
  async *heard(onSound: (samples: Float32Array) => void): AsyncGenerator<Float32Array> {
    try {
      for await (const samples of this.sound) {
        this.#pieces.push(samples);
        onSound(samples);
        yield samples;
      }
    } finally {
      this.stop();
      await this.close();
    }
  }

  stop(): void {
    for (const track of this.#stream.getTracks()) track.stop();
  }

  get recording(): Recording {
    return { name: "recording", samples: joined(this.#pieces), sampleRate: this.sampleRate };
  }
}
