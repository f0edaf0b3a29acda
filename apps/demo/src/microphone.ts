/** A recording that is being made: kept from the moment the microphone is open, whoever hears it and whatever becomes of them. */
import type { MicrophoneSound } from "@deepspeech-ts/recognizer/web";
import { loadModule } from "./engines/local-engine.js";
import { joined, type Recording } from "./sound/recording.js";

export class LiveRecording {
  readonly #stream: MediaStream;
  readonly #microphone: MicrophoneSound;
  readonly #pieces: Float32Array[] = [];
  #isOver = false;
  /** Tells the one that hears. */
  #wake = () => {};
  /** Called with sound as it comes. */
  onSound: (samples: Float32Array) => void = () => {};
  /** When the microphone is closed, and all of its sound is here. */
  readonly over: Promise<void>;

  private constructor(stream: MediaStream, microphone: MicrophoneSound) {
    this.#stream = stream;
    this.#microphone = microphone;
    this.over = this.#keep();
  }

  /** @param onTrouble is told, in words for people, when no sound comes */
  static async open(onTrouble: (words: string) => void): Promise<LiveRecording> {
    const { microphoneSound, openMicrophone } = await loadModule();
    const stream = await openMicrophone();
    try {
      const microphone = await microphoneSound(stream, {
        onMicrophone: (event) => {
          if (event === "interrupted") onTrouble("The microphone is interrupted.");
          if (event === "resumed") onTrouble("");
          if (event === "lost") onTrouble("The microphone was lost; is it still connected?");
        },
      });
      return new LiveRecording(stream, microphone);
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      throw error;
    }
  }

  get sampleRate(): number {
    return this.#microphone.sampleRate;
  }

  /** All of it from the beginning, as it comes, for one that hears. */
  async *sound(): AsyncGenerator<Float32Array> {
    for (let index = 0; ; index++) {
      while (index === this.#pieces.length) {
        if (this.#isOver) return;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      yield this.#pieces[index] as Float32Array;
    }
  }

  /** Closes the microphone; what was said meanwhile is still kept and heard. */
  stop(): void {
    for (const track of this.#stream.getTracks()) track.stop();
  }

  get recording(): Recording {
    return { name: "recording", samples: joined(this.#pieces), sampleRate: this.sampleRate };
  }

  async #keep(): Promise<void> {
    for await (const samples of this.#microphone.sound) {
      this.#pieces.push(samples);
      this.onSound(samples);
      this.#wake();
    }
    this.stop();
    this.#isOver = true;
    this.#wake();
  }
}
