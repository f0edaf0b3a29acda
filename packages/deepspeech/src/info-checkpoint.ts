/** What a checkpoint, or a run's folder, says of itself. Apart from the command, because it loads libtorch. */
import { existsSync, statSync } from "node:fs";
import { basename } from "node:path";
import { quoteValue } from "@deepspeech-ts/speech";
import { checkpointFile, loadCheckpointHeader } from "@deepspeech-ts/toolkit/internal/acoustic-model/index.js";
import { expectedShapes } from "@deepspeech-ts/toolkit/internal/acoustic-model/weight-shapes.js";
import { runFacts as recordedRun } from "@deepspeech-ts/toolkit/internal/export/describe.js";
import { checkpointPath } from "@deepspeech-ts/toolkit/internal/training/run-folder.js";
import { alphabetText, type Facts, featuresText, formatSize, modelText, trainingText } from "./info-facts.js";

/** @throws UserError for what is no checkpoint of this project */
export function checkpointFacts(path: string): Facts {
  const { header } = loadCheckpointHeader(path);
  const { model, features, alphabet, training } = header;
  const bytes = statSync(path).size;
  const sizes = [...expectedShapes(model).values()].map((shape) => shape.reduce((product, size) => product * size, 1));
  const numParameters = sizes.reduce((sum, size) => sum + size, 0);
  return {
    json: { kind: "checkpoint", path, bytes, numParameters, ...header },
    rows: [
      ["Kind", `checkpoint, ${formatSize(bytes)}`],
      ["Model", modelText(numParameters, model)],
      ["Features", featuresText(features)],
      ["Alphabet", alphabetText(alphabet, model)],
      ["Training", originText(training)],
    ],
  };
}

/** Of a run's best checkpoint, or its last where none was measured yet. */
export function runFacts(folder: string): Facts {
  const last = checkpointPath(folder, "last");
  const path = !existsSync(checkpointPath(folder, "best")) && existsSync(last) ? last : checkpointFile(folder);
  const { json, rows } = checkpointFacts(path);
  return {
    json: { kind: "run", path: folder, checkpoint: json },
    rows: [
      ["Kind", `run, of whose checkpoints ${basename(path)} is shown: ${formatSize(statSync(path).size)}`],
      ...rows.slice(1),
    ],
  };
}

/** A checkpoint comes of a run, of several checkpoints, or of another program. */
function originText(training: unknown): string {
  const { averageOf, importedFrom } = Object(training) as Record<string, unknown>;
  if (Array.isArray(averageOf)) return `the average of ${averageOf.map(quoteValue).join(", ")}`;
  if (importedFrom !== undefined) return `imported from ${quoteValue(importedFrom)}`;
  return trainingText(recordedRun(training));
}
