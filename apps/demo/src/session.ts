/** One recording's way through the page: it comes, is recognised, and is there to be heard, corrected and saved. */
import type { SpokenWord } from "@deepspeech-ts/speech";
import type { EngineChoice } from "./engines/choice.js";
import type { Answer, Engine, Segment, Settings } from "./engines/engine.js";
import { find } from "./find.js";
import { LiveRecording } from "./microphone.js";
import { Downloads } from "./panels/downloads.js";
import { Editor } from "./panels/editor.js";
import { Transcript } from "./panels/transcript.js";
import { Columns } from "./sound/columns.js";
import { Player } from "./sound/player.js";
import { type Recording, readRecording } from "./sound/recording.js";
import { clock } from "./timeline/lanes.js";
import { Timeline } from "./timeline/timeline.js";

/** Of a word, what is heard around it. */
const MARGIN_SECONDS = 0.06;

export class Session {
  readonly #choice: EngineChoice;
  readonly #settings: () => Settings;
  readonly #timeline = new Timeline(find("timeline"));
  readonly #transcript = new Transcript();
  readonly #downloads = new Downloads();
  readonly #editor = new Editor();
  readonly #player = new Player();
  readonly #record = find<HTMLButtonElement>("record");
  readonly #play = find<HTMLButtonElement>("play");
  readonly #status = find("status");
  readonly #problem = find("problem");
  #isHearing = false;
  /** Once the microphone is open. */
  #live: LiveRecording | undefined;
  #recording: Recording | undefined;
  /** What is known of it so far, which stays until there is a better one. */
  #answer: Answer | undefined;
  #turn = 0;
  onRecording: () => void = () => {};

  constructor(choice: EngineChoice, settings: () => Settings) {
    this.#choice = choice;
    this.#settings = settings;
    const playWord = ({ startSeconds, endSeconds }: SpokenWord) =>
      void this.#player.play(Math.max(0, startSeconds - MARGIN_SECONDS), endSeconds + MARGIN_SECONDS);
    this.#timeline.onWord = playWord;
    this.#transcript.onWord = playWord;
    this.#timeline.onSeek = (seconds) => void this.#player.play(seconds);
    this.#player.onTime = (seconds) => this.#showTime(seconds);
    this.#editor.onText = (text) => void this.#attempt((isCurrent) => this.#align(text, isCurrent));
    this.#record.addEventListener("click", () => this.toggleRecording());
    this.#play.addEventListener("click", () =>
      this.#player.isPlaying ? this.#player.stop() : void this.#player.play(),
    );
  }

  /** What the curl line names. */
  get fileName(): string {
    return this.#recording?.file?.name ?? "recording.wav";
  }

  async open(file: File): Promise<void> {
    if (/\.dsb$/i.test(file.name)) {
      await this.#useBundle(file);
      return;
    }
    this.#live?.stop();
    // A setting that changes meanwhile is not for what is about to go.
    this.#recording = undefined;
    await this.#attempt(async (isCurrent) => {
      this.#say("Reading the recording…");
      const recording = await readRecording(file);
      if (!isCurrent()) return;
      const columns = new Columns(recording.sampleRate);
      columns.push(recording.samples);
      this.#begin(columns);
      this.#take(recording);
      await this.#recognise(recording, isCurrent);
    });
  }

  /** Recognises what is there, with other settings or elsewhere. */
  async again(): Promise<void> {
    const recording = this.#recording;
    if (recording && !this.#isHearing) await this.#attempt((isCurrent) => this.#recognise(recording, isCurrent));
  }

  toggleRecording(): void {
    // While the visitor is asked for the microphone there is nothing to stop yet, and while the last words are found no more.
    if (this.#isHearing) this.#live?.stop();
    else void this.#attempt((isCurrent) => this.#hear(isCurrent));
  }

  async #useBundle(file: File): Promise<void> {
    if (this.#isHearing) return this.#complain(`Stop the recording first, and then give ${file.name}.`);
    const use = async () => {
      this.#say(`Opening ${file.name}…`);
      const { description } = await this.#choice.useBundle(file);
      find("runtime").textContent = description;
      this.#say(`Using ${file.name}. ${description}`);
    };
    // What is being recognised goes on until there is another model: a broken one changes nothing.
    await this.#attempt(use, () => true);
  }

  async #hear(isCurrent: () => boolean): Promise<void> {
    this.#isHearing = true;
    let live: LiveRecording | undefined;
    const segments: Segment[] = [];
    try {
      this.#say("Opening the microphone…");
      live = await LiveRecording.open((words) => this.#complain(words));
      this.#live = live;
      if (isCurrent()) await this.#hearLive(live, segments, isCurrent);
    } finally {
      live?.stop();
      await live?.over;
      this.#live = undefined;
      this.#isHearing = false;
      this.#showRecording("idle");
      // However it ended: it can be played, saved, corrected, and recognised anew.
      if (live && isCurrent()) this.#keep(live.recording, segments);
    }
    if (isCurrent()) await this.#recognise(live.recording, isCurrent);
  }

  /** @param segments to which those are added that are heard */
  async #hearLive(live: LiveRecording, segments: Segment[], isCurrent: () => boolean): Promise<void> {
    this.#showRecording("live");
    const columns = new Columns(live.sampleRate);
    this.#begin(columns, { isLive: true });
    live.onSound = (samples) => {
      columns.push(samples);
      if (!isCurrent()) return;
      this.#timeline.draw();
      find("clock").textContent = clock(columns.seconds);
    };
    void live.over.then(() => {
      this.#showRecording("finishing");
      if (!isCurrent()) return;
      this.#timeline.show(columns);
      this.#say("Finishing…");
    });
    this.#say("Listening…");
    const engine = await this.#choice.engine();
    const heard = engine.listen({ sound: live.sound(), sampleRate: live.sampleRate }, this.#settings());
    for await (const event of heard) {
      if (!isCurrent()) return;
      this.#transcript.showPartial(event.kind === "partial" ? event.text : "");
      if (event.kind === "partial") continue;
      segments.push(event);
      this.#transcript.addSegment(event.words);
    }
  }

  #begin(columns: Columns, options: { isLive?: boolean } = {}): void {
    find("drop").hidden = true;
    this.#recording = undefined;
    this.#player.open(undefined);
    this.#play.hidden = true;
    this.#offer(undefined);
    this.#transcript.clear();
    this.#timeline.show(columns, options);
  }

  #take(recording: Recording): void {
    this.#recording = recording;
    this.#player.open(recording);
    this.#play.hidden = recording.samples.length === 0;
    this.onRecording();
  }

  /** What was recorded, and what was heard of it meanwhile. */
  #keep(recording: Recording, segments: readonly Segment[]): void {
    this.#take(recording);
    this.#transcript.showPartial("");
    if (segments.length === 0) return;
    this.#show({
      text: segments.map(({ text }) => text).join(" "),
      words: segments.flatMap(({ words }) => words),
      durationSeconds: recording.samples.length / recording.sampleRate,
    });
  }

  async #recognise(recording: Recording, isCurrent: () => boolean): Promise<void> {
    const engine = await this.#choice.engine();
    if (!isCurrent()) return;
    find("runtime").textContent = engine.description;
    this.#say("Recognising…");
    const [answer, seconds] = await this.#transcribe(engine, recording, isCurrent);
    if (!isCurrent()) return;
    this.#show(answer);
    if (answer.text === "") this.#transcript.showNothingHeard();
    const times = (answer.durationSeconds / seconds).toFixed(seconds < 1 ? 0 : 1);
    this.#say(`${answer.durationSeconds.toFixed(1)} s of sound in ${seconds.toFixed(2)} s: ${times} times real time`);
  }

  /** What it finds is shown as it comes where nothing is shown yet; an earlier answer stays until the new one is whole. */
  async #transcribe(engine: Engine, recording: Recording, isCurrent: () => boolean): Promise<[Answer, number]> {
    const tokens = engine.makeTokens();
    const segments: Segment[] = [];
    const isFirst = this.#answer === undefined;
    if (isFirst) {
      this.#transcript.clear();
      this.#timeline.setTokens(tokens);
    }
    const started = performance.now();
    const answer = await engine.transcribe(recording, this.#settings(), {
      onSegment: (segment) => {
        segments.push(segment);
        if (isFirst && isCurrent()) this.#transcript.addSegment(segment.words);
      },
      onEmissions: (heard) => {
        tokens?.add(heard);
        this.#timeline.draw();
      },
    });
    const seconds = (performance.now() - started) / 1000;
    if (!isFirst && isCurrent()) {
      this.#timeline.setTokens(tokens);
      this.#transcript.clear();
      for (const { words } of segments) this.#transcript.addSegment(words);
    }
    return [answer, seconds];
  }

  async #align(text: string, isCurrent: () => boolean): Promise<void> {
    const recording = this.#recording;
    if (!recording) return;
    if (text === "") throw new Error("There is no text to align: type what was said, or cancel.");
    this.#say("Aligning…");
    const answer = await (await this.#choice.engine()).align(recording, text);
    if (!isCurrent()) return;
    this.#editor.close();
    this.#transcript.clear();
    this.#transcript.addSegment(answer.words);
    this.#show(answer);
    this.#say("Aligned with the recording.");
  }

  #show(answer: Answer): void {
    this.#timeline.setWords(answer.words);
    this.#offer(answer);
  }

  #offer(answer: Answer | undefined): void {
    this.#answer = answer;
    this.#downloads.offer(answer, this.#recording?.name);
    this.#editor.offer(answer?.text);
  }

  #showTime(seconds: number | undefined): void {
    this.#timeline.setTime(seconds);
    this.#transcript.setTime(seconds);
    this.#play.textContent = seconds === undefined ? "Play" : "Stop";
  }

  /** Not disabled while it finishes: the button would lose the focus. */
  #showRecording(state: "idle" | "live" | "finishing"): void {
    this.#record.setAttribute("aria-pressed", String(state === "live"));
    this.#record.setAttribute("aria-disabled", String(state === "finishing"));
    find("record-label").textContent = state === "live" ? "Stop" : "Record";
    if (state !== "live") find("clock").textContent = "";
  }

  /**
   * Whatever goes wrong is told, and the page goes on.
   *
   * @param isCurrent whether nothing else was begun since: what an older request still brings is nobody's
   */
  async #attempt(work: (isCurrent: () => boolean) => Promise<void>, isCurrent = this.#newTurn()): Promise<void> {
    this.#complain("");
    try {
      await work(isCurrent);
    } catch (error) {
      if (!isCurrent()) return;
      this.#say("");
      this.#complain(error instanceof Error ? error.message : String(error));
    }
  }

  #newTurn(): () => boolean {
    this.#turn += 1;
    const turn = this.#turn;
    return () => turn === this.#turn;
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }

  #complain(text: string): void {
    this.#problem.hidden = text === "";
    this.#problem.textContent = text;
  }
}
