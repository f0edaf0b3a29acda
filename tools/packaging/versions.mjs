/** Releases in step: one version for all packages, and a changelog that begins with what git tells. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publishedPackages } from "./pack.mjs";

const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/;

const CHANGELOG_HEAD = "# Changelog\n";

/**
 * Gives every package, and the repository, the version; packages ask for each other in just this one.
 *
 * @param {string} root of the repository
 * @param {string} version
 * @throws where it is no version, or not newer than the repository's
 */
export function setVersions(root, version) {
  const rootPath = join(root, "package.json");
  const current = JSON.parse(readFileSync(rootPath, "utf8")).version;
  if (!VERSION.test(version)) throw new Error(`"${version}" is no version, such as 0.2.0 or 1.0.0-beta.1`);
  if (!isNewer(version, current)) throw new Error(`${version} is not newer than ${current}`);
  const packages = publishedPackages(root);
  const own = new Set(packages.map(({ manifest }) => manifest.name));
  for (const path of [rootPath, ...packages.map(({ folder }) => join(folder, "package.json"))]) {
    const manifest = JSON.parse(readFileSync(path, "utf8"));
    manifest.version = version;
    for (const name of Object.keys(manifest.dependencies ?? {}))
      if (own.has(name)) manifest.dependencies[name] = version;
    writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
  }
}

/**
 * @param {string} version
 * @param {string} other
 */
export function isNewer(version, other) {
  const [a, b] = [version, other].map((text) => VERSION.exec(text) ?? []);
  for (const part of [1, 2, 3]) {
    const difference = Number(a?.[part]) - Number(b?.[part]);
    if (difference !== 0) return difference > 0;
  }
  const [before, otherBefore] = [a?.[4], b?.[4]];
  // A version without a suffix is newer than those with one that lead to it.
  if (before === undefined || otherBefore === undefined) return before === undefined && otherBefore !== undefined;
  return before.localeCompare(otherBefore, "en", { numeric: true }) > 0;
}

/**
 * The changelog with a section for the version at its top: a line for each subject, to be edited by whoever releases.
 *
 * @param {string} changelog as it was; "" for none
 * @param {string} version
 * @param {string} date such as 2027-01-31
 * @param {readonly string[]} subjects of commits, newest first
 */
export function withSection(changelog, version, date, subjects) {
  const lines = subjects.map((subject) => `- ${subject}`).join("\n");
  const older = changelog.startsWith(CHANGELOG_HEAD) ? changelog.slice(CHANGELOG_HEAD.length).trimStart() : changelog;
  return `${CHANGELOG_HEAD}\n## ${version}, ${date}\n\n${lines || "- No changes."}\n${older ? `\n${older}` : ""}`;
}
