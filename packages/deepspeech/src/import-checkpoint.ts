/** `deepspeech import`. */

import type { ImportOptions, ImportSummary } from "@deepspeech-ts/toolkit/internal/pytorch-import/index.js";
import { type Command, Option } from "commander";
import { formatCount, formatPlural, quoteForShell } from "./format.js";

const HELP = `
The checkpoint is a file of the reference's DeepSpeech model by torch.save or PyTorch Lightning: .ckpt, .pt or .pth. No
Python is needed, and no code in the file is run.

--alphabet is one of
  reference         ' and space, a to z, the blank last: 29 classes
  reference-newest  that of the reference's newest version, in which y and z cannot be recognised
  a file            a token a line, in the order of the classes; the line <blank> is the blank
  characters        in the order of the classes; the blank is last, or where <blank> stands

--recurrence batch reproduces the reference's outputs, where recordings that share a batch change each other's text. With
time, the same weights are a starting point for further training, with deepspeech train --init-from.

Examples:
  $ npx deepspeech-ts import epoch=9.ckpt --alphabet reference --output reference.safetensors
  $ npx deepspeech-ts import epoch=9.ckpt --alphabet reference --recurrence time --output start.safetensors`;

type ImportFlags = Pick<ImportOptions, "alphabet" | "recurrence"> & { output: string };

export function configure(command: Command): void {
  command
    .argument("<checkpoint>", "a .ckpt of PyTorch Lightning, or a .pt or .pth of torch.save")
    .requiredOption("--alphabet <choice>", "what the model's classes are, see below")
    .requiredOption("--output <file>", "the checkpoint to write, ending in .safetensors")
    .addOption(
      new Option("--recurrence <axis>", "what the recurrent layers after the first run over")
        .choices(["batch", "time"])
        .default("batch"),
    )
    .addHelpText("after", HELP)
    .action(async (source: string, { output, alphabet, recurrence }: ImportFlags) => {
      // Only here, because it loads libtorch, and `deepspeech data import` must work without.
      const { importCheckpoint } = await import("@deepspeech-ts/toolkit/internal/pytorch-import/index.js");
      const summary = importCheckpoint({ source, output, alphabet, recurrence });
      for (const warning of summary.warnings) process.stderr.write(`deepspeech: warning: ${warning}\n`);
      process.stdout.write(`${importLines(output, summary).join("\n")}\n`);
    });
}

/** What was found, where it was saved, and what to do with it. */
export function importLines(out: string, { model, features, found, ...summary }: ImportSummary): string[] {
  const { convChannels, kernelSize, hiddenSize } = model;
  const place = [found.key && `under "${found.key}"`, found.prefix && `names begin with "${found.prefix}"`].filter(
    Boolean,
  );
  const file = quoteForShell(out);
  return [
    `Weights    ${formatCount(summary.numParameters)} parameters, ${summary.dtypes.join(", ")}${place.map((text) => `, ${text}`).join("")}`,
    `Layers     ${formatPlural(model.residualLayers, "residual layer")} of ${formatPlural(convChannels, "channel")}, kernels of ${kernelSize} by ${kernelSize}`,
    `           ${formatPlural(model.recurrentLayers, "recurrent layer")} of ${hiddenSize}, both ways, over ${model.recurrence}`,
    `Features   ${features.numMels} mel bands of power, neither logarithms nor normalised`,
    `Alphabet   ${summary.alphabet.tokens.map((token) => (token === " " ? "␠" : token)).join(" ")}`,
    `Saved in ${out}`,
    "",
    ...(model.recurrence === "batch"
      ? [
          `Measure it:  npx deepspeech-ts evaluate ${file} <test data>`,
          `Use it:      npx deepspeech-ts transcribe ${file} <recording>`,
        ]
      : [`Train it on: npx deepspeech-ts train --init-from ${file} --train <data> --dev <data>`]),
  ];
}
