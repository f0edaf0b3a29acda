/** Reports in the form of `npm audit --json`, version 2. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { complaintsOf, findingsOf } from "./audit.mjs";

const url = "https://github.com/advisories/GHSA-0000-0000-0000";
const advisory = { source: 1, name: "deep", title: "Loops for ever", url, severity: "high", range: "<2" };
const report = JSON.stringify({
  auditReportVersion: 2,
  vulnerabilities: {
    deep: { name: "deep", severity: "high", via: [advisory], nodes: ["node_modules/deep"] },
    upper: { name: "upper", severity: "high", via: ["deep", advisory], nodes: ["node_modules/upper"] },
  },
  metadata: {},
});
const finding = { url, title: "Loops for ever", severity: "high", package: "deep" };

test("each advisory is a finding, once", () => {
  assert.deepEqual(findingsOf(report), [finding]);
  assert.deepEqual(findingsOf(JSON.stringify({ auditReportVersion: 2, vulnerabilities: {} })), []);
});

test("a refusal, nothing and noise are no report", () => {
  for (const text of ['{"message": "405 Method Not Allowed", "statusCode": 405}', "", "<html>", "null"]) {
    assert.equal(findingsOf(text), undefined);
  }
});

test("what is not explained, and what is explained in vain, are complaints", () => {
  const open = [`high: deep: Loops for ever (${url})`];
  assert.deepEqual(complaintsOf([finding], {}), open);
  assert.deepEqual(complaintsOf([finding], { [url]: " " }), open);
  assert.deepEqual(complaintsOf([finding], { [url]: "Only at build time, on our own files." }), []);
  assert.deepEqual(complaintsOf([], { [url]: "Once upon a time." }), [
    `${url} is explained, but found no more: take it out of tools/audit-explained.json`,
  ]);
});
