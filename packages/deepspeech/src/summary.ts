/** `deepspeech summary`. */
import { englishAlphabet } from "@deepspeech-ts/speech";
import { type ModelSummary, summariseModel } from "@deepspeech-ts/toolkit/internal/acoustic-model/index.js";
import { checkDirection } from "@deepspeech-ts/toolkit/internal/training/check-direction.js";
import { modelConfigOf } from "@deepspeech-ts/toolkit/internal/training/config.js";
import { recipes } from "@deepspeech-ts/toolkit/internal/training/recipes/index.js";
import type { Command } from "commander";
import { addFlags, givenSettings } from "./flags.js";
import { formatCount } from "./format.js";
import { readTrainConfig } from "./train-config.js";
import { trainSections, trainSettings } from "./train-flags.js";

const HELP = `
The model is the one that "deepspeech train" builds from the same flags and configuration file.

Examples:
  $ npx deepspeech-ts summary
  $ npx deepspeech-ts summary --model.recurrent-layers 5 --model.residual-layers 3
  $ npx deepspeech-ts summary --recipe streaming --model.lookahead-frames 8
  $ npx deepspeech-ts summary --config examples/quickstart.config.ts`;

/** What has a say in the model's shape. */
const settings = trainSettings.filter(({ path }) => ["features", "model", "phones"].includes(path[0]!));

export function configure(command: Command): void {
  command
    .option("--config <file>", "configuration: .ts, .mts, .js, .mjs or .json")
    .option("--recipe <name>", `the training's recipe: ${Object.keys(recipes).join(" or ")} (default: default)`);
  addFlags(command, settings, trainSections);
  command.addHelpText("after", HELP).action(async ({ config: file, recipe }: { config?: string; recipe?: string }) => {
    const config = await readTrainConfig({ file, recipe, flags: givenSettings(command, settings) });
    checkDirection(config);
    const summary = summariseModel(modelConfigOf(config, englishAlphabet.tokens.length), 800, config.features);
    process.stdout.write(`${summaryLines(summary).join("\n")}\n`);
  });
}

/** A row for each parameter; a layer's name, type and count stand in its first row. */
export function summaryLines(summary: ModelSummary): string[] {
  const { layers, inputShape, outputShape, numParameters, lookaheadMilliseconds: ahead } = summary;
  const rows = layers.flatMap(({ name, type, parameters, numParameters: count }) =>
    parameters.map((parameter, index) => {
      const first = index === 0;
      const shape = `${parameter.name} ${formatShape(parameter.shape)}`;
      return [first ? name : "", first ? type : "", shape, first ? formatCount(count) : ""];
    }),
  );
  return [
    ...alignColumns([["Layer", "Type", "Parameters", "Count"], ...rows]),
    "",
    `Input   ${formatShape(inputShape)}  features: utterances, frames, mel bands`,
    `Output  ${formatShape(outputShape)}  log-probabilities: utterances, frames, tokens`,
    `Total   ${formatCount(numParameters)} parameters`,
    `Hears   ${ahead === null ? "all that follows" : `${Number(ahead.toFixed(1))} ms`} beyond a frame`,
  ];
}

function formatShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** Left-aligned columns, the last to the right. */
function alignColumns(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const last = widths.length - 1;
  return rows.map((row) =>
    row
      .map((cell, i) => (i === last ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
}
