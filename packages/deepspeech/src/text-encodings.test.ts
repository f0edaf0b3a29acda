/** Every kind of text file that a person may bring, in each encoding that programs write, gives what it gives in UTF-8. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readTextChunks, UserError } from "@deepspeech-ts/recognizer/system";
import { readApiKeys } from "@deepspeech-ts/server";
import {
  audioFixture,
  temporaryFolder,
  writeFiles,
} from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { findImporter } from "@deepspeech-ts/toolkit/internal/data/importers/importers.js";
import { loadUtterances } from "@deepspeech-ts/toolkit/internal/data/manifest.js";
import { buildLanguageModel } from "@deepspeech-ts/toolkit/internal/language-model/build.js";
import { loadLanguageModel } from "@deepspeech-ts/toolkit/internal/language-model/load.js";
import { perplexity } from "@deepspeech-ts/toolkit/internal/language-model/perplexity.js";
import { chooseAlphabet } from "@deepspeech-ts/toolkit/internal/pytorch-import/choose-alphabet.js";
import { findPairs } from "./align-pairs.js";
import { readConfigFile } from "./config-file.js";

const ENCODINGS: Record<string, (text: string) => Buffer> = {
  "UTF-8": (text) => Buffer.from(text),
  "UTF-8 with a mark": (text) => Buffer.from(`\ufeff${text}`),
  "UTF-16LE with a mark": (text) => Buffer.from(`\ufeff${text}`, "utf16le"),
  "UTF-16BE with a mark": (text) => Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
  "UTF-16LE": (text) => Buffer.from(text, "utf16le"),
  "Windows-1252": (text) => Buffer.from(text.replaceAll("’", "\x92"), "latin1"),
  "CR LF": (text) => Buffer.from(text.replaceAll("\n", "\r\n")),
  "CR alone": (text) => Buffer.from(text.replaceAll("\n", "\r")),
};

/** A file's name, its text, and what reading it gives, the same in every encoding. */
interface Case {
  name: string;
  text: string;
  read: (path: string, folder: string) => Promise<unknown>;
  expected: unknown;
}

const ROW = ["a", "it’s the café"] as const;

async function texts(corpus: Promise<{ utterances: { id: string; text: string }[] }>): Promise<string[][]> {
  return (await corpus).utterances.map(({ id, text }) => [id, text]);
}

const cases: Case[] = [
  {
    name: "1-1.trans.txt",
    text: "a it’s the café\n",
    read: (_, folder) => texts(loadUtterances(folder)),
    expected: [ROW],
  },
  {
    name: "m.jsonl",
    text: '{"audio_filepath": "a.wav", "duration": 1.06, "text": "it’s the café"}\n\n',
    read: (path) => texts(loadUtterances(path)),
    expected: [ROW],
  },
  {
    name: "nemo.json",
    text: '{"audio_filepath": "a.wav", "text": "it’s the café"}\n',
    read: (path) => texts(findImporter("nemo").read(path)),
    expected: [ROW],
  },
  {
    name: "a.txt",
    text: "it’s\nthe café\n",
    read: async (_, folder) => {
      const { utterances, leftOut } = await findImporter("folder").read(folder);
      if (leftOut[0]) throw new UserError(leftOut[0].reason, { code: "bad-encoding" });
      return utterances.map(({ id, text }) => [id, text]);
    },
    expected: [ROW],
  },
  {
    name: "train.csv",
    text: 'wav_filename,wav_filesize,transcript\na.wav,,"it’s the café"\n',
    read: (path) => texts(findImporter("csv").read(path)),
    expected: [ROW],
  },
  {
    name: "validated.tsv",
    text: "client_id\tpath\tsentence\nada\t../a.wav\tit’s the café\n",
    read: (path) => texts(findImporter("common-voice").read(path)),
    expected: [ROW],
  },
  {
    name: "metadata.csv",
    text: "../a|it is the café|it’s the café\n",
    read: (_, folder) => texts(findImporter("ljspeech").read(folder)).then(([row]) => [["a", row?.[1]]]),
    expected: [ROW],
  },
  {
    name: "keys.txt",
    text: "# it’s for the café\nfirst-key-0123456789\n",
    read: (path) => readApiKeys({ file: path }),
    expected: ["first-key-0123456789"],
  },
  {
    name: "alphabet.txt",
    text: "a\n \n’\nb\nc\nd\ne\n",
    read: async (path) => chooseAlphabet(path, 8).tokens,
    expected: ["a", " ", "’", "b", "c", "d", "e", "<blank>"],
  },
  {
    name: "decoding.json",
    text: '{\n"hotWords": ["it’s the café"]\n}\n',
    read: async (path) => (await readConfigFile(path)).content,
    expected: { hotWords: ["it’s the café"] },
  },
  {
    name: "words.txt",
    text: "it’s the\ncafé\n",
    read: async (path, folder) =>
      (await findPairs({ recording: join(folder, "a.wav"), textFile: path, text: undefined, manifest: undefined })).map(
        ({ text }) => text,
      ),
    expected: ["it’s the\ncafé\n"],
  },
  {
    name: "words.arpa",
    text: "\\data\\\nngram 1=4\n\n\\1-grams:\n-1\t<s>\n-1\t</s>\n-1\tit’s\n-1\tcafé\n\n\\end\\\n",
    read: async (path) => [...(await loadLanguageModel(path)).words()],
    expected: ["it’s", "café"],
  },
];

for (const { name, text, read, expected } of cases) {
  for (const [encoding, encode] of Object.entries(ENCODINGS)) {
    test(`${name} in ${encoding}`, async (t) => {
      const folder = await temporaryFolder(t);
      await writeFiles(folder, { [name]: encode(text), "a.wav": { copyOf: audioFixture("speech-16k.wav") } });
      assert.deepEqual(await read(join(folder, name), folder), expected);
    });
  }
  test(`${name} in no encoding that is known`, async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, name);
    const damaged = Buffer.concat([Buffer.from(text), Buffer.from("\0\xff\xe8\0".repeat(9), "latin1")]);
    await writeFiles(folder, { [name]: damaged, "a.wav": { copyOf: audioFixture("speech-16k.wav") } });
    await assert.rejects(read(path, folder), ({ code, message }) => {
      assert.equal(code, "bad-encoding");
      assert.ok(message.startsWith(`${path}: `) && !message.includes("\n"), message);
      return true;
    });
  });
}

const SENTENCES = "the clever boy went home\nthe girl’s café was open\nthe boy was at home\n".repeat(20);

test("the text of a language model, plain or gzip, and in spaces and letters of any spelling", async (t) => {
  const folder = await temporaryFolder(t);
  const output = join(folder, "a.arpa");
  const build = async (input: string, content: Buffer) => {
    await writeFile(join(folder, input), content);
    await buildLanguageModel({ input: [join(folder, input)], output, order: 2 });
    const { perplexity: value } = await perplexity(await loadLanguageModel(output), [join(folder, input)]);
    return [value, await readFile(output, "utf8")];
  };
  const expected = await build("plain.txt", Buffer.from(SENTENCES));
  for (const [encoding, encode] of Object.entries(ENCODINGS)) {
    const bytes = encode(SENTENCES);
    assert.deepEqual(await build("other.txt", bytes), expected, encoding);
    assert.deepEqual(await build("other.txt.gz", gzipSync(bytes)), expected, `${encoding} by gzip`);
  }
  const variants = {
    "spaces that do not break": SENTENCES.replaceAll(" ", "\u00a0"),
    "Unicode's line ends": SENTENCES.replaceAll("\n", "\u2028"),
    "letters in two pieces": SENTENCES.normalize("NFD"),
    "characters of no width": SENTENCES.replaceAll("e ", "e\u200b ").replaceAll("oy", "o\u00ady"),
  };
  for (const [name, text] of Object.entries(variants)) {
    assert.deepEqual(await build("other.txt", Buffer.from(text)), expected, name);
  }
});

test("an ARPA file's letters in two pieces are the letters in one", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "a.arpa");
  const text =
    "\\data\\\nngram 1=3\nngram 2=1\n\n\\1-grams:\n-1\t<s>\t0\n-1\t</s>\n-1\tcafé\t0\n\n\\2-grams:\n-0.5\t<s> café\n\n\\end\\\n";
  await writeFile(path, text.normalize("NFD"));
  const model = await loadLanguageModel(path);
  assert.deepEqual([...model.words()], ["café"]);
});

test("a language model's text in no certain encoding is refused, also far from its start", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "a.txt");
  const lines = 200_000;
  await writeFile(path, Buffer.from(`${"good morning\n".repeat(lines)}el\xe8ve\n`, "latin1"));
  await assert.rejects(buildLanguageModel({ input: [path], output: join(folder, "a.lm") }), {
    code: "bad-encoding",
    message:
      `${path}: line ${lines + 1} ("el�ve") is not in UTF-8, and looks like Windows-1252; ` +
      "save it as UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8.",
  });
});

test("pieces of a text are whole lines; a line without end is refused before it fills the memory", async () => {
  const bytes = (...texts: string[]) =>
    (async function* () {
      for (const text of texts) yield Buffer.from(text);
    })();
  const pieces: string[] = [];
  for await (const piece of readTextChunks("a", bytes("a\nb".repeat(40_000), "c\r", "\nd"))) pieces.push(piece);
  assert.ok(pieces.slice(0, -1).every((piece) => piece.endsWith("\n")));
  assert.equal(pieces.join(""), `${"a\nb".repeat(40_000)}c\nd`);
  const endless = (async function* () {
    for (;;) yield Buffer.alloc(2 ** 22, "a");
  })();
  await assert.rejects(readTextChunks("a.txt", endless).next(), {
    message: "a.txt: has a line of over 30 million characters; cut it into smaller ones.",
  });
});
