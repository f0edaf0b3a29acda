/**
 * Releases all packages in step.
 *
 *     node tools/release.mjs prepare 0.2.0    # versions, lock file, changelog: look at them, edit, commit, tag
 *     node tools/release.mjs publish          # compiles, packs everything, and shows what npm would publish
 *     node tools/release.mjs publish --really # … and publishes it
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { packAll } from "./packaging/pack.mjs";
import { setVersions, withSection } from "./packaging/versions.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUTPUT = join(ROOT, "build/release");

const HELP = `Usage: node tools/release.mjs prepare <version>
       node tools/release.mjs publish [--really]

prepare gives all packages the version and begins its section of CHANGELOG.md with
the commits since the last tag. publish packs all packages into build/release and
has npm show what it would publish; with --really, npm publishes.`;

/** @param {string} version */
function prepare(version) {
  setVersions(ROOT, version);
  run("npm", ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]);
  const path = join(ROOT, "CHANGELOG.md");
  const changelog = existsSync(path) ? readFileSync(path, "utf8") : "";
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(path, withSection(changelog, version, date, subjectsSinceLastTag()));
  console.log(`All packages are ${version}. Edit CHANGELOG.md, commit, and tag it v${version}.`);
}

/** @param {boolean} really */
function publish(really) {
  if (really) refuseUntagged();
  run(join(ROOT, "node_modules/.bin/tsc"), ["-b"]);
  run(process.execPath, [join(ROOT, "tools/build-browser.mjs")]);
  rmSync(OUTPUT, { recursive: true, force: true });
  mkdirSync(OUTPUT, { recursive: true });
  for (const { manifest, tarball } of packAll(ROOT, OUTPUT)) {
    console.log(`${manifest.name}@${manifest.version}: ${tarball}`);
    run("npm", ["publish", tarball, "--ignore-scripts", ...tagOf(manifest.version), ...(really ? [] : ["--dry-run"])]);
  }
}

/** What is published must be found again by its tag. */
function refuseUntagged() {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const changes = output("git", ["status", "--porcelain"]);
  if (changes !== "") throw new Error(`there are changes that are not committed:\n${changes}`);
  if (!output("git", ["tag", "--points-at", "HEAD"]).split("\n").includes(`v${version}`))
    throw new Error(`this commit has no tag v${version}`);
}

/**
 * Versions that lead to another are not what `npm install` brings.
 *
 * @param {string} version
 */
function tagOf(version) {
  return version.includes("-") ? ["--tag", "next"] : [];
}

function subjectsSinceLastTag() {
  const [tag] = output("git", ["tag", "--list", "v*", "--sort=-creatordate", "--merged"]).split("\n");
  const log = output("git", ["log", "--format=%s", ...(tag ? [`${tag}..HEAD`] : [])]);
  return log === "" ? [] : log.split("\n");
}

/**
 * @param {string} command
 * @param {string[]} words
 */
function output(command, words) {
  const { status, stdout, stderr } = spawnSync(command, words, { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${words.join(" ")} ended with ${status}: ${stderr}`);
  return stdout.trim();
}

/**
 * @param {string} command
 * @param {string[]} words
 */
function run(command, words) {
  const shell = process.platform === "win32";
  const { status } = spawnSync(command, words, { cwd: ROOT, stdio: "inherit", shell });
  if (status !== 0) throw new Error(`${command} ${words.join(" ")} ended with ${status}`);
}

/** @param {string[]} words */
function main(words) {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: { really: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
  });
  const [task, version, ...more] = positionals;
  if (values.help) return console.log(HELP);
  if (task === "prepare" && version !== undefined && more.length === 0) return prepare(version);
  if (task === "publish" && version === undefined) return publish(values.really);
  throw new Error(`what is to be done?\n${HELP}`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 1;
}
