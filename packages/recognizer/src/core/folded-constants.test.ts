/** Constants that a graph makes of those it stores: their numbers, and what is left to ONNX Runtime. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { foldConstants } from "./folded-constants.js";
import { DATA_TYPES } from "./onnx-fields.js";
import { field, fieldsOf, numberField, numbersOf, textsOf } from "./protobuf.js";

type Bytes = readonly Uint8Array[];
const text = (value: string) => [new TextEncoder().encode(value)];
const bytesOf = (parts: Bytes) => Uint8Array.from(parts.flatMap((part) => [...part]));

function tensor(name: string, dataType: number, dims: readonly number[], data: ArrayBufferView): Bytes {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const facts = [...dims.map((length) => numberField(1, length)), numberField(2, dataType)];
  return field(5, [...facts, ...field(8, text(name)), ...field(9, [raw])]);
}
const int8 = (name: string, dims: readonly number[], ...values: number[]) =>
  tensor(name, DATA_TYPES.int8, dims, Int8Array.from(values));
const halves = (name: string, dims: readonly number[], ...values: number[]) =>
  tensor(name, DATA_TYPES.float16, dims, Uint16Array.from(values));
const shape = (name: string, ...dims: number[]) =>
  tensor(name, DATA_TYPES.int64, [dims.length], BigInt64Array.from(dims, BigInt));

function node(opType: string, inputs: readonly string[], output: string, attributes: Bytes = []): Bytes {
  const names = [...inputs.flatMap((name) => field(1, text(name))), ...field(2, text(output))];
  return field(1, [...names, ...field(4, text(opType)), ...attributes]);
}
const cast = (input: string, output: string, to = DATA_TYPES.float32) =>
  node("Cast", [input], output, field(5, [...field(1, text("to")), numberField(3, to)]));
const model = (...graph: Bytes[]) => bytesOf([numberField(1, 8), ...field(7, graph.flat())]);

function folded(...graph: Bytes[]) {
  const { graph: bytes, externalData } = foldConstants(model(...graph));
  const graphs = [...fieldsOf(bytes, 7)];
  const namesOf = (number: number, name: number) =>
    graphs.flatMap((graph) => [...fieldsOf(graph, number)].flatMap((message) => textsOf(message, name)));
  const dims = graphs.flatMap((graph) => [...fieldsOf(graph, 5)].map((message) => numbersOf(message, 1)));
  const numbers = externalData.map(({ path, data }) => [path, ...new Float32Array(data.buffer as ArrayBuffer)]);
  return { nodes: namesOf(1, 4), constants: namesOf(5, 8), dims, numbers, bytes };
}

describe("foldConstants", () => {
  it("scales 8-bit numbers by groups along any axis, and hands them over beside the graph", () => {
    // Halves: 1, 2, 0.5, -4.
    const scales = [0x3c00, 0x4000, 0x3800, 0xc400];
    const found = (grouped: number[], ofGroups: number[]) =>
      folded(
        int8("w", [4, 2], 1, 2, 3, 4, 5, 6, -128, 127),
        halves("s", ofGroups, ...scales),
        shape("grouped", ...grouped),
        shape("whole", 4, 2),
        cast("w", "a"),
        node("Reshape", ["a", "grouped"], "b"),
        cast("s", "c"),
        node("Mul", ["b", "c"], "d"),
        node("Reshape", ["d", "whole"], "weight"),
        node("MatMul", ["x", "weight"], "y"),
      );
    const ofRows = found([2, 2, 2], [2, 1, 2]);
    assert.deepEqual(ofRows.nodes, ["MatMul"]);
    assert.deepEqual([ofRows.constants, ofRows.dims], [["weight"], [[4, 2]]]);
    assert.deepEqual(ofRows.numbers, [["weight", 1, 4, 3, 8, 2.5, -24, -64, -508]]);
    const ofColumns = found([4, 1, 2], [4, 1, 1]);
    assert.deepEqual(ofColumns.numbers, [["weight", 1, 2, 6, 8, 2.5, 3, 512, -508]]);
  });

  it("reads every kind of half", () => {
    const half = [0x0000, 0x8000, 0x0001, 0x83ff, 0x7bff, 0xfc00, 0x7e00];
    const { numbers } = folded(halves("h", [7], ...half), cast("h", "f"), node("Add", ["x", "f"], "y"));
    const values = [0, -0, 2 ** -24, -1023 * 2 ** -24, 65_504, Number.NEGATIVE_INFINITY, Number.NaN];
    assert.deepEqual(numbers, [["f", ...values]]);
  });

  it("leaves what it does not know as it stands, and constants that are still needed", () => {
    const unlike = [halves("s", [1, 3], 0, 0, 0), cast("s", "c"), node("Mul", ["a", "c"], "d")];
    const found = folded(int8("w", [2, 3], 1, 2, 3, 4, 5, 6), cast("w", "a"), ...unlike, node("Neg", ["w"], "n"));
    // The scales are of one row, which is known; of two axes they would not be.
    assert.deepEqual(found.nodes, ["Neg"]);
    assert.deepEqual(found.constants, ["w"]);
    const apart = folded(
      int8("w", [2, 3], 1, 2, 3, 4, 5, 6),
      cast("w", "a"),
      ...[halves("s", [1, 1], 0x3c00), cast("s", "c"), node("Mul", ["a", "c"], "d")],
    );
    assert.deepEqual([apart.nodes, apart.constants], [["Mul"], ["a", "c"]]);
    const untouched = model(int8("w", [1], 1), cast("w", "a", DATA_TYPES.float16), node("Neg", ["a"], "y"));
    assert.equal(foldConstants(untouched).graph, untouched);
  });
});
