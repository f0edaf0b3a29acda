/**
 * What npm would publish, looked at as its users get it: each package is packed, and the tarball's files, its manifest,
 * its source maps and its types are inspected, and npm is asked what it would publish.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { packAll, removeStaleOutputs } from "./pack.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const workplace = mkdtempSync(join(tmpdir(), "deepspeech-tarballs-"));
after(() => rmSync(workplace, { recursive: true }));
const packages = packAll(root, workplace);
const rootManifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const licence = readFileSync(join(root, "LICENSE"), "utf8");

/** Made by nobody's source: the bundler's, native code, what is neither script nor type. */
const WITHOUT_SOURCE = /^(dist\/(browser|page)\/|native\/|setup\/|src\/|models\/|bin\/|[^/]+$)/;
const BUILD_LEFTOVERS =
  /\.tsbuildinfo$|\.test\.|(^|\/)(node_modules|build|coverage)\/|tsconfig\.json$|\.(orig|log|tmp)$/;

it("every package of the design is packed, those that others stand on first", () => {
  const names = packages.map(({ manifest }) => manifest.name);
  for (const name of ["speech", "torch", "recognizer", "server", "toolkit", "model-english"])
    assert.ok(names.includes(`@deepspeech-ts/${name}`), name);
  assert.equal(names.at(-1), "deepspeech-ts");
  for (const { manifest } of packages)
    for (const name of Object.keys(manifest.dependencies ?? {}))
      if (names.includes(name)) assert.ok(names.indexOf(name) < names.indexOf(manifest.name), manifest.name);
});

it("the server brings its page, built", () => {
  const server = packages.find(({ manifest }) => manifest.name === "@deepspeech-ts/server");
  const paths = server?.files.map(({ path }) => path) ?? [];
  assert.ok(paths.includes("dist/page/index.html"));
  assert.ok(paths.some((path) => /^dist\/page\/assets\/.*\.js$/.test(path)));
});

for (const { folder, manifest, tarball, files } of packages) {
  describe(manifest.name, () => {
    const paths = new Set(files.map(({ path }) => path));
    const at = (/** @type {string} */ path) => join(folder, path);

    it("has a manifest that tells who made it, where it is and what it is for", () => {
      const place = posix.join("packages", folder.slice(dirname(folder).length + 1));
      const { version, description, keywords, license, author, homepage, repository, bugs, engines, publishConfig } =
        /** @type {any} */ (manifest);
      assert.equal(version, rootManifest.version);
      assert.ok(description.length >= 30 && !description.endsWith("."), description);
      assert.ok(keywords.length >= 5 && new Set(keywords).size === keywords.length);
      assert.deepEqual([license, author], [rootManifest.license, rootManifest.author]);
      assert.deepEqual(repository, { ...rootManifest.repository, directory: place });
      assert.deepEqual(bugs, rootManifest.bugs);
      assert.equal(homepage, `${rootManifest.homepage.replace("#readme", "")}/tree/main/${place}#readme`);
      assert.deepEqual(engines, rootManifest.engines);
      assert.deepEqual(publishConfig, { access: "public" });
    });

    it("asks for the packages beside it in just its own version", () => {
      const own = packages.map((other) => other.manifest.name);
      for (const [name, range] of Object.entries(manifest.dependencies ?? {}))
        if (own.includes(name)) assert.equal(range, manifest.version, name);
    });

    it("holds a README and the licence, and nothing that a build left", () => {
      assert.ok(paths.has("README.md") && paths.has("LICENSE"));
      assert.equal(readFileSync(at("LICENSE"), "utf8"), licence);
      assert.match(readFileSync(at("README.md"), "utf8"), new RegExp(`^# ${manifest.name}\n`));
      assert.deepEqual(
        [...paths].filter((path) => BUILD_LEFTOVERS.test(path)),
        [],
      );
      const orphans = [...paths].filter((path) => !WITHOUT_SOURCE.test(path) && !paths.has(sourceOf(path)));
      assert.deepEqual(orphans, []);
    });

    it("holds the sources of every source map", () => {
      const maps = [...paths].filter((path) => path.endsWith(".map"));
      for (const path of maps) {
        const { sources, sourcesContent } = JSON.parse(readFileSync(at(path), "utf8"));
        for (const [index, source] of sources.entries()) {
          const isInside = paths.has(posix.join(posix.dirname(path), source));
          assert.ok(isInside || typeof sourcesContent?.[index] === "string", `${path}: ${source}`);
        }
      }
    });

    it("exports what it holds, its package.json too", () => {
      const targets = targetsOf(/** @type {any} */ (manifest).exports);
      assert.ok(targets.includes("./package.json"));
      for (const target of [...targets, ...Object.values(/** @type {any} */ (manifest).bin ?? {})])
        if (!target.includes("*")) assert.ok(paths.has(posix.normalize(target)), target);
    });

    it("starts its programs with node", () => {
      for (const path of Object.values(
        /** @type {Record<string, string>} */ (/** @type {any} */ (manifest).bin ?? {}),
      )) {
        assert.match(readFileSync(at(path), "utf8"), /^#!\/usr\/bin\/env node\n/);
        if (process.platform !== "win32") assert.ok(statSync(at(path)).mode & 0o100, `${path} is not executable`);
      }
    });

    it("pleases publint", async () => {
      const bytes = new Uint8Array(readFileSync(tarball)).buffer;
      const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true });
      assert.deepEqual(
        messages.map((message) => formatMessage(message, pkg, { color: false })),
        [],
      );
    });

    it("has types that resolve wherever it can be imported", {
      skip: Object.keys(/** @type {any} */ (manifest).exports).length === 1 && "it is a program, not a library",
    }, () => {
      // ESM alone: `require` of it is Node's business, which can since 20.19.
      const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
      const words = [attw, tarball, "--profile", "esm-only", "--format", "ascii", "--no-color", "--no-emoji"];
      const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
      assert.equal(status, 0, stdout + stderr);
    });

    it("would be published whole, to everybody", () => {
      // Nobody listens there: a dry run asks no registry for leave.
      const env = { ...process.env, npm_config_registry: "http://127.0.0.1:9/", npm_config_fetch_retries: "0" };
      const words = ["publish", tarball, "--dry-run", "--json", "--force", "--ignore-scripts"];
      const { status, stdout, stderr } = spawnSync("npm", words, { cwd: workplace, encoding: "utf8", env });
      assert.equal(status, 0, stderr);
      const told = JSON.parse(stdout);
      const answer = told[manifest.name] ?? told;
      assert.deepEqual([answer.id, answer.entryCount], [`${manifest.name}@${manifest.version}`, files.length]);
      assert.match(stderr, /public access \(dry-run\)/);
    });
  });
}

it("what a compiler left of sources that are gone is taken away, and nothing else", () => {
  const folder = join(workplace, "package");
  const kept = ["src/a.ts", "dist/a.js", "dist/a.d.ts.map", "dist/browser/chunks/x.js", "dist/style.css"];
  const stale = ["dist/b.js", "dist/b.js.map", "dist/b.d.ts", "dist/room/c.d.ts.map"];
  for (const path of [...kept, ...stale]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), "");
  }
  removeStaleOutputs(folder);
  assert.deepEqual(
    [...kept, ...stale].filter((path) => existsSync(join(folder, path))),
    kept,
  );
});

/**
 * @param {string} path of a compiled file
 * @returns {string}
 */
function sourceOf(path) {
  const script = /^dist\/(.*)\.d\.mts$/.exec(path)?.[1];
  if (script !== undefined) return `${script}.mjs`;
  return path.replace(/^dist\//, "src/").replace(/\.(js|d\.ts)(\.map)?$/, ".ts");
}

/**
 * @param {unknown} exported
 * @returns {string[]}
 */
function targetsOf(exported) {
  if (typeof exported === "string") return [exported];
  return typeof exported === "object" && exported !== null ? Object.values(exported).flatMap(targetsOf) : [];
}
