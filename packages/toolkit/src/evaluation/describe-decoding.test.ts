import assert from "node:assert/strict";
import { test } from "node:test";
import { decodingSchema } from "./decoding-config.js";
import { describeDecoding } from "./describe-decoding.js";

test("decoding in a few words", () => {
  const describe = (settings: object) => describeDecoding(decodingSchema.parse(settings));
  assert.equal(describe({}), "greedy");
  assert.equal(describe({ beamSize: 20 }), "beam search of 20");
  assert.equal(describe({ lm: "models/words.lm" }), "beam search with words.lm");
  assert.equal(
    describe({ lm: "words.lm", lmWeight: 0.7, beamSize: 50, hotWords: ["a", "b"] }),
    "beam search of 50 with words.lm (weight 0.7) and 2 hot words",
  );
  assert.equal(describe({ hotWords: ["a"] }), "beam search with 1 hot word");
});
