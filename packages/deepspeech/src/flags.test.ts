import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { temporaryFolder } from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { trainConfigSchema } from "@deepspeech-ts/toolkit/internal/training/config.js";
import { Command } from "commander";
import { addFlags, flagOf, givenSettings } from "./flags.js";
import { resolveConfig } from "./resolve-config.js";
import type { Setting } from "./settings.js";
import { trainSections, trainSettings } from "./train-flags.js";

function commandWithFlags(): Command {
  const command = new Command("train").exitOverride().configureOutput({ writeErr: () => {} });
  addFlags(command, trainSettings, trainSections);
  return command;
}

/** The configuration that these words of a command line give. */
function parse(...words: string[]) {
  const command = commandWithFlags().parse(words, { from: "user" });
  return resolveConfig(trainConfigSchema, { flags: givenSettings(command, trainSettings) });
}

function refusal(...words: string[]): string {
  try {
    parse(...words);
  } catch (error) {
    return (error as Error).message;
  }
  return assert.fail(`${words.join(" ")} was taken`);
}

/** Dotted keys of every value of a configuration, lists being values. */
function keysOf(value: object, prefix = ""): string[] {
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === "object" && !Array.isArray(inner) ? keysOf(inner, `${prefix}${name}.`) : [prefix + name],
  );
}

function valueAt(tree: unknown, { path }: Setting): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], tree);
}

/** Allowed values that are not the default, for each kind of setting; what a kind cannot tell is named by key. */
const OTHER_VALUES: Record<string, [words: string[], value: unknown]> = {
  device: [["cuda:1"], "cuda:1"],
  betas: [
    ["0.8", "0.95"],
    [0.8, 0.95],
  ],
  "augmentation.noiseSnrDb": [
    ["-3", "12"],
    [-3, 12],
  ],
  "augmentation.gainDb": [
    ["-6", "6"],
    [-6, 6],
  ],
  "augmentation.vocalTract": [
    ["0.8", "1.25"],
    [0.8, 1.25],
  ],
  "augmentation.roomSeconds": [
    ["0.1", "0.6"],
    [0.1, 0.6],
  ],
  devices: [["cpu,cuda:1"], ["cpu", "cuda:1"]],
  "objective.intermediateLayers": [["1,2"], [1, 2]],
  speedFactors: [["0.95,1.05"], [0.95, 1.05]],
  tempoFactors: [["0.9,1.2"], [0.9, 1.2]],
  "features.sampleRate": [["8000"], 8000],
  "features.fftSamples": [["512"], 512],
};

function otherValue({ key, kind, choices, defaultValue, expectation }: Setting): [words: string[], value: unknown] {
  const own = OTHER_VALUES[key];
  if (own) return own;
  if (choices) {
    const other = choices.find((choice) => choice !== defaultValue)!;
    return kind === "list" ? [[other], [other]] : [[other], other];
  }
  if (kind === "list")
    return [
      ["a", "b"],
      ["a", "b"],
    ];
  if (kind === "text") return [["other"], "other"];
  const value = / (to|below|at most) 1$/.test(expectation) ? 0.35 : 3;
  return [[String(value)], value];
}

describe("flags", () => {
  test("every setting of the schema has a flag", () => {
    const settings = trainSettings.filter(({ defaultValue }) => defaultValue !== undefined).map(({ key }) => key);
    assert.deepEqual(settings, keysOf(trainConfigSchema.parse({})));
    const optional = trainSettings.filter(({ defaultValue }) => defaultValue === undefined).map(flagOf);
    assert.deepEqual(optional, [
      "--normaliser",
      "--alphabet",
      "--phones",
      "--resume",
      "--wandb",
      "--max-minutes",
      "--threads",
      "--init-from",
      "--teacher",
      "--max-batch-seconds",
      "--workers",
    ]);
    const flags = new Set(commandWithFlags().options.map(({ long }) => long));
    assert.deepEqual(
      trainSettings.map(flagOf).filter((flag) => !flags.has(flag)),
      [],
    );
  });

  for (const setting of trainSettings.filter(({ kind }) => kind !== "boolean")) {
    test(`${flagOf(setting)} sets ${setting.key} and nothing else`, () => {
      const [words, value] = otherValue(setting);
      const config = parse(flagOf(setting), ...words);
      assert.deepEqual(valueAt(config, setting), value);
      const unchanged = trainSettings.filter(({ key }) => key !== setting.key);
      for (const other of unchanged) assert.deepEqual(valueAt(config, other), other.defaultValue, other.key);
    });
  }

  for (const setting of trainSettings.filter(({ kind }) => kind === "boolean")) {
    test(`${flagOf(setting)} is switched on and off`, () => {
      const flag = flagOf(setting);
      assert.equal(valueAt(parse(flag), setting), true);
      assert.equal(valueAt(parse(flag.replace("--", "--no-")), setting), false);
      assert.equal(valueAt(parse(), setting), setting.defaultValue);
    });
  }

  test("lists come as words, separated by commas and in repetitions", () => {
    const expected = ["a", "b", "c"];
    assert.deepEqual(parse("--train", "a", "b", "c").train, expected);
    assert.deepEqual(parse("--train", "a,b,c").train, expected);
    assert.deepEqual(parse("--train", "a", "--train", "b,c").train, expected);
    assert.deepEqual(parse("--test", "").test, []);
    assert.deepEqual(parse("--speed-factors", "0.9, 1,1.1").speedFactors, [0.9, 1, 1.1]);
  });

  test("a comma in a name or a number separates nothing", async (t) => {
    const file = join(await temporaryFolder(t), "a,b.jsonl");
    await writeFile(file, "");
    const names = [file, "own/a, b.jsonl", "1,000.jsonl"];
    assert.deepEqual(parse("--train", ...names).train, names);
  });

  test("negative numbers and exponents are numbers", () => {
    assert.equal(parse("--blank-bias", "-3").blankBias, -3);
    assert.equal(parse("--learning-rate=3e-4").learningRate, 3e-4);
  });

  test("a wrong value is refused with the flag, what it must be, and what was found", () => {
    assert.equal(refusal("--epochs", "many"), '--epochs must be a whole number of at least 1, not "many"');
    assert.equal(refusal("--epochs", "0"), "--epochs must be a whole number of at least 1, not 0");
    assert.equal(refusal("--epochs", "1.5"), "--epochs must be a whole number of at least 1, not 1.5");
    assert.equal(refusal("--epochs", ""), '--epochs must be a whole number of at least 1, not ""');
    assert.equal(refusal("--learning-rate", "0"), "--learning-rate must be a number above 0, not 0");
    assert.equal(
      refusal("--schedule.warmup-share", "2"),
      "--schedule.warmup-share must be a number from 0 to 1, not 2",
    );
    assert.equal(
      refusal("--schedule.kind", "linear"),
      '--schedule.kind must be warmup-cosine, one-cycle, cosine-warm-restarts, reduce-on-plateau or constant, not "linear"',
    );
    assert.equal(
      refusal("--betas", "0.9"),
      "--betas must be 2 values, each a number of at least 0 and below 1, not [0.9]",
    );
    assert.equal(
      refusal("--speed-factors", "1,9"),
      "--speed-factors must be a list of one or more, each a number from 0.5 to 2, not 9",
    );
    assert.equal(refusal("--model.kernel-size", "4"), "--model.kernel-size must be odd, not 4");
    assert.equal(
      refusal("--features.fft-samples", "401"),
      "--features.fft-samples must be a whole number of at least 2 and a multiple of 2, not 401",
    );
    assert.equal(refusal("--experiment", "a/b"), "--experiment must be letters, digits, '.', '_' and '-', not \"a/b\"");
  });

  test("help shows each flag once, described, with its default, in a section", () => {
    const help = commandWithFlags().configureHelp({ helpWidth: 200 }).helpInformation();
    for (const setting of trainSettings) {
      assert.ok(setting.description, `${setting.key} has no description`);
      const name = setting.kind === "boolean" ? flagOf(setting).replace("--", "--[no-]") : flagOf(setting);
      assert.equal(help.split("\n").filter((line) => line.startsWith(`  ${name} `)).length, 1, name);
    }
    assert.match(help, /^Optimisation:\n {2}--learning-rate <number> +the schedule's peak \(default: 0\.001\)$/m);
    const keys = trainSettings.map(({ key }) => key);
    for (const { firstKey } of trainSections) assert.ok(keys.includes(firstKey), firstKey);
  });
});
