/** The package's files are those that were measured, and no larger than a clone of the repository should have to fetch. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { englishModel, englishWebModel } from "./index.js";
import { englishModel as pageModel } from "./web.js";

interface Metrics {
  bundles: { name: string; bytes: number; sha256: string }[];
}

const metrics = JSON.parse(readFileSync(new URL("../metrics.json", import.meta.url), "utf8")) as Metrics;

test("the bundles are those whose figures stand in metrics.json", () => {
  for (const path of [englishModel, englishWebModel]) {
    const content = readFileSync(path);
    const facts = metrics.bundles.find(({ name }) => name === basename(path));
    const sha256 = createHash("sha256").update(content).digest("hex");
    assert.deepEqual([content.length, sha256], [facts?.bytes, facts?.sha256], path);
  }
});

test("a page gets the bundle for pages", () => {
  assert.equal(fileURLToPath(pageModel), englishWebModel);
});

test("they take at most 45 MB together", () => {
  const total = metrics.bundles.reduce((sum, { bytes }) => sum + bytes, 0);
  assert.ok(total <= 45e6, `${total} bytes`);
});
