/** Commands to which nobody names a model: the English one is used, and what was meant for one is not taken for a recording. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { englishModel, englishWebModel } from "@deepspeech-ts/model-english";
import {
  audioFixture,
  sampleCorpus,
  temporaryFolder,
  writeFiles,
} from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { babblingCheckpoint } from "@deepspeech-ts/toolkit/internal/evaluation/evaluation.test.support.js";
import { BINARY, BUNDLE, deepspeech, deepspeechOn, loadsLibtorch } from "./command.test.support.js";

const speech = audioFixture("speech-16k.flac");
const call = join(sampleCorpus("test"), "1/11/1-11-0000.opus");
const TOLD = "Model: English (@deepspeech-ts/model-english), for none was named\n";
const ONE_THREAD = ["--threads", "1"];

function assertRefused(words: string[], message: string, status: number): void {
  const outcome = deepspeech(...words);
  assert.deepEqual([outcome.status, outcome.stdout, outcome.stderr], [status, "", `deepspeech: ${message}\n`]);
}

describe("without a model", () => {
  test("transcribe hears as with the English one, and says that it is used", () => {
    const named = deepspeech("transcribe", englishModel, speech, call, ...ONE_THREAD);
    const unnamed = deepspeech("transcribe", speech, call, ...ONE_THREAD);
    assert.deepEqual([named.status, named.stderr], [0, ""]);
    assert.deepEqual([unnamed.status, unnamed.stderr], [0, TOLD]);
    assert.equal(unnamed.stdout, named.stdout);
    assert.deepEqual(
      unnamed.stdout.split("\n").map((line) => line.split("\t")[0]),
      [speech, call, ""],
    );
  });

  test("transcribe takes folders, patterns and standard input, and needs no libtorch", async (t) => {
    const folder = await temporaryFolder(t);
    // A folder of recordings may hold a file of that name, which runs have too.
    await writeFiles(folder, { "talks/config.json": "{}", "talks/a.flac": { copyOf: speech } });
    const alone = deepspeech("transcribe", speech, ...ONE_THREAD).stdout;
    for (const words of [[join(folder, "talks")], [join(folder, "talks/*.flac")]]) {
      const { stdout, stderr } = deepspeech("transcribe", ...words, ...ONE_THREAD);
      assert.deepEqual([stdout, stderr], [`${join(folder, "talks/a.flac")}\t${alone}`, TOLD]);
    }
    assert.equal(deepspeechOn(await readFile(speech), "transcribe", "-", ...ONE_THREAD).stdout, alone);
    assert.equal(loadsLibtorch(["transcribe", speech]), false);
  });

  test("align finds the words of a text, and of a manifest", async (t) => {
    const folder = await temporaryFolder(t);
    const line = { audio_filepath: speech, duration: 1.064, text: "activated" };
    await writeFiles(folder, { "text.txt": "activated", "m.jsonl": JSON.stringify(line) });
    const ways = [
      [speech, "--text", "activated"],
      [speech, join(folder, "text.txt")],
      ["--manifest", join(folder, "m.jsonl")],
    ];
    for (const words of ways) {
      const { stdout, stderr } = deepspeech("align", ...words, ...ONE_THREAD);
      assert.equal(stderr, TOLD);
      assert.match(stdout, /^\S*speech-16k 1 \S+ \S+ activated \S+\n$/);
    }
  });

  test("serve answers as english, and gives pages the bundle for pages", async (t) => {
    const child = spawn(process.execPath, [BINARY, "serve", "--port", "0", ...ONE_THREAD], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    t.after(() => child.kill("SIGKILL"));
    let stderr = "";
    for await (const text of child.stderr.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
      stderr += text;
      if (stderr.includes("(Ctrl-C ends it)\n")) break;
    }
    assert.ok(stderr.startsWith(`${TOLD}Serving ${englishModel} as english: http://`), stderr);
    const [, url] = / (http:.+)\/v1 /.exec(stderr) ?? [];
    const { headers } = await fetch(`${url}/model.dsb`, { method: "HEAD" });
    assert.equal(headers.get("content-length"), String((await stat(englishWebModel)).size));
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });
});

describe("where the English model is not installed", () => {
  /** Lets nothing resolve the package, as if it were not there. */
  const HOOK = `
    import { register } from "node:module";
    const resolve = \`export async function resolve(name, context, next) {
      if (!name.startsWith("@deepspeech-ts/model-english")) return next(name, context);
      throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
    }\`;
    register("data:text/javascript," + encodeURIComponent(resolve));`;
  const env = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(HOOK)}` };

  test("a line tells how to get it, and a model that is named does", () => {
    const run = (...words: string[]) => spawnSync(process.execPath, [BINARY, ...words], { encoding: "utf8", env });
    const message =
      "deepspeech: no model was named, and the English one is not installed: npm install @deepspeech-ts/model-english\n";
    for (const words of [["transcribe", speech], ["align", speech, "--text", "activated"], ["serve"]]) {
      const { status, stdout, stderr } = run(...words);
      assert.deepEqual([status, stdout, stderr], [1, "", message], words.join(" "));
    }
    assert.equal(run("transcribe", BUNDLE, speech, ...ONE_THREAD).stdout, "activated\n");
  });
});

describe("a model that was meant", () => {
  test("is none of the recordings where it is damaged, missing or by itself", async (t) => {
    const folder = await temporaryFolder(t);
    const cut = join(folder, "cut.dsb");
    await writeFiles(folder, { "cut.dsb": (await readFile(BUNDLE)).subarray(0, 1000), "text.dsb": "no bundle" });
    for (const path of [cut, join(folder, "text.dsb")]) {
      const { status, stdout, stderr } = deepspeech("transcribe", path, speech);
      assert.deepEqual([status, stdout], [1, ""]);
      assert.match(stderr, new RegExp(`^deepspeech: ${path}: [^\\n]*\\n$`));
    }
    assertRefused(["transcribe", "none.dsb", speech], "none.dsb: no such file; check the path", 1);
    const missing = "no such file or folder; give a model or a recording";
    assertRefused(["transcribe", "runs/none/version_0", speech], `runs/none/version_0: ${missing}`, 1);
    assertRefused(["align", "runs/none", speech, "--text", "a"], `runs/none: ${missing}`, 1);
    const usage = "usage: deepspeech transcribe [options] [model] <audio...>";
    assertRefused(["transcribe", BUNDLE], `missing required argument 'audio'; ${usage}`, 2);
  });

  test("is a run, whose recordings follow, and not the folder of its runs", async (t) => {
    const folder = await temporaryFolder(t);
    const run = join(folder, "voice/version_0");
    await mkdir(join(run, "checkpoints"), { recursive: true });
    await writeFiles(run, { "config.json": "{}" });
    await cp(babblingCheckpoint(folder), join(run, "checkpoints/best.safetensors"));
    const { status, stderr } = deepspeech("transcribe", run, speech, ...ONE_THREAD);
    assert.deepEqual([status, stderr], [0, ""]);
    const runs = join(folder, "voice");
    assertRefused(["transcribe", runs, speech], `${runs}: is a folder of runs; give one of them, such as ${run}`, 2);
  });

  test("is told where a flag of several words took it", () => {
    const wayOut = "put the arguments before it, or -- after its own words";
    assertRefused(
      ["transcribe", "--hot-words", "coll", BUNDLE, "--", speech],
      `--hot-words took coll ${BUNDLE}: ${wayOut}`,
      2,
    );
  });
});
