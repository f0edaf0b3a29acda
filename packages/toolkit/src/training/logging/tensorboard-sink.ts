/** A run in TensorBoard: its curves, the same few transcripts after each epoch, and what augmentation does to an utterance. */
import type { TranscriptSample } from "../events.js";
import { type EventWriter, openEventWriter } from "../tensorboard/event-writer.js";
import type { LoggedEvent } from "./logged-event.js";
import { encodePng } from "./png.js";
import { scalarsOf } from "./scalars.js";
import type { LogSink } from "./sink.js";
import { drawSpectrograms, type SpectrogramPair } from "./spectrogram-image.js";

export class TensorBoardSink implements LogSink {
  readonly #events: EventWriter;

  /**
   * `resumedAfter` is the step after which a resumed run goes on; 0 for a new one. What earlier sessions logged beyond it,
   * TensorBoard drops. The configuration is shown as a text from that step on.
   */
  constructor(runFolder: string, { resumedAfter, config }: { resumedAfter: number; config?: object | undefined }) {
    this.#events = openEventWriter(runFolder);
    if (resumedAfter > 0) this.#events.resumeFrom(resumedAfter + 1);
    if (config) this.#events.text("config", asBlock(JSON.stringify(config, null, 2)), resumedAfter);
  }

  handle(event: LoggedEvent): void {
    if (event.kind === "start" && event.changes) {
      const lines = event.changes.map(({ key, was, is }) => `${key}: ${was} → ${is}`);
      this.#events.text("changed_on_resume", asBlock(lines.join("\n")), event.firstStep);
    }
    const scalars = scalarsOf(event);
    if (scalars === null) return;
    for (const [tag, value] of Object.entries(scalars.values)) this.#events.scalar(tag, value, scalars.step);
    if (event.kind === "epoch") this.#events.text("samples", markdownOf(event.dev.samples), event.step);
  }

  spectrograms(step: number, pair: SpectrogramPair): void {
    const { before, after } = drawSpectrograms(pair);
    const images = [
      ["Spectrogram/before_augmentation", before],
      ["Spectrogram/after_augmentation", after],
    ] as const;
    for (const [tag, image] of images) {
      const { width, height } = image;
      this.#events.image(tag, { width, height, encodedImage: encodePng(image) }, step);
    }
  }

  flush(): void {
    this.#events.flush();
  }

  close(): void {
    this.#events.close();
  }
}

/** Lines that Markdown leaves as they are. */
function asBlock(text: string): string {
  return text.replace(/^/gm, "    ");
}

/** Reference above hypothesis, as indented blocks keep them. */
function markdownOf(samples: readonly TranscriptSample[]): string {
  return samples
    .map(({ id, reference, hypothesis }) => `**${id}**\n\n    ${reference}\n    ${hypothesis}`)
    .join("\n\n");
}
