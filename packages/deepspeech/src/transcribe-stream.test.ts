/** `deepspeech transcribe --stream`, by the real program. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadWaveform } from "@deepspeech-ts/toolkit/internal/data/audio/waveform.js";
import { audioFixture, sampleCorpus } from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { BINARY, BUNDLE, deepspeech, deepspeechOn } from "./command.test.support.js";

const call = join(sampleCorpus("test"), "1/11/1-11-0000.opus");

/** Raw 16-bit samples of a recording, and two seconds of silence. */
async function pcm16(path: string, sampleRate = 16_000): Promise<Uint8Array> {
  const { samples } = await loadWaveform(path, { sampleRate });
  const pcm = new Int16Array(samples.length + 2 * sampleRate);
  for (const [i, sample] of samples.entries()) pcm[i] = Math.round(32_767 * Math.max(-1, Math.min(1, sample)));
  return new Uint8Array(pcm.buffer);
}

function stream(input: Uint8Array, ...flags: string[]) {
  return deepspeechOn(input, "transcribe", BUNDLE, "-", "--stream", "--threads", "1", ...flags);
}

describe("--stream", () => {
  test("writes a line for each segment", async () => {
    const sound = Buffer.concat([await pcm16(call), await pcm16(audioFixture("speech-16k.wav"))]);
    const { status, stdout, stderr } = stream(sound);
    assert.deepEqual([status, stderr], [0, ""]);
    assert.equal(stdout, "incoming call from\nactivated\n");
  });

  test("takes other rates, and tells times with --json", async () => {
    const { stdout } = stream(await pcm16(call, 48_000), "--sample-rate", "48000", "--json");
    const { text, startSeconds, endSeconds } = JSON.parse(stdout);
    assert.equal(text, "incoming call from");
    assert.ok(startSeconds >= 0 && startSeconds < 0.5 && endSeconds > startSeconds + 0.5 && endSeconds < 2, stdout);
  });

  test("ends at Ctrl-C with what has been said", async () => {
    const child = spawn(process.execPath, [BINARY, "transcribe", BUNDLE, "-", "--stream", "--threads", "1"]);
    let stdout = "";
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      child.kill("SIGINT");
    });
    child.stdin.write(await pcm16(call));
    const [code] = await once(child, "close");
    assert.deepEqual([code, stdout, stderr], [130, "incoming call from\n", ""]);
  });

  test("refuses a sound file where raw samples are due, with the remedy", async () => {
    for (const name of [
      "speech-16k.wav",
      "speech.webm",
      "speech.opus",
      "speech-16k.flac",
      "speech.m4a",
      "speech-16k.mp3",
    ]) {
      const { status, stdout, stderr } = stream(await readFile(audioFixture(name)));
      assert.deepEqual([status, stdout], [2, ""], name);
      assert.match(
        stderr,
        /^deepspeech: standard input: is a sound file \(.+\), where raw samples of 16 bits were expected; .+\n$/,
      );
    }
  });

  test("is refused where it could do nothing", async () => {
    const refusals: [string[], string][] = [
      [[BUNDLE, call, "--stream"], "--stream reads standard input; give - as the one recording"],
      [
        [BUNDLE, "-", "--stream", "--format", "srt"],
        "--stream prints lines; leave out --format, --output and --beside",
      ],
      [["none.safetensors", "-", "--stream"], "--stream needs a bundle; `deepspeech export` makes one of a checkpoint"],
      [
        [BUNDLE, "-", "--stream", "--sample-rate", "16"],
        '--sample-rate must be a whole number of at least 8000, not "16"',
      ],
    ];
    for (const [words, message] of refusals) {
      const { status, stderr } = deepspeech("transcribe", ...words);
      assert.deepEqual([status, stderr], [2, `deepspeech: ${message}\n`]);
    }
  });
});
