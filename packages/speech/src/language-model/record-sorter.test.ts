import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import { SortWorkspace } from "./radix-sort.js";
import { RecordSorter } from "./record-sorter.js";
import { MemoryRunStorage, type RecordCursor } from "./records.js";

function records(cursor: RecordCursor, width: number): number[][] {
  const found: number[][] = [];
  while (cursor.next()) found.push([...cursor.data.subarray(cursor.offset, cursor.offset + width)]);
  return found;
}

test("records come back sorted by their keys, in memory and spilled alike", () => {
  const random = new SeededRandom(10);
  for (const count of [0, 1, 5, 3000, 100_000]) {
    for (const limit of [3, 2 ** 12, 2 ** 32]) {
      const storage = new MemoryRunStorage();
      const sorter = new RecordSorter({
        width: 3,
        keys: [2, 0],
        storage,
        workspace: new SortWorkspace(),
        memoryBytes: 1,
      });
      const expected: number[][] = [];
      for (let i = 0; i < count; i++) {
        const record = [random.below(limit), i, random.below(limit)];
        expected.push(record);
        sorter.block.set(record, sorter.reserve());
      }
      const found = records(sorter.finish(), 3);
      const key = ([a = 0, , c = 0]: number[]) => c * 2 ** 32 + a;
      assert.deepEqual(
        found.map(key),
        expected.map(key).toSorted((a, b) => a - b),
      );
      assert.deepEqual(found.map(([, i]) => i).toSorted(), expected.map(([, i]) => i).toSorted());
    }
  }
});

test("counts of equal records add up", () => {
  const random = new SeededRandom(11);
  const storage = new MemoryRunStorage();
  const options = { width: 2, keys: [0], sumSlot: 1, storage, workspace: new SortWorkspace(), memoryBytes: 1 };
  const sorter = new RecordSorter(options);
  const expected = new Map<number, number>();
  for (let i = 0; i < 50_000; i++) {
    const key = random.below(i < 25_000 ? 40 : 20_000);
    expected.set(key, (expected.get(key) ?? 0) + i);
    sorter.block.set([key, i], sorter.reserve());
  }
  assert.deepEqual(
    records(sorter.finish(), 2),
    [...expected].toSorted(([a], [b]) => a - b),
  );
});
