/** Runs on the browser's audio thread: hands over what comes, a twentieth of a second at a time, as the mean of its channels. */

/** What the scope of audio worklets has of it; the page's own types do not know it. */
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare const sampleRate: number;

class MicrophoneProcessor extends AudioWorkletProcessor {
  #samples = new Float32Array(Math.round(sampleRate / 20));
  #length = 0;

  process([channels]: Float32Array[][]): boolean {
    const [first] = channels ?? [];
    if (!channels || !first) return true;
    for (let i = 0; i < first.length; i++) {
      let sum = 0;
      for (const channel of channels) sum += channel[i] as number;
      this.#samples[this.#length++] = sum / channels.length;
      if (this.#length === this.#samples.length) this.#send();
    }
    return true;
  }

  #send(): void {
    this.port.postMessage(this.#samples, [this.#samples.buffer]);
    this.#samples = new Float32Array(this.#length);
    this.#length = 0;
  }
}

registerProcessor("deepspeech-microphone", MicrophoneProcessor);
