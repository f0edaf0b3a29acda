/** Plays a stretch of a recording, and tells where it is. */
import type { Recording } from "./recording.js";

export class Player {
  #context: AudioContext | undefined;
  #source: AudioBufferSourceNode | undefined;
  #recording: Recording | undefined;
  #turn = 0;
  /** Called with seconds of the recording as it plays, and with undefined at the end. */
  onTime: (seconds: number | undefined) => void = () => {};

  open(recording: Recording | undefined): void {
    this.stop();
    this.#recording = recording;
  }

  get isPlaying(): boolean {
    return this.#source !== undefined;
  }

  async play(from = 0, to = Number.POSITIVE_INFINITY): Promise<void> {
    const recording = this.#recording;
    this.stop();
    const turn = this.#turn;
    if (!recording || recording.samples.length === 0) return;
    this.#context ??= new AudioContext();
    const context = this.#context;
    await context.resume();
    // Something else is to be played by now, or nothing.
    if (turn !== this.#turn) return;
    const { samples, sampleRate } = recording;
    const buffer = context.createBuffer(1, samples.length, sampleRate);
    buffer.copyToChannel(samples, 0);
    const end = Math.min(to, samples.length / sampleRate);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(context.destination);
    const started = context.currentTime;
    source.onended = () => {
      if (this.#source === source) this.stop();
    };
    source.start(0, from, end - from);
    this.#source = source;
    const tick = () => {
      if (this.#source !== source) return;
      this.onTime(Math.min(end, from + context.currentTime - started));
      requestAnimationFrame(tick);
    };
    tick();
  }

  stop(): void {
    this.#turn += 1;
    const source = this.#source;
    this.#source = undefined;
    source?.stop();
    if (source) this.onTime(undefined);
  }
}
