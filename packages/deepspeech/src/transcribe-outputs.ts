/**
 * Where transcripts go: to standard output, or into files, one for each recording and format. Everything that could be
 * wrong with names is found before the first recording is heard.
 */
import { existsSync, statSync } from "node:fs";
import { dirname, extname, join, parse } from "node:path";
import { createFolder, writeFileAtomicallySync } from "@deepspeech-ts/recognizer/system";
import { usageError } from "@deepspeech-ts/server/command-line";
import {
  formatTranscript,
  type OutputFormat,
  outputFormats,
  type TimedWord,
  transcriptJson,
} from "@deepspeech-ts/speech";
import type { Command } from "commander";
import { SettingOption } from "./flags.js";
import { inOneCell } from "./format.js";

/** What was said in a recording, or why that cannot be told. */
export type Outcome = SpokenText | { file: string; error: string };

export interface SpokenText {
  file: string;
  /** What CTM and JSON call it. Default: the file's name without its ending. */
  id?: string;
  text: string;
  durationSeconds?: number;
  /** How well a known text fits: see `TextAlignment`. */
  score?: number;
  timedWords?: readonly TimedWord[];
}

export interface OutputFlags {
  json?: true;
  /** In the order of `outputFormats`. */
  format?: OutputFormat[];
  /** A folder. */
  output?: string;
  /** One recording's file. */
  outputFile?: string;
  beside?: true;
  force?: true;
}

export type Writer = (outcome: Outcome) => void;

const DOCUMENTS: ReadonlySet<OutputFormat> = new Set(["json", "srt", "vtt"]);

export interface OutputChoices {
  formats: readonly OutputFormat[];
  /** The format where none is given. */
  standard: OutputFormat;
  /** What --json prints, for --help. */
  jsonHelp: string;
}

export interface OutputFiles {
  /** The format where none is given. */
  standard: OutputFormat;
  /** What the outcomes will be called, in order. */
  files: readonly string[];
  /** Whether the person named that one file, so that its text needs no name. */
  isAlone: boolean;
}

export function addOutputFlags(command: Command, { formats, standard, jsonHelp }: OutputChoices): void {
  command
    .option("--json", `print one JSON object per line: ${jsonHelp}`)
    .addOption(
      new SettingOption(
        "--format <names>",
        `one or more of ${formats.join(", ")}, separated by commas (default: ${standard})`,
        formats,
      ).argParser((text) => parseFormats(text, formats)),
    )
    .option(
      "--output <folder>",
      "write a file for each recording there, named after it, instead of printing; for one recording a file's name will do",
    )
    .option("--beside", "write a file for each recording beside it, instead of printing")
    .option("--force", "overwrite existing files");
}

/**
 * Flags whose --output names a folder or nothing: one that ends as a format's files do, and is no folder yet, is a file of
 * that format.
 *
 * @throws UserError (exit 2) where --format asks for another
 */
export function settleOutput<F extends OutputFlags>(flags: F, formats: readonly OutputFormat[]): F {
  const { output, format, ...others } = flags;
  const ending = extname(output ?? "").slice(1);
  if (output === undefined || !outputFormats.some((known) => known === ending) || isFolder(output)) return flags;
  const [own, ...more] = parseFormats(ending, formats);
  if (format && (format[0] !== own || format.length > 1)) {
    throw usageError(`--output ${output} is one file of format ${own}; for --format ${format.join(",")} give a folder`);
  }
  return { ...others, format: [own, ...more], outputFile: output } as unknown as F;
}

function isFolder(path: string): boolean {
  return path.endsWith("/") || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** @throws UserError (exit 2) for flags that do not go together, two files of one name, and files that are there already */
export function chooseWriter(flags: OutputFlags, { standard, files, isAlone }: OutputFiles): Writer {
  const { json, output, outputFile, beside, force, format = [standard] } = flags;
  const isToFiles = output !== undefined || outputFile !== undefined || beside === true;
  if (beside && (output !== undefined || outputFile !== undefined))
    throw usageError("--output and --beside are two places; give one of them");
  if (outputFile !== undefined && files.length > 1) {
    throw usageError(`--output ${outputFile} is one file, and there are ${files.length} recordings; give a folder`);
  }
  if (json && (isToFiles || flags.format)) {
    throw usageError("--json prints lines of its own; leave out --format, --output and --beside");
  }
  if (force && !isToFiles) throw usageError("--force has no effect without --output or --beside");
  if (isToFiles) return fileWriter({ ...flags, format }, files);
  return json ? printJson : printer(format, isAlone);
}

function parseFormats(text: string, formats: readonly OutputFormat[]): OutputFormat[] {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !formats.some((format) => format === name));
  if (unknown === undefined) return formats.filter((format) => names.includes(format));
  throw usageError(`--format must be of ${formats.join(", ")}, not "${unknown}"`);
}

function printer(formats: readonly OutputFormat[], isAlone: boolean): Writer {
  const [format, ...others] = formats;
  if (format === undefined || others.length > 0)
    throw usageError("several formats are several files; give --output <folder> or --beside");
  if (!isAlone && DOCUMENTS.has(format)) {
    throw usageError(`--format ${format} is one document a recording; give --output <folder> for several`);
  }
  return (outcome) => {
    if ("error" in outcome) return;
    const names = format === "txt" && !isAlone ? `${inOneCell(outcome.file)}\t` : "";
    process.stdout.write(names + formatted(outcome, format));
  };
}

function printJson(outcome: Outcome): void {
  process.stdout.write(`${JSON.stringify("error" in outcome ? outcome : jsonOf(outcome))}\n`);
}

function fileWriter(
  { format, output, outputFile, force }: OutputFlags & { format: OutputFormat[] },
  files: readonly string[],
): Writer {
  const pathOf = (file: string, ending: string) =>
    outputFile ?? join(output ?? dirname(file), `${parse(file).name}.${ending}`);
  const paths = files.flatMap((file) => format.map((ending) => pathOf(file, ending)));
  refuseSamePath(paths, files, format);
  const existing = paths.find((path) => existsSync(path));
  if (existing !== undefined && !force) throw usageError(`${existing} exists already; --force overwrites it`);
  const folder = outputFile === undefined ? output : dirname(outputFile);
  if (folder !== undefined) createFolder(folder);
  return (outcome) => {
    if ("error" in outcome) return;
    for (const ending of format) {
      const path = pathOf(outcome.file, ending);
      writeFileAtomicallySync(path, [new TextEncoder().encode(formatted(outcome, ending))]);
      process.stdout.write(`${inOneCell(path)}\n`);
    }
  };
}

function refuseSamePath(paths: readonly string[], files: readonly string[], { length }: readonly OutputFormat[]): void {
  const seen = new Set<string>();
  for (const [i, path] of paths.entries()) {
    if (seen.has(path)) {
      const name = parse(files[Math.floor(i / length)] ?? "").name;
      throw usageError(`two recordings are called "${name}", so their files in ${dirname(path)} would be one`);
    }
    seen.add(path);
  }
}

function jsonOf({ timedWords, ...facts }: SpokenText) {
  return timedWords ? { ...facts, words: transcriptJson({ id: "", text: facts.text, timedWords }).words } : facts;
}

function formatted(spoken: SpokenText, format: OutputFormat): string {
  const { file, text, durationSeconds, timedWords = [] } = spoken;
  // A CTM file has no room for spaces in a name.
  const id = (spoken.id ?? parse(file).name).replaceAll(/\s+/g, "_");
  return formatTranscript({ id, text, timedWords, ...(durationSeconds !== undefined && { durationSeconds }) }, format);
}
