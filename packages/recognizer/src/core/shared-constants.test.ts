/** Constants of one protocol buffer, added to another: what fields are copied, and what is left. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withSharedConstants } from "./shared-constants.js";

const text = (value: string) => [...new TextEncoder().encode(value)];
/** A field of bytes, longer than one byte of length can tell where it is so. */
function field(number: number, content: readonly number[]): number[] {
  const size = content.length < 128 ? [content.length] : [(content.length & 127) | 128, content.length >> 7];
  return [number * 8 + 2, ...size, ...content];
}
const tensor = (name: string, bytes: number) => field(5, [...field(8, text(name)), ...field(9, Array(bytes).fill(7))]);
const node = (inputs: readonly string[], inner: readonly number[] = []) =>
  field(1, [...inputs.flatMap((name) => field(1, text(name))), ...inner]);
const model = (graph: readonly number[]) => [8, 8, ...field(7, graph)];

describe("withSharedConstants", () => {
  it("adds what nodes name, within graphs of theirs too, and nothing else", () => {
    const inner = field(5, field(6, node(["inner"])));
    const step = model([...node(["x", "own"]), ...node(["y"], inner), ...tensor("own", 3)]);
    const whole = model([...tensor("x", 200), ...tensor("unused", 5), ...node(["x"]), ...tensor("inner", 2)]);
    const found = withSharedConstants(Uint8Array.from(step), Uint8Array.from(whole));
    const added = field(7, [...tensor("x", 200), ...tensor("inner", 2)]);
    assert.deepEqual([...found], [...step, ...added]);
  });
});
