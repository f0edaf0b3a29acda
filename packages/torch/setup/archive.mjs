/**
 * PyTorch's own libtorch archive, for machines without a package of it: downloaded resumably, checked against its
 * SHA-256 before anything is unpacked.
 */

import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCommand, SetupError } from "./context.mjs";
import { chooseArchive } from "./known-archives.mjs";

/** @typedef {import("./context.mjs").Context} Context */

const ATTEMPTS = 5;
const RETRY_MS = 2000;

/** The archive cannot be had. */
export class DownloadError extends SetupError {}

/**
 * Where the unpacked archive lies.
 *
 * @param {Context} context
 */
export function archiveFolder(context) {
  return join(context.folder, "libtorch");
}

/**
 * Downloads, checks and unpacks the archive.
 *
 * @param {Context} context
 * @param {import("./known-archives.mjs").Variant} variant
 * @returns {Promise<string>} the folder
 */
export async function fetchArchive(context, variant) {
  const { url, sha256, note } = chooseArchive(variant);
  const path = join(context.folder, decodeURIComponent(basename(new URL(url).pathname)));
  process.stdout.write(`… libtorch is missing: downloading ${url} into ${context.folder}\n`);
  if (note !== undefined) process.stdout.write(`  ${note}\n`);
  await download(url, path, { onSize: (bytes) => process.stdout.write(`  ${formatSize(bytes)} to come\n`) });
  await verify(path, url, sha256);
  await unpack(context, path);
  rmSync(path);
  return archiveFolder(context);
}

/** @param {number} bytes */
function formatSize(bytes) {
  return `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;
}

/**
 * Downloads `url` to `path`. What an interrupted attempt left in `path`.part is kept and continued.
 *
 * @param {string} url
 * @param {string} path
 * @param {{ attempts?: number, retryMs?: number, onSize?: (bytes: number) => void }} [options] how often to try, how long
 *   to wait in between, and what to do whenever the server says how much is to come
 */
export async function download(url, path, { attempts = ATTEMPTS, retryMs = RETRY_MS, onSize } = {}) {
  if (existsSync(path)) return;
  for (let attempt = 1; ; attempt++) {
    try {
      await downloadRest(url, `${path}.part`, onSize);
      renameSync(`${path}.part`, path);
      return;
    } catch (error) {
      if (error instanceof SetupError) throw error;
      if (attempt === attempts) throw new DownloadError(`${url} could not be downloaded: ${networkReason(error)}.`);
      await sleep(retryMs);
    }
  }
}

/**
 * @param {string} url
 * @param {string} part
 * @param {((bytes: number) => void) | undefined} onSize
 */
async function downloadRest(url, part, onSize) {
  const have = existsSync(part) ? statSync(part).size : 0;
  const response = await fetch(url, { headers: have > 0 ? { range: `bytes=${have}-` } : {} });
  // 416: there is nothing after what we have.
  if (response.status === 416) return;
  if (response.status >= 400 && response.status < 500) {
    throw new DownloadError(`${url} could not be downloaded: the server answers ${response.status}.`);
  }
  if (!response.ok || response.body === null) throw new Error(`the server answers ${response.status}`);
  const length = response.headers.get("content-length");
  if (length !== null) onSize?.(Number(length));
  const body = Readable.fromWeb(/** @type {import("node:stream/web").ReadableStream} */ (response.body));
  await pipeline(body, createWriteStream(part, { flags: response.status === 206 ? "a" : "w" }));
}

/** @param {unknown} error */
function networkReason(error) {
  const { message, cause } = /** @type {Error} */ (error);
  return cause instanceof Error ? cause.message : message;
}

/**
 * Checks a downloaded file; one that fails is removed, so that the next run downloads it anew.
 *
 * @param {string} path
 * @param {string} url
 * @param {string | undefined} expected SHA-256 in lower case; where it is unknown, the reader has to confirm
 */
export async function verify(path, url, expected) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  const found = hash.digest("hex");
  if (found === expected) return;
  if (expected === undefined) {
    throw new SetupError(
      `${url} was downloaded; its SHA-256 is\n  ${found}\nCompare it with what the publisher states. ` +
        `If they agree, set LIBTORCH_SHA256=${found} and run the set-up again.`,
    );
  }
  rmSync(path);
  throw new SetupError(`${url} is not what was expected: its SHA-256 is ${found}, expected ${expected}. Try again.`);
}

/**
 * Unpacks the zip, whose top folder is libtorch/, into the archive folder.
 *
 * @param {Context} context
 * @param {string} path
 */
async function unpack(context, path) {
  const folder = `${archiveFolder(context)}.unpacking`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const [command, args] = unpacker(path, folder);
  await context.run(command, args);
  rmSync(archiveFolder(context), { recursive: true, force: true });
  renameSync(join(folder, "libtorch"), archiveFolder(context));
  rmSync(folder, { recursive: true });
}

/**
 * @param {string} path
 * @param {string} folder
 * @returns {[command: string, args: string[]]}
 */
function unpacker(path, folder) {
  if (hasCommand("unzip")) return ["unzip", ["-q", path, "-d", folder]];
  if (hasCommand("bsdtar")) return ["bsdtar", ["-xf", path, "-C", folder]];
  if (hasCommand("python3")) return ["python3", ["-m", "zipfile", "-e", path, folder]];
  // macOS's tar reads zip archives as well.
  if (process.platform === "darwin") return ["tar", ["-xf", path, "-C", folder]];
  throw new SetupError(`Nothing here can unpack ${path}. Install unzip.`);
}
