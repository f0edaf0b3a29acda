import assert from "node:assert/strict";
import { test } from "node:test";
import { fitted } from "./help-layout.js";

const HELP = `Rates are corpus rates, over all
utterances together.

Formats:
  csv   a table
Examples:
  $ npx deepspeech-ts evaluate runs/deepspeech/version_0 data/LibriSpeech/test-clean
`;

test("a paragraph fills the lines that there are, whatever it was wrapped at; lists and commands stay as they are", () => {
  assert.equal(fitted(HELP, 60), HELP.replace("all\nutterances", "all utterances"));
  assert.equal(
    fitted(HELP, 24),
    HELP.replace(
      "Rates are corpus rates, over all\nutterances together.",
      "Rates are corpus rates,\nover all utterances\ntogether.",
    ),
  );
});
