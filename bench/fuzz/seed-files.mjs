/** What the damaged files are made from. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sampleUtterances } from "../recordings.mjs";

const FIXTURES = fileURLToPath(new URL("../../test/fixtures/audio", import.meta.url));
const SOUND = /\.(wav|flac|mp3|ogg|opus|m4a|webm)$/;
const SHORT_UTTERANCES = 3;

/** The fixtures, the shortest utterances of the sample corpus, and the files of another folder. */
export function seedFiles(folder) {
  const utterances = sampleUtterances("train").map(({ path }) => fileAt(path));
  const shortest = utterances.sort((a, b) => a.bytes.length - b.bytes.length).slice(0, SHORT_UTTERANCES);
  return [...filesIn(FIXTURES), ...shortest, ...(folder ? filesIn(folder) : [])];
}

function filesIn(folder) {
  const names = readdirSync(folder).filter((name) => SOUND.test(name));
  return names.sort().map((name) => fileAt(join(folder, name)));
}

function fileAt(path) {
  return { name: path.slice(path.lastIndexOf("/") + 1), bytes: new Uint8Array(readFileSync(path)) };
}
