/** What the recogniser keeps to itself, from where it lies once compiled: a bench looks inside. */
type Compiled = {
  "core/cancellation.js": typeof import("../../packages/recognizer/dist/core/cancellation.js");
  "core/join-emissions.js": typeof import("../../packages/recognizer/dist/core/join-emissions.js");
  "core/long-audio.js": typeof import("../../packages/recognizer/dist/core/long-audio.js");
  "core/options.js": typeof import("../../packages/recognizer/dist/core/options.js");
  "core/segmenter.js": typeof import("../../packages/recognizer/dist/core/segmenter.js");
  "core/speech-detector.js": typeof import("../../packages/recognizer/dist/core/speech-detector.js");
  "node/node-platform.js": typeof import("../../packages/recognizer/dist/node/node-platform.js");
};

const root = new URL("../../../", import.meta.url);

async function inside<Path extends keyof Compiled>(path: Path): Promise<Compiled[Path]> {
  return import(new URL(`packages/recognizer/dist/${path}`, root).href);
}

export const { Cancellation } = await inside("core/cancellation.js");
export const { joinEmissions } = await inside("core/join-emissions.js");
export const { RECORDING_RULES } = await inside("core/long-audio.js");
export const { resolveSearch } = await inside("core/options.js");
export const { Segmenter } = await inside("core/segmenter.js");
export const { ACTIVITY_FRAME_RATE, SpeechDetector } = await inside("core/speech-detector.js");
export const { startNodePlatform } = await inside("node/node-platform.js");
export type NodePlatform = Awaited<ReturnType<typeof startNodePlatform>>;

/** Of this process and those it started. */
export const { treeUsage } = (await import(new URL("bench/process-tree.mjs", root).href)) as {
  treeUsage(): { cpuMs: number };
};
