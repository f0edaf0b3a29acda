/** What the bundle makes of the stretches that a detector found: long ones in windows, as the recogniser hears them. */
import { fileURLToPath } from "node:url";
import { openBundleFile } from "@deepspeech-ts/recognizer";
import { outputBlanks } from "@deepspeech-ts/speech";
import type { Stretch } from "./detectors.js";
import { Cancellation, joinEmissions, type NodePlatform, resolveSearch, startNodePlatform } from "./inside.js";
import { RATE, type Samples } from "./sounds.js";

const BUNDLE = fileURLToPath(new URL("../../../test/fixtures/bundles/quickstart-fp16.dsb", import.meta.url));
const WINDOW_SECONDS = 30;
const OVERLAP_SECONDS = 6;

export interface Listener {
  readonly platform: NodePlatform;
  /** The text of all stretches. */
  hear(samples: Samples, stretches: readonly Stretch[]): Promise<string>;
  close(): Promise<void>;
}

export async function startListener(): Promise<Listener> {
  const bundle = await openBundleFile(BUNDLE);
  const { header } = bundle;
  const platform = await startNodePlatform(bundle, { workers: 1, threads: 1 });
  const frameSamples = Math.round(header.frameSeconds * RATE);
  const inFrames = (seconds: number) => Math.round(seconds / header.frameSeconds) * frameSamples;

  async function textOf(samples: Samples): Promise<string> {
    const windows = [];
    for (
      let at = 0;
      at === 0 || at + inFrames(OVERLAP_SECONDS) < samples.length;
      at += inFrames(WINDOW_SECONDS - OVERLAP_SECONDS)
    ) {
      const [emissions] = await platform.infer([samples.slice(at, at + inFrames(WINDOW_SECONDS))]);
      windows.push({ firstFrame: at / frameSamples, emissions: emissions! });
    }
    const emissions = joinEmissions(windows, outputBlanks(header));
    const [found] = await platform.search(emissions, resolveSearch({}, header), new Cancellation());
    return found!.text;
  }

  return {
    platform,
    async hear(samples, stretches) {
      const texts: string[] = [];
      for (const [start, end] of stretches) {
        const sound = samples.slice(Math.round(start * RATE), Math.round(end * RATE));
        if (sound.length >= header.minSamples) texts.push(await textOf(sound));
      }
      return texts.filter((text) => text !== "").join(" ");
    },
    close: () => platform.close(),
  };
}
