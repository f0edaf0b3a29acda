/** Releases, in a copy of the repository's manifests with a history of its own. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { publishedPackages } from "./pack.mjs";
import { isNewer, setVersions, withSection } from "./versions.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
let copy = "";

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), "deepspeech-release-"));
  const manifests = publishedPackages(root).map(({ folder }) => `packages/${basename(folder)}/package.json`);
  for (const path of ["package.json", ...manifests]) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path));
  }
});
afterEach(() => rmSync(copy, { recursive: true }));

test("all packages get the version, and ask for each other in just this one", () => {
  setVersions(copy, "7.0.0-beta.1");
  const { version } = JSON.parse(readFileSync(join(copy, "package.json"), "utf8"));
  assert.equal(version, "7.0.0-beta.1");
  const packages = publishedPackages(copy);
  assert.ok(packages.length >= 6);
  for (const { manifest } of packages) {
    assert.equal(manifest.version, "7.0.0-beta.1");
    for (const { manifest: other } of packages)
      assert.ok([undefined, "7.0.0-beta.1"].includes(manifest.dependencies?.[other.name]), manifest.name);
  }
  const before = packages.map(({ folder }) => readFileSync(join(folder, "package.json"), "utf8"));
  assert.throws(() => setVersions(copy, "7.0.0-beta.1"), /7\.0\.0-beta\.1 is not newer than 7\.0\.0-beta\.1/);
  assert.throws(() => setVersions(copy, "seven"), /"seven" is no version, such as/);
  assert.deepEqual(
    packages.map(({ folder }) => readFileSync(join(folder, "package.json"), "utf8")),
    before,
  );
});

test("newer is newer", () => {
  const ordered = ["0.1.0", "0.2.0-beta.2", "0.2.0-beta.10", "0.2.0", "0.2.1", "0.10.0", "1.0.0"];
  for (const [i, a] of ordered.entries())
    for (const [j, b] of ordered.entries()) assert.equal(isNewer(a, b), i > j, `${a} ${b}`);
});

test("the changelog grows at its top", () => {
  const first = withSection("", "0.1.0", "2026-01-01", ["It trains"]);
  assert.equal(first, "# Changelog\n\n## 0.1.0, 2026-01-01\n\n- It trains\n");
  assert.equal(
    withSection(first, "0.2.0", "2026-02-01", ["It serves", "It aligns"]),
    "# Changelog\n\n## 0.2.0, 2026-02-01\n\n- It serves\n- It aligns\n\n## 0.1.0, 2026-01-01\n\n- It trains\n",
  );
});

test("what is asked for wrongly is told how to be asked for", () => {
  const script = join(root, "tools/release.mjs");
  for (const words of [[], ["prepare"], ["publish", "0.2.0"], ["prepare", "0.0.1"], ["--now"]]) {
    const { status, stderr } = spawnSync(process.execPath, [script, ...words], { encoding: "utf8" });
    assert.equal(status, 1, words.join(" "));
    assert.match(stderr, /Usage: node tools\/release\.mjs prepare|0\.0\.1 is not newer than|Unknown option '--now'/);
  }
});
