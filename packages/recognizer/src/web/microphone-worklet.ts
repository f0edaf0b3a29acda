/** Runs on the browser's audio thread: hands over what comes, channel by channel, a twentieth of a second at a time. */

/** What the scope of audio worklets has of it; the page's own types do not know it. */
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare const sampleRate: number;

/** Samples of a call, where nothing comes that tells. */
const QUANTUM = 128;

class MicrophoneProcessor extends AudioWorkletProcessor {
  #channels: Float32Array[] = [];
  #length = 0;

  process([given = []]: Float32Array[][]): boolean {
    const channels = given.length > 0 ? given : this.#silence();
    const first = channels[0] as Float32Array;
    // A device may change how many it has.
    if (channels.length !== this.#channels.length) this.#send(channels.length);
    const size = this.#channels[0]?.length ?? 0;
    for (let start = 0; start < first.length; ) {
      const count = Math.min(first.length - start, size - this.#length);
      for (const [index, channel] of channels.entries()) {
        this.#channels[index]?.set(channel.subarray(start, start + count), this.#length);
      }
      start += count;
      this.#length += count;
      if (this.#length === size) this.#send(channels.length);
    }
    return true;
  }

  /** Firefox gives nothing of a track that is silent; time goes on all the same, and speech ends with a pause. */
  #silence(): Float32Array[] {
    return Array.from({ length: Math.max(1, this.#channels.length) }, () => new Float32Array(QUANTUM));
  }

  /** Hands over what there is, and makes room for so many channels. */
  #send(numChannels: number): void {
    if (this.#length > 0) this.port.postMessage(this.#channels.map((channel) => channel.subarray(0, this.#length)));
    const size = Math.round(sampleRate / 20);
    this.#channels = Array.from({ length: numChannels }, () => new Float32Array(size));
    this.#length = 0;
  }
}

registerProcessor("deepspeech-microphone", MicrophoneProcessor);
