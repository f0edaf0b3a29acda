import assert from "node:assert/strict";
import { test } from "node:test";
import { countFalseAlarms } from "./false-alarms.js";

test("recordings without words, those in which something was heard, and how much", () => {
  const pairs = [
    { reference: "good morning", hypothesis: "" },
    { reference: "", hypothesis: "" },
    { reference: "  ", hypothesis: "oh well" },
    { reference: "", hypothesis: "the" },
  ];
  assert.deepEqual(countFalseAlarms(pairs), { numWordless: 3, numAlarms: 2, numWords: 3 });
  assert.equal(countFalseAlarms(pairs.slice(0, 1)), undefined);
});
