import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Random } from "../data/random.js";
import { Denominator } from "./denominator.js";
import { tokenGraph } from "./token-graph.js";

const numTokens = 4;
const blankId = 3;
const sequences = [[0, 1, 1], [0, 1, 2], [2], [2, 2, 0], [1, 2, 0, 1]];
const graph = tokenGraph(sequences, { order: 3 });
const denominator = new Denominator({ graph, numTokens, blankId, pruning: { token: 0, state: 0 } });

/** Log-probabilities, more certain the larger `slope` is. [frames, tokens] */
function emissions(frames: number, slope: number): Float32Array {
  const random = new Random(frames, slope);
  return Float32Array.from(
    Array.from({ length: frames }).flatMap(() => {
      const logits = Array.from({ length: numTokens }, () => slope * random.next());
      const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
      return logits.map((logit) => logit - total);
    }),
  );
}

/** All paths one by one: what the sums are by definition. */
function exhaustive(logProbs: Float32Array): { logTotal: number; shares: number[] } {
  const frames = logProbs.length / numTokens;
  const shares = Array<number>(logProbs.length).fill(0);
  let total = 0;
  for (let code = 0; code < numTokens ** frames; code++) {
    const path = Array.from({ length: frames }, (_, frame) => Math.floor(code / numTokens ** frame) % numTokens);
    const tokens = path.filter((token, frame) => token !== blankId && token !== path[frame - 1]);
    const ofPath = path.reduce((sum, token, frame) => sum + logProbs[frame * numTokens + token]!, 0);
    const weight = Math.exp(ofPath + graph.logProbability(tokens));
    total += weight;
    for (const [frame, token] of path.entries()) shares[frame * numTokens + token]! += weight;
  }
  return { logTotal: Math.log(total), shares: shares.map((share) => share / total) };
}

type Sums = { logTotal: number; shares: ArrayLike<number> };

function assertSame(found: Sums, expected: Sums, tolerance = 1e-5): void {
  assert.ok(Math.abs(found.logTotal - expected.logTotal) < tolerance, `${found.logTotal}, not ${expected.logTotal}`);
  for (const [i, share] of Array.from(expected.shares).entries()) {
    assert.ok(Math.abs(found.shares[i]! - share) < tolerance, `${i}`);
  }
}

describe("Denominator", () => {
  it("sums over all paths of sequences that could be said, tokens alike in a row among them", () => {
    for (const frames of [1, 2, 5, 6]) {
      for (const slope of [1, 8]) {
        const logProbs = emissions(frames, slope);
        assertSame(denominator.of(logProbs), exhaustive(logProbs));
      }
    }
  });

  it("walks what matters alone, unless told otherwise", () => {
    const usual = new Denominator({ graph, numTokens, blankId });
    for (const frames of [6, 40]) {
      for (const slope of [1, 8, 16]) {
        const logProbs = emissions(frames, slope);
        assertSame(usual.of(logProbs), denominator.of(logProbs), 0.03);
      }
    }
  });

  it("has the shares for its logarithm's gradient", () => {
    const logProbs = emissions(6, 2);
    const { shares } = denominator.of(logProbs);
    for (const i of [0, 5, 10, 23]) {
      const moved = [1e-2, -1e-2].map((by) => {
        const other = logProbs.slice();
        other[i]! += by;
        return denominator.of(other).logTotal;
      });
      assert.ok(Math.abs((moved[0]! - moved[1]!) / 2e-2 - shares[i]!) < 1e-4);
    }
  });

  it("finds paths that lead through what is hardly possible where there is no other", () => {
    const certain = (...tokens: number[]) =>
      Float32Array.from(tokens.flatMap((own) => [0, 1, 2, 3].map((token) => (token === own ? -1e-9 : -30))));
    // 1, 1 is no sequence: one of the frames must have been something else.
    const logProbs = certain(1, 3, 1);
    for (const each of [denominator, new Denominator({ graph, numTokens, blankId })]) {
      const found = each.of(logProbs);
      assertSame(found, exhaustive(logProbs));
      assert.ok(found.logTotal < -30);
    }
  });

  it("walks everything where it would lose what was said", () => {
    // What begins as 0, 1, 0, 1 goes on as nobody goes on, and what began hardly possible is all that is left.
    const [wide, blank] = [7, 6];
    const said = [2, 4, 5, 4];
    const frame = (likely: Record<number, number>, others: number) =>
      Array.from({ length: wide }, (_, token) => Math.log(likely[token] ?? others));
    const logProbs = Float32Array.from([
      ...frame({ 0: 0.99999, 2: 5e-6, [blank]: 3e-6 }, 1e-7),
      ...[4, 5, 4].flatMap((token) => frame({ [token]: 0.994 }, 0.001)),
    ]);
    const spoken = tokenGraph([[0, 1, 0, 1], said], { order: 2 });
    const all = { graph: spoken, numTokens: wide, blankId: blank };
    const expected = new Denominator({ ...all, pruning: { token: 0, state: 0 } }).of(logProbs);
    const usual = new Denominator(all);
    const ofSaid = said.reduce((sum, token, i) => sum + logProbs[i * wide + token]!, usual.logProbability(said));
    assert.ok(expected.logTotal >= ofSaid);
    assert.ok(usual.of(logProbs).logTotal < ofSaid - 1, "pruning loses nothing here, so that this tests nothing");
    assert.deepEqual(usual.of(logProbs, ofSaid), expected);
  });

  it("is impossible where there are too few frames for any sequence", () => {
    const long = new Denominator({ graph: tokenGraph([[0, 0]]), numTokens, blankId });
    assert.deepEqual(long.of(emissions(2, 1)), { logTotal: -Infinity, shares: new Float32Array(8) });
    assert.ok(long.of(emissions(3, 1)).logTotal > -Infinity);
  });

  it("gives an utterance what it gave it before another came", () => {
    const [one, other] = [emissions(40, 3), emissions(25, 6)];
    const first = denominator.of(one);
    denominator.of(other);
    assert.deepEqual(denominator.of(one), first);
  });
});
