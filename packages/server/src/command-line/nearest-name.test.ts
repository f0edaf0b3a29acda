import assert from "node:assert/strict";
import { test } from "node:test";
import { nearestName } from "./nearest-name.js";

const FLAGS = ["--learning-rate", "--final-learning-rate", "--model.hidden-size", "--threads", "--train"];

test("slips of the finger and other ways of writing find the name", () => {
  assert.equal(nearestName("--learnign-rate", FLAGS), "--learning-rate");
  assert.equal(nearestName("--learningRate", FLAGS), "--learning-rate");
  assert.equal(nearestName("--model.hiden_size", FLAGS), "--model.hidden-size");
  assert.equal(nearestName("trian", ["train", "evaluate"]), "train");
});

test("a nested name is known by its last part", () => {
  assert.equal(nearestName("--hidden-size", FLAGS), "--model.hidden-size");
  assert.equal(nearestName("hiddenSize", ["model.hiddenSize", "epochs"]), "model.hiddenSize");
});

test("a name like no other gets no suggestion", () => {
  assert.equal(nearestName("--colour", FLAGS), undefined);
  assert.equal(nearestName("anything", []), undefined);
});
