import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { englishAlphabet, scoreSentence } from "@deepspeech-ts/speech";
import { sampleCorpus, temporaryFolder } from "../data/fixtures.test.support.js";
import { normaliseTranscript } from "../data/prepare.js";
import { type BuildLanguageModelOptions, buildLanguageModel, type LanguageModelProgress } from "./build.js";
import { loadLanguageModel } from "./load.js";
import { perplexity } from "./perplexity.js";

/** The transcripts of a part of the sample corpus, one a line. */
async function transcripts(subset: "train" | "dev" | "test"): Promise<string> {
  const folder = sampleCorpus(subset);
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".trans.txt")).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.join("").replaceAll(/^\S+ /gm, "").toLowerCase();
}

async function trainingText(folder: string): Promise<string> {
  const path = join(folder, "train.txt");
  await writeFile(path, await transcripts("train"));
  return path;
}

test("a model of real transcripts foresees others, in every form alike", async (t) => {
  const folder = await temporaryFolder(t);
  const input = [await trainingText(folder)];
  const heldOut = join(folder, "dev.txt.gz");
  await writeFile(heldOut, gzipSync(await transcripts("dev")));
  const perplexities: number[] = [];
  for (const name of ["a.arpa", "a.arpa.gz", "a.bin"]) {
    const output = join(folder, name);
    const summary = await buildLanguageModel({ input, output, order: 3 });
    assert.equal(summary.format, name === "a.bin" ? "binary" : "arpa");
    assert.equal(summary.outputBytes, (await readFile(output)).length);
    const model = await loadLanguageModel(output);
    assert.deepEqual(model.counts, summary.counts);
    const result = await perplexity(model, [heldOut]);
    assert.ok(result.numUnknownWords < result.numWords / 2);
    perplexities.push(result.perplexity);
    // It knows the text it was made of far better.
    assert.ok((await perplexity(model, input)).perplexity < result.perplexity / 3);
  }
  const [plain = 0, gzipped = 0, binary = 0] = perplexities;
  assert.equal(plain, gzipped);
  assert.ok(Math.abs(binary / plain - 1) < 0.01);
  assert.deepEqual((await readdir(folder)).toSorted(), ["a.arpa", "a.arpa.gz", "a.bin", "dev.txt.gz", "train.txt"]);
});

test("a model is pruned to a size, and foresees better than one of that size by counts", async (t) => {
  const folder = await temporaryFolder(t);
  const input = [await trainingText(folder)];
  const heldOut = join(folder, "dev.txt");
  await writeFile(heldOut, await transcripts("dev"));
  const byCount = await buildLanguageModel({ input, output: join(folder, "counts.lm"), order: 3, prune: [0, 1] });
  const maxBytes = byCount.outputBytes;
  const stages: LanguageModelProgress[] = [];
  const onProgress = (step: LanguageModelProgress) => void stages.push(step);
  const pruned = await buildLanguageModel({ input, output: join(folder, "size.lm"), order: 3, maxBytes, onProgress });
  assert.ok(
    pruned.outputBytes <= maxBytes && pruned.outputBytes > 0.97 * maxBytes,
    `${pruned.outputBytes} of ${maxBytes}`,
  );
  assert.deepEqual(stages.filter(({ stage }) => stage === "prune").at(-1), { stage: "prune", fraction: 1 });
  const [counts, size] = await Promise.all(
    ["counts.lm", "size.lm"].map(async (name) => perplexity(await loadLanguageModel(join(folder, name)), [heldOut])),
  );
  assert.ok(size!.perplexity < counts!.perplexity, `${size!.perplexity} and ${counts!.perplexity}`);
  const arpa = await buildLanguageModel({ input, output: join(folder, "size.arpa"), order: 3, maxBytes });
  assert.deepEqual(arpa.counts, pruned.counts);
  assert.deepEqual((await loadLanguageModel(join(folder, "size.arpa"))).counts, pruned.counts);
});

test("a build that must sort on disk writes the same files", async (t) => {
  const folder = await temporaryFolder(t);
  const text = await transcripts("train");
  const input = [join(folder, "train.txt")];
  // Numbered words make n-grams that differ, more than a sorter's smallest block and a run's memory hold.
  const copies = Array.from({ length: 12 }, (_, copy) => text.replaceAll(/(\S+)(?=\s*$)/gm, `$1${copy}`));
  await writeFile(join(folder, "train.txt"), copies.join(""));
  for (const [name, prune] of [
    ["a.arpa", [0, 0, 1]],
    ["a.bin", []],
  ] as const) {
    const whole = await buildLanguageModel({ input, output: join(folder, `whole-${name}`), prune });
    const output = join(folder, `spilled-${name}`);
    const spilled = await buildLanguageModel({ input, output, prune, memoryBytes: 2 ** 20 });
    assert.ok(spilled.temporaryBytes > whole.temporaryBytes);
    assert.deepEqual(spilled.counts, whole.counts);
    assert.ok((await readFile(output)).equals(await readFile(join(folder, `whole-${name}`))));
  }
  assert.ok((await readdir(folder)).every((file) => !file.startsWith(".deepspeech-lm-")));
});

test("several files, some compressed, are one text; progress rises and the stages follow in order", async (t) => {
  const folder = await temporaryFolder(t);
  const text = await transcripts("dev");
  const half = text.indexOf("\n", text.length / 2) + 1;
  // The first file has no line end: its last sentence must not run into the next file.
  await writeFile(join(folder, "1.txt"), text.slice(0, half - 1));
  await writeFile(join(folder, "2.txt.gz"), gzipSync(text.slice(half)));
  await writeFile(join(folder, "all.txt"), text);
  const progress: LanguageModelProgress[] = [];
  const build = (input: string[], output: string) =>
    buildLanguageModel({ input, output, order: 2, onProgress: (step) => progress.push(step) });
  const summary = await build([join(folder, "1.txt"), join(folder, "2.txt.gz")], join(folder, "a.arpa"));
  const stages = [...new Set(progress.map(({ stage }) => stage))];
  assert.deepEqual(stages, ["count", "adjust", "discount", "interpolate", "write"]);
  assert.equal(progress.filter(({ stage }) => stage === "count").at(-1)?.fraction, 1);
  assert.equal(summary.numSentences, text.split("\n").length - 1);
  await build([join(folder, "all.txt")], join(folder, "b.arpa"));
  assert.equal(await readFile(join(folder, "a.arpa"), "utf8"), await readFile(join(folder, "b.arpa"), "utf8"));
});

test("a compressed ARPA file is one that gzip itself reads", async (t) => {
  const folder = await temporaryFolder(t);
  const input = [await trainingText(folder)];
  await buildLanguageModel({ input, output: join(folder, "a.arpa"), order: 2 });
  await buildLanguageModel({ input, output: join(folder, "b.arpa.gz"), order: 2 });
  const expected = await readFile(join(folder, "a.arpa"));
  assert.ok(gunzipSync(await readFile(join(folder, "b.arpa.gz"))).equals(expected));
  const gzip = spawnSync("gzip", ["-dc", join(folder, "b.arpa.gz")], { maxBuffer: 2 ** 30 });
  if (gzip.error === undefined) assert.ok(gzip.stdout.equals(expected));
});

test("a name in capitals says what to write as others do", async (t) => {
  const folder = await temporaryFolder(t);
  const input = [join(folder, "a.txt")];
  await writeFile(join(folder, "a.txt"), "a b c\na b\n");
  const textOf = async (name: string, unpack = (bytes: Buffer) => bytes) => {
    const { format } = await buildLanguageModel({ input, output: join(folder, name), order: 2 });
    assert.equal(format, "arpa");
    return unpack(await readFile(join(folder, name))).toString();
  };
  const expected = await textOf("a.arpa");
  assert.equal(await textOf("A.ARPA"), expected);
  assert.equal(await textOf("B.Arpa.GZ", gunzipSync), expected);
});

test("the content decides how a model is loaded, not the name", async (t) => {
  const folder = await temporaryFolder(t);
  const input = [await trainingText(folder)];
  const binary = join(folder, "binary.arpa");
  const arpa = join(folder, "arpa.bin");
  await buildLanguageModel({ input, output: binary, order: 2, format: "binary", quantisationBits: 32 });
  await buildLanguageModel({ input, output: arpa, order: 2, format: "arpa" });
  const sentence = "he had not been there before";
  const [a, b] = [await loadLanguageModel(binary, { verify: false }), await loadLanguageModel(arpa)];
  assert.ok(Math.abs(scoreSentence(a, sentence) - scoreSentence(b, sentence)) < 1e-4);
});

test("bad input is named, with the way out", async (t) => {
  const folder = await temporaryFolder(t);
  const input = join(folder, "a.txt");
  const output = join(folder, "a.bin");
  const missing = join(folder, "missing.txt");
  const cut = join(folder, "cut.txt.gz");
  const marked = join(folder, "marked.txt");
  const empty = join(folder, "empty.txt");
  await writeFile(input, "a b c\na b\n");
  await writeFile(marked, "a b\na </s>\n");
  await writeFile(empty, "\n\n");
  await writeFile(cut, gzipSync("a b c\n".repeat(1000)).subarray(0, 20));
  const rejects = (options: Partial<BuildLanguageModelOptions>, message: string) =>
    assert.rejects(buildLanguageModel({ input: [input], output, ...options }), { name: "UserError", message });
  await rejects({ input: [missing] }, `${missing}: no such file; check the path.`);
  await rejects({ input: [input, folder] }, `${folder}: is a folder, expected a file.`);
  await rejects({ input: [] }, "no text was given to build a language model from; name at least one file.");
  await rejects({ input: [cut] }, `${cut}: its gzip data is damaged or was cut; copy or compress it again.`);
  await rejects(
    { input: [input, marked] },
    `${marked}: line 2 holds the word "</s>", which the model keeps for itself; remove it from the text.`,
  );
  await rejects({ input: [empty] }, `${empty}: the text holds no words; a language model needs some.`);
  await rejects({ order: 9 }, "order is 9; it must be a whole number from 1 to 6.");
  await rejects({ memoryBytes: 0 }, "memoryBytes is 0; it must be above 0.");
  await rejects({ maxBytes: -1 }, "maxBytes is -1; it must be above 0.");
  await assert.rejects(
    buildLanguageModel({ input: [input], output, maxBytes: 10 }),
    /^UserError: the model's 6 words alone take \d+ bytes, more than the 10 allowed; allow more, or leave out rare words/,
  );
  const pipe = join(folder, "pipe");
  spawnSync("mkfifo", [pipe]);
  await rejects(
    { input: [pipe], maxBytes: 1e6 },
    `${pipe}: is a pipe, and pruning to a size reads the text twice; write it to a file first.`,
  );
  await rm(pipe);
  const nowhere = join(folder, "nowhere");
  await rejects(
    { output: join(nowhere, "a.bin") },
    `${join(nowhere, "a.bin")}: could not be written, there is no folder ${nowhere}; create it first.`,
  );
  assert.deepEqual((await readdir(folder)).toSorted(), ["a.txt", "cut.txt.gz", "empty.txt", "marked.txt"]);
});

test("a language model that is none is named, with the line", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "a.arpa");
  await writeFile(path, "\\data\\\nngram 1=1\n\n\\1-grams:\n-1\ta\n");
  await assert.rejects(loadLanguageModel(path), {
    name: "UserError",
    code: "bad-language-model",
    message: `${path}: line 5: the file ends in its 1-grams, after 1 of 1; it was cut, \\end\\ is missing.`,
  });
  await writeFile(path, "");
  await assert.rejects(loadLanguageModel(path), {
    message: `${path}: is empty, and here a language model is due; "deepspeech lm build" makes one.`,
  });
  await writeFile(path, "good morning\ngood night\n");
  await assert.rejects(loadLanguageModel(path), {
    message:
      /line 2: it is no ARPA file: it ends without \\data\\; "deepspeech lm build" makes a language model of text\.$/,
  });
  await assert.rejects(loadLanguageModel(join(folder, "no")), {
    message: `${join(folder, "no")}: no such file; check the path.`,
  });
  await assert.rejects(loadLanguageModel(folder), { message: `${folder}: is a folder, expected a file.` });
});

test("a full disk is named, whether temporary files or the model meet it", async (t) => {
  const folder = await temporaryFolder(t);
  const input = join(folder, "a.txt");
  await writeFile(input, Array.from({ length: 300_000 }, (_, index) => `w${index}`).join(" "));
  const small = join(folder, "small");
  await mkdir(small);
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small]);
  if (mount.status !== 0) return t.skip("needs the right to mount a file system");
  try {
    const options = { input: [input], memoryBytes: 2 ** 20 };
    await assert.rejects(buildLanguageModel({ ...options, output: join(folder, "a.arpa"), temporaryFolder: small }), {
      code: "disk-full",
      message: `${small}: the disk is full (or a quota is spent) with temporary files; free some space or choose another folder for them.`,
    });
    const output = join(small, "a.arpa");
    await assert.rejects(buildLanguageModel({ ...options, output, temporaryFolder: folder }), { code: "disk-full" });
    assert.deepEqual(await readdir(small), []);
  } finally {
    spawnSync("umount", [small]);
  }
});

test("stopping ends the work and leaves nothing behind", async (t) => {
  const folder = await temporaryFolder(t);
  const text = await trainingText(folder);
  // The same text many times over: seconds of work, so that the request to stop cannot come too late.
  const input = Array.from({ length: 400 }, () => text);
  const controller = new AbortController();
  const output = join(folder, "a.bin");
  const build = buildLanguageModel({ input, output, signal: controller.signal, onProgress: () => controller.abort() });
  await assert.rejects(build, { name: "AbortError" });
  assert.deepEqual(await readdir(folder), ["train.txt"]);
});

test("text with capitals, punctuation and numbers is brought to the alphabet, and what was changed is told", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "orders.txt");
  await writeFile(path, "THE Order, please!\n\nwe have 2 orders\nнет\nthe order\n".repeat(20));
  const output = join(folder, "orders.lm");
  const build = (alphabet?: typeof englishAlphabet) =>
    buildLanguageModel({ input: [path], output, order: 2, alphabet });
  const { normalisation, numSentences } = await build(englishAlphabet);
  assert.equal(numSentences, 60);
  const words = [...(await loadLanguageModel(output, { alphabet: englishAlphabet, onNotice: assert.fail })).words()];
  assert.deepEqual(words.toSorted(), ["have", "order", "orders", "please", "the", "two", "we"]);
  const [totals, ...details] = normalisation.split("\n");
  assert.equal(totals, "utterances: 80, changed: 40, with refused characters: 20");
  assert.match(details.join("\n"), /"2" to "two" in line 3 of .*orders\.txt/);
  assert.equal((await build()).numSentences, 80);
});

test("plain letters are read as those of transcripts are", async (t) => {
  const folder = await temporaryFolder(t);
  const lines = ["mr jones went to st louis", "henry viii was king", "' '", "the boys' hats don't fit", "go  west"];
  const path = join(folder, "plain.txt");
  await writeFile(path, lines.map((line) => `${line}\n`.repeat(20)).join(""));
  const output = join(folder, "plain.arpa");
  const { numSentences } = await buildLanguageModel({ input: [path], output, order: 2, alphabet: englishAlphabet });
  const kept = lines.map((line) => normaliseTranscript(line, { alphabet: englishAlphabet, normalise: true }));
  const spoken = kept.flatMap((line) => (typeof line === "string" || line.refused.length > 0 ? [] : line.text));
  assert.deepEqual(spoken, ["mister jones went to st louis", "", "the boys' hats don't fit", "go west"]);
  assert.equal(numSentences, 60);
  const words = [...(await loadLanguageModel(output)).words()];
  assert.deepEqual(words.toSorted(), [...new Set(spoken.join(" ").split(" "))].filter(Boolean).toSorted());
});

test("a model that next to nothing can be written of is refused, one with a few odd words says so", async (t) => {
  const folder = await temporaryFolder(t);
  const modelOf = async (text: string) => {
    const path = join(folder, "text.txt");
    await writeFile(path, text);
    const output = join(folder, "words.lm");
    await buildLanguageModel({ input: [path], output, order: 2 });
    return output;
  };
  const capitals = "HOLD THE LINE\nPRESS POUND ONE TWO THREE FOUR FIVE SIX line\n";
  await assert.rejects(loadLanguageModel(await modelOf(capitals), { alphabet: englishAlphabet }), {
    message:
      /words\.lm: 92% of its 12 words, such as "HOLD", cannot be spelt in the model's alphabet, so it is of no use; build it with "deepspeech lm build", which brings text to the alphabet\.$/,
  });
  const notices: string[] = [];
  const onNotice = (line: string) => void notices.push(line);
  await loadLanguageModel(await modelOf("hold the LINE\nthe line is busy\n"), { alphabet: englishAlphabet, onNotice });
  assert.equal(notices.length, 1);
  assert.match(
    notices[0] as string,
    /17% of its 6 words, such as "LINE", cannot be spelt .*, and can never be recognised\.$/,
  );
});

test("what was assumed of another tool's file is told", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "twice.arpa");
  const unigrams = "-1.0\t<unk>\n-99\t<s>\n-inf\t</s>\n-0.5\t</s>\n-0.5\thello\n";
  await writeFile(path, `\\data\\\nngram 1=5\n\n\\1-grams:\n${unigrams}\n\\end\\\n`);
  const notices: string[] = [];
  await loadLanguageModel(path, { onNotice: (line) => void notices.push(line) });
  assert.deepEqual(notices, [`${path}: line 8: </s> stands in the 1-grams twice; this is used.`]);
});
