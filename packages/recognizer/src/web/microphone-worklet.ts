/** Runs on the browser's audio thread: hands over what comes, channel by channel, a twentieth of a second at a time. */

/** What the scope of audio worklets has of it; the page's own types do not know it. */
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare const sampleRate: number;

class MicrophoneProcessor extends AudioWorkletProcessor {
  #channels: Float32Array[] = [];
  #length = 0;

  process([channels]: Float32Array[][]): boolean {
    const [first] = channels ?? [];
    if (!channels || !first) return true;
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

  /** Hands over what there is, and makes room for so many channels. */
  #send(numChannels: number): void {
    if (this.#length > 0) this.port.postMessage(this.#channels.map((channel) => channel.subarray(0, this.#length)));
    const size = Math.round(sampleRate / 20);
    this.#channels = Array.from({ length: numChannels }, () => new Float32Array(size));
    this.#length = 0;
  }
}

registerProcessor("deepspeech-microphone", MicrophoneProcessor);
