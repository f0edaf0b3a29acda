/** Reads the damaged files of fuzz-files.mjs, one after another, and tells its parent of every one. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { mutatedFile } from "../../packages/recognizer/dist/mutate.test.support.js";
import { isLine, runCases, told } from "./cases.mjs";
import { filesOf, formatNamed } from "./formats/index.mjs";

/** Errors that speak to people, by name. */
const SPEAKING = new Set(["UserError", "RecognizerError", "TorchError", "SpeechError"]);

const { format: formatName, seed, sandbox, first, end } = JSON.parse(process.argv[2]);
const format = formatNamed(formatName);
const { seeds, companions } = await filesOf(format);
process.chdir(sandbox);

await runCases({ first, end }, async (index) => {
  const { name, bytes } = mutatedFile(seeds, { seed, index }, format.dialect);
  const place = layOut(`${index}`, name, bytes);
  const results = [];
  for (const step of await format.read(place)) results.push(await resultOf(step, place.path));
  const outcome = results.map(({ outcome }) => outcome).join(", ");
  return { outcome, defect: results.map(({ defect }) => defect).find(Boolean) ?? leftOutside(place, bytes) };
});

/**
 * The damaged file among those that are sound, in a folder of its own, beside an empty one to write to. Each case has
 * paths of its own, as files stay open that may be needed again.
 */
function layOut(caseName, name, bytes) {
  for (const entry of readdirSync(sandbox)) rmSync(join(sandbox, entry), { recursive: true, force: true });
  const [input, target] = ["input", "target"].map((folder) => join(sandbox, caseName, folder));
  mkdirSync(target, { recursive: true });
  for (const companion of companions) {
    const path = join(input, companion.name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, companion.name === name ? bytes : companion.bytes);
  }
  return { path: join(input, name), input, target };
}

async function resultOf(step, path) {
  try {
    await step();
    return { outcome: "value" };
  } catch (error) {
    const { name, message, code } = error instanceof Error ? error : {};
    if (!SPEAKING.has(name)) return { outcome: "another error", defect: told(error) };
    if (!isLine(message))
      return { outcome: "no line", defect: `is no line: ${JSON.stringify(message.slice(0, 3000))}` };
    const isNamed = message.includes(basename(path)) || message.includes(dirname(path));
    return isNamed ? { outcome: code } : { outcome: "no name", defect: `names no file: ${message}` };
  }
}

/** What was written where nothing may be. */
function leftOutside({ path, input, target }, bytes) {
  const known = [dirname(input), input, target].map((folder) => basename(folder));
  const around = [...readdirSync(sandbox), ...readdirSync(dirname(input))];
  const strangers = around.filter((name) => !known.includes(name));
  const expected = new Set(companions.map(({ name }) => name));
  if (!format.mayChangeInput) {
    strangers.push(...filesBelow(input).filter((name) => !expected.has(name)));
    if (!readFileSync(path).equals(bytes)) strangers.push(path);
  }
  strangers.push(...filesBelow(target).filter((name) => lstatSync(join(target, name)).isSymbolicLink()));
  strangers.push(...(format.escapes ?? []).filter((place) => existsSync(place)));
  return strangers.length > 0 ? `left or changed ${strangers.join(", ")}` : undefined;
}

function filesBelow(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
