/**
 * The packages as npm would publish them. What is packed is what the sources give: compiled files whose source is gone
 * are taken away first.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { filesUnder } from "../../packages/torch/setup/context.mjs";

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 */

/**
 * @typedef {object} PackedFile
 * @property {string} path from the package's folder
 * @property {number} size in bytes
 */

/**
 * @typedef {object} Packed
 * @property {string} folder of the package in the repository
 * @property {Manifest} manifest
 * @property {string} tarball its path
 * @property {PackedFile[]} files
 */

/**
 * The folders of the workspaces that npm may publish.
 *
 * @param {string} root of the repository
 * @returns {{ folder: string, manifest: Manifest }[]} those that others stand on first
 */
export function publishedPackages(root) {
  const all = readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) }))
    .filter(({ manifest }) => manifest.private !== true);
  const byName = new Map(all.map((entry) => [entry.manifest.name, entry]));
  /** @type {Set<{ folder: string, manifest: Manifest }>} */
  const ordered = new Set();
  /** @param {{ folder: string, manifest: Manifest }} entry */
  const add = (entry) => {
    for (const name of Object.keys(entry.manifest.dependencies ?? {})) {
      const below = byName.get(name);
      if (below) add(below);
    }
    ordered.add(entry);
  };
  for (const entry of all) add(entry);
  return [...ordered];
}

/**
 * Removes what a compiler left of sources that are no more. What bundlers make of the recogniser and of the
 * page stays: they clear their folders themselves.
 *
 * @param {string} folder of a package
 */
export function removeStaleOutputs(folder) {
  const dist = join(folder, "dist");
  if (!existsSync(dist)) return;
  for (const path of filesUnder(dist, (file) => /\.(js|d\.ts)(\.map)?$/.test(file))) {
    const name = relative(dist, path);
    if (/^(browser|page)[/\\]/.test(name)) continue;
    const source = join(folder, "src", name.replace(/\.(js|d\.ts)(\.map)?$/, ".ts"));
    // Another process may be packing too.
    if (!existsSync(source)) rmSync(path, { force: true });
  }
}

/**
 * Packs every package into `destination`.
 *
 * @param {string} root of the repository, compiled
 * @param {string} destination an existing folder
 * @returns {Packed[]} in the order of `publishedPackages`
 */
export function packAll(root, destination) {
  return publishedPackages(root).map(({ folder, manifest }) => {
    removeStaleOutputs(folder);
    const words = ["pack", "--json", "--ignore-scripts", "--pack-destination", destination];
    const { status, stdout, stderr } = spawnSync("npm", words, {
      cwd: folder,
      encoding: "utf8",
      shell: process.platform === "win32",
    });
    if (status !== 0) throw new Error(`npm pack of ${manifest.name} ended with ${status}: ${stderr}`);
    const answer = JSON.parse(stdout);
    // A list, or since npm 11 an object by the packages' names.
    const [{ filename, files }] = Object.values(answer);
    return { folder, manifest, tarball: join(destination, filename), files };
  });
}
