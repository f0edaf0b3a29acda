/**
 * Every command that the documents show is run here as it stands, in a folder that has what they speak of: LibriSpeech
 * (of which the sample corpus takes the place) and recordings of one's own. Training commands get a tiny model and one
 * epoch more, so that the test ends.
 */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loadUtterances, writeManifest } from "@deepspeech-ts/toolkit/data";
import { COMMAND, type Outcome, Running, rootPath, SERVER, temporaryFolder } from "./command.js";

const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(rootPath("docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  ...readdirSync(rootPath("packages"))
    .map((name) => `packages/${name}/README.md`)
    .filter((path) => existsSync(rootPath(path))),
];
/** Run by whoever calls these tests, or slow: that the scripts exist is checked, and .ci/run or another test runs them. */
const SCRIPTS = new Set([
  "npm test",
  "npm run lint",
  "npm run format",
  "npm run docs",
  "npm run quickstart",
  "npm run setup",
  "npm run bench",
]);
/** Commands that go on until they are stopped. */
const SERVERS = new Set(["serve", "dashboard"]);
/** Another project's program. */
const FOREIGN = new Set(["tensorboard --logdir runs"]);
/** Compiles for minutes: tools/packaging runs it, with a home of its own. */
const SET_UP = "npx deepspeech-ts setup";
/** In a project of one's own: tools/packaging/in-your-app.test.mjs runs them. */
const IN_AN_APP = /^(npx (esbuild|vite) |node (app|dist\/\S+)\.js$)/;
/** Installs are tried with packed packages: see tools/packaging. Here it is looked at whether the packages exist. */
const INSTALL = /^npm install (.*)$/;

const BRIEFLY = ["--epochs", "1", "--threads", "1", "--workers", "1", "--max-batch-seconds", "15"];
/** For the examples, whose models are as large as they are. */
const LITTLE = ["--train", "my/train.jsonl", "--dev", "my/dev.jsonl", "--test", "my/test.jsonl"];
const TINY = [
  ...["--features.num-mels", "16", "--model.conv-channels", "2", "--model.residual-layers", "1"],
  ...["--model.recurrent-layers", "3", "--model.hidden-size", "8"],
];

/** Commands in fenced and in indented blocks, without their comments. */
function commandsIn(document: string): string[] {
  const text = readFileSync(rootPath(document), "utf8");
  const lines = text.split("\n").map((line) =>
    line
      .replace(/^ {4}/, "")
      .replace(/\s+#.*$/, "")
      .trim(),
  );
  return lines.filter((line) => /^(npx|npm|node|tensorboard) /.test(line) && !line.includes("|"));
}

async function workplace(folder: string): Promise<void> {
  const dev = rootPath("sample-corpus/dev/1/3");
  mkdirSync(join(folder, "data/LibriSpeech"), { recursive: true });
  for (const split of ["train-clean-100", "train-clean-360", "train-other-500", "dev-clean", "test-clean"]) {
    symlinkSync(dev, join(folder, "data/LibriSpeech", split));
  }
  const { utterances } = await loadUtterances(dev);
  mkdirSync(join(folder, "my/clips"), { recursive: true });
  for (const name of ["train", "dev", "test"])
    await writeManifest(join(folder, `my/${name}.jsonl`), utterances.slice(0, 4));
  writeFileSync(join(folder, "my/sentences.txt"), "please hold the line\npress one to hold\n".repeat(10));
  cpSync(rootPath("test/fixtures/audio/speech-16k.wav"), join(folder, "my/clips/0001.wav"));
  cpSync(rootPath("test/fixtures/audio/speech-16k.wav"), join(folder, "recording.wav"));
  mkdirSync(join(folder, "my/noise"));
  cpSync(rootPath("test/fixtures/audio/speech-16k.wav"), join(folder, "my/noise/street.wav"));
  cpSync(rootPath("test/fixtures/pytorch-checkpoints/lightning.ckpt"), join(folder, "my/reference.ckpt"));
  mkdirSync(join(folder, "corpora"));
  for (const name of ["train", "dev"])
    await writeManifest(join(folder, `corpora/${name}.jsonl`), utterances.slice(0, 4));
  symlinkSync(rootPath("packages"), join(folder, "packages"));
  symlinkSync(rootPath("examples"), join(folder, "examples"));
  symlinkSync(rootPath("sample-corpus"), join(folder, "sample-corpus"));
}

/** What Node is to run for a command; undefined for one that is not known here. */
function programOf(command: string): string[] | undefined {
  if (command === "node tools/setup.mjs") return [rootPath("tools/setup.mjs")];
  if (command.startsWith("npm test -- ")) return [rootPath("tools/test.mjs"), ...command.split(" ").slice(3)];
  if (command.startsWith("npx @deepspeech-ts/server ")) return [SERVER, ...wordsOf(command)];
  return /^npx deepspeech(-ts)? /.test(command) ? [COMMAND, ...wordsOf(command)] : undefined;
}

function assertInstallable(names: readonly string[]): void {
  const published = readdirSync(rootPath("packages")).map((name) => {
    return JSON.parse(readFileSync(rootPath(`packages/${name}/package.json`), "utf8")).name as string;
  });
  for (const name of names) assert.ok(published.includes(name), `${name} is no package of ours`);
}

function wordsOf(command: string): string[] {
  const words = (command.match(/"[^"]*"|\S+/g) ?? []).slice(2).map((word) => word.replaceAll('"', ""));
  if (words[0] !== "train" || words.includes("--help")) return words;
  const isExample = words.some((word) => word.startsWith("examples/"));
  const hasModel = words.includes("--resume") || words.includes("--init-from") || isExample;
  return [...words, ...(hasModel ? [] : TINY), ...BRIEFLY, ...(isExample ? LITTLE : [])];
}

/** Servers are stopped as soon as they tell where they listen: at a free port, whatever the document says. */
async function outcomeOf(words: readonly string[], folder: string): Promise<Outcome> {
  const isServer = (words[0] === SERVER || SERVERS.has(words[1] ?? "")) && !words.includes("--help");
  const running = new Running(process.execPath, isServer ? [...words, "--port", "0"] : words, folder);
  if (isServer) {
    await running.printed("http://");
    running.interrupt();
  }
  return running.ended;
}

describe("the documents' commands", () => {
  const scripts = JSON.parse(readFileSync(rootPath("package.json"), "utf8")).scripts as Record<string, string>;

  it("name scripts that exist", () => {
    for (const command of SCRIPTS) assert.ok(scripts[command.replace(/^npm (run )?/, "")], `${command} has no script`);
  });

  it("run, in order", async (t) => {
    // Without it the test runner that one of them starts would think itself part of this one.
    delete process.env.NODE_TEST_CONTEXT;
    const folder = await temporaryFolder(t);
    await workplace(folder);
    const commands = DOCUMENTS.flatMap((document) => commandsIn(document).map((command) => ({ document, command })));
    assert.ok(commands.length >= 15, `only ${commands.length} commands were found`);
    const seen = new Set<string>();
    for (const { document, command } of commands) {
      if (SCRIPTS.has(command) || FOREIGN.has(command) || command === SET_UP || IN_AN_APP.test(command)) continue;
      const install = INSTALL.exec(command)?.[1];
      if (install !== undefined) {
        assertInstallable(install.split(" "));
        continue;
      }
      const words = programOf(command);
      assert.ok(words, `${document}: no test runs "${command}"`);
      if (seen.has(words.join(" "))) continue;
      seen.add(words.join(" "));
      const outcome = await outcomeOf(words, folder);
      assert.equal(outcome.exitCode, 0, `${document}: ${command}\n${outcome.stdout}\n${outcome.stderr}`);
    }
  });
});
