/**
 * The sound of the prompts: decodes G.722, cuts the silence at the ends and encodes Ogg Opus, through ffmpeg.
 *
 * Opus at 32 kbit/s keeps what a recogniser hears of 16 kHz speech in an eighth of the bytes of 16-bit samples; FLAC
 * would not fit the repository. The encoder writes no date and no random stream number ("bitexact"), so that a rebuild
 * with the same ffmpeg gives the same files.
 */
import { spawnSync } from "node:child_process";

export const sampleRate = 16000;
const frameSamples = 320; // 20 ms
/** The recordings' own silence lies near -80 dBFS and the quietest speech well above this. */
const silenceDb = -55;
/** Silence left at either end, where the recording has as much. */
const marginSeconds = 0.25;

/**
 * Fails with one clear line where ffmpeg is missing or cannot write Opus.
 */
export function checkFfmpeg() {
  const probe = spawnSync("ffmpeg", ["-hide_banner", "-encoders"], { encoding: "utf8" });
  if (probe.error) throw new Error("ffmpeg was not found: install it (Debian: apt install ffmpeg) and run this again");
  if (!probe.stdout.includes("libopus")) {
    throw new Error("this ffmpeg has no libopus encoder: install a build with libopus (Debian's has it)");
  }
}

/**
 * Runs ffmpeg once and returns what it wrote to its standard output.
 * @param {string[]} args
 * @param {Buffer} input bytes for its standard input
 * @param {string} name the prompt, for the message
 * @returns {Buffer}
 */
function ffmpeg(args, input, name) {
  const run = spawnSync("ffmpeg", ["-v", "error", ...args], { input, maxBuffer: 64 * 1024 * 1024 });
  if (run.status !== 0) {
    const firstLine = (run.stderr?.toString() ?? "").split("\n")[0];
    throw new Error(`ffmpeg could not convert "${name}": ${firstLine || run.error?.message}`);
  }
  return run.stdout;
}

/**
 * Decodes a G.722 file.
 * @param {Buffer} g722
 * @param {string} name
 * @returns {Int16Array} mono samples at 16 kHz
 */
export function decodeG722(g722, name) {
  const bytes = ffmpeg(
    ["-f", "g722", "-i", "-", "-f", "s16le", "-ar", String(sampleRate), "-ac", "1", "-"],
    g722,
    name,
  );
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length - (bytes.length % 2)));
}

/**
 * Encodes mono 16 kHz samples as Ogg Opus.
 * @param {Int16Array} samples
 * @param {number} bitRate target of the variable bit rate, in bits a second
 * @param {string} name
 * @returns {Buffer}
 */
export function encodeOpus(samples, bitRate, name) {
  const input = ["-f", "s16le", "-ar", String(sampleRate), "-ac", "1", "-i", "-"];
  const codec = ["-c:a", "libopus", "-b:a", String(bitRate), "-vbr", "on", "-application", "voip"];
  const bitExact = ["-fflags", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1"];
  const pcm = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  return ffmpeg([...input, ...codec, ...bitExact, "-page_duration", "1000000", "-f", "opus", "-"], pcm, name);
}

/**
 * Cuts silence from both ends down to a quarter of a second.
 * @param {Int16Array} samples
 * @returns {Int16Array} a view of the samples; empty where all is silence
 */
export function trimSilence(samples) {
  const numFrames = Math.floor(samples.length / frameSamples);
  let first = 0;
  while (first < numFrames && frameDb(samples, first) < silenceDb) first++;
  let last = numFrames - 1;
  while (last >= first && frameDb(samples, last) < silenceDb) last--;
  if (last < first) return samples.subarray(0, 0);
  const margin = Math.round(marginSeconds * sampleRate);
  return samples.subarray(Math.max(0, first * frameSamples - margin), (last + 1) * frameSamples + margin);
}

/**
 * Loudness of one 20 ms frame.
 * @param {Int16Array} samples
 * @param {number} frame
 * @returns {number} root mean square in dB below full scale
 */
function frameDb(samples, frame) {
  let energy = 0;
  for (const sample of samples.subarray(frame * frameSamples, (frame + 1) * frameSamples)) energy += sample * sample;
  return 10 * Math.log10(energy / frameSamples / 32768 ** 2 + 1e-12);
}
