/** The one door to libtorch's operators: conversion by schema, and what it says of wrong arguments. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { call, callUntyped, createGenerator, ones, type Tensor, type TorchErrorCode, tensor, zeros } from "./index.js";
import { native } from "./native.js";

const a = () =>
  tensor([
    [1, 2],
    [3, 4],
  ]);

describe("call()", () => {
  it("passes arguments by position and by name alike", () => {
    const byPosition = callUntyped("add.Tensor", [a(), a(), 3]) as Tensor;
    const byName = call("add.Tensor", [a(), a()], { alpha: 3 });
    assert.deepEqual(byPosition.toNumbers(), [4, 8, 12, 16]);
    assert.deepEqual(byName.toNumbers(), byPosition.toNumbers());
    const allByName = callUntyped("add.Tensor", [], { self: a(), alpha: 3, other: a() }) as Tensor;
    assert.deepEqual(allByName.toNumbers(), byPosition.toNumbers());
  });

  it("uses a schema's default for undefined, and None for null", () => {
    const normalized = call("layer_norm", [a(), [2], null, null]);
    assert.ok(Math.abs(normalized.select(0, 0).sum().item()) < 1e-6);
    const whole = callUntyped("sum.dim_IntList", [a(), null, undefined], { dtype: "float64" }) as Tensor;
    assert.deepEqual([whole.shape, whole.dtype, whole.item()], [[], "float64", 10]);
  });

  it("lets one number stand for a list of fixed length", () => {
    const input = ones([1, 1, 5, 5]);
    assert.deepEqual(call("max_pool2d", [input, 2]).shape, [1, 1, 2, 2]);
    assert.deepEqual(call("max_pool2d", [input, [2, 1]]).shape, [1, 1, 2, 5]);
  });

  it("takes lists of tensors with gaps", () => {
    const columns = tensor([1, 0], { dtype: "int64" });
    assert.deepEqual(call("index.Tensor", [a(), [null, columns]]).toNumbers(), [2, 1, 4, 3]);
    assert.deepEqual(call("index.Tensor", [a(), [columns]]).toNumbers(), [3, 4, 1, 2]);
  });

  it("takes bigints, generators, strings and devices where the schema wants them", () => {
    assert.equal((callUntyped("select.int", [a(), 0n, 1n]) as Tensor).size(0), 2);
    assert.equal(call("normal_", [zeros([3]), 0, 1], { generator: createGenerator(1) }).numel, 3);
    assert.equal(
      call("div.Tensor_mode", [a(), tensor(2)], { rounding_mode: "floor" })
        .sum()
        .item(),
      4,
    );
    assert.equal(call("full", [[1], 1], { device: "cpu" }).device, "cpu");
  });

  it("returns numbers and truth values as such", () => {
    assert.equal(call("equal", [a(), a()]), true);
    assert.equal(callUntyped("size.int", [a(), 1]), 2);
  });

  it("returns the object itself from an operator in place, and only there", () => {
    const made = a();
    assert.equal(call("relu_", [made]), made);
    const [three, one] = [tensor([3], { dtype: "int32" }), tensor([1], { dtype: "int32" })];
    const both = callUntyped("__and__.Tensor", [three, one]) as Tensor;
    assert.notEqual(both, three);
    assert.deepEqual([both.toNumbers(), three.toNumbers()], [[1], [3]]);
  });
});

describe("call() with wrong arguments", () => {
  const cases: [string, () => unknown, TorchErrorCode, string][] = [
    [
      "an unknown operator",
      () => callUntyped("no_such", []),
      "UNKNOWN_OPERATOR",
      "libtorch has no operator aten::no_such",
    ],
    [
      "an unknown overload",
      () => callUntyped("add.No", []),
      "UNKNOWN_OPERATOR",
      "libtorch has no operator aten::add.No",
    ],
    [
      "another library's operator",
      () => callUntyped("my::op", []),
      "UNKNOWN_OPERATOR",
      "libtorch has no operator my::op",
    ],
    ["an unknown name", () => callUntyped("neg", [a()], { beta: 1 }), "TYPE", "aten::neg has no argument 'beta'"],
    ["a missing argument", () => callUntyped("add.Tensor", [a()]), "TYPE", "aten::add needs the argument 'other'"],
    ["too many arguments", () => callUntyped("neg", [a(), 1, 2]), "TYPE", "aten::neg takes 1 arguments, found 3"],
    [
      "an argument given twice",
      () => callUntyped("add.Tensor", [a(), a(), 2], { alpha: 1 }),
      "TYPE",
      "aten::add was given the argument 'alpha' twice",
    ],
    [
      "a number for a tensor",
      () => callUntyped("add.Tensor", [a(), 3]),
      "TYPE",
      "argument 'other' must be Tensor, found a number",
    ],
    [
      "a fraction for an integer",
      () => callUntyped("transpose.int", [a(), 0.5, 1]),
      "TYPE",
      "argument 'dim0' must be int, found a number",
    ],
    [
      "infinity for an integer",
      () => callUntyped("transpose.int", [a(), Number.POSITIVE_INFINITY, 1]),
      "TYPE",
      "argument 'dim0' must be int, found a number",
    ],
    [
      "a string for a number",
      () => callUntyped("layer_norm", [a(), [2], null, null, "1"]),
      "TYPE",
      "argument 'eps' must be float, found a string",
    ],
    [
      "a number for a boolean",
      () => callUntyped("dropout", [a(), 0.5, 1]),
      "TYPE",
      "argument 'train' must be bool, found a number",
    ],
    ["a number in a list of tensors", () => callUntyped("cat", [[a(), 3]]), "TYPE", "expected a Tensor"],
    ["a tensor for a generator", () => callUntyped("normal_", [a(), 0, 1, a()]), "TYPE", "expected a Generator"],
    [
      "shapes that do not fit",
      () => a().add(zeros([3])),
      "LIBTORCH",
      "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 1",
    ],
    [
      "an index out of range",
      () => a().select(0, 5),
      "INDEX",
      "select(): index 5 out of range for tensor of size [2, 2] at dimension 0",
    ],
  ];
  for (const [what, body, code, message] of cases) {
    it(`refuses ${what}`, () => {
      assert.throws(body, { name: "TorchError", code, message });
    });
  }
});

describe("the operators that this package names", () => {
  const schemas = native.schemas().map((schema) => schema.slice(0, schema.indexOf("(")));
  const known = new Set(schemas.map((name) => name.replace(/^aten::/, "")));
  const source = fileURLToPath(new URL("../src/", import.meta.url));
  const files = readdirSync(source, { recursive: true, encoding: "utf8" });

  it("are all in this libtorch", () => {
    const named = new Set<string>();
    for (const file of files.filter((name) => name.endsWith(".ts") && !/generated|\.test\.ts$/.test(name))) {
      const text = readFileSync(source + file, "utf8");
      for (const [, name] of text.matchAll(/\b(?:call|op)\("([^"]+)"/g)) named.add(name!);
    }
    assert.ok(named.size > 60, `found only ${named.size} names: has the form of the calls changed?`);
    assert.deepEqual(
      [...named].filter((name) => !known.has(name)),
      [],
    );
  });

  it("and the generated types name operators of this libtorch only", () => {
    const named = files
      .filter((name) => name.startsWith("generated/"))
      .flatMap((file) => [...readFileSync(source + file, "utf8").matchAll(/^ {2}"([^"]+)": Operator</gm)])
      .map(([, name]) => name!);
    assert.ok(named.length > 1000, `found only ${named.length} names`);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
  });
});
