/**
 * How much of a model's belief lies on sequences of tokens that could be said at all, by an n-gram model of the transcripts:
 * the denominator of CTC-CRF. CTC makes the right sequence likely among all sequences of tokens, of which hardly any is
 * speech; with this, the right one must be likelier than the others that could be said. H. Xiang and Z. Ou, "CRF-based
 * single-stage acoustic modeling with CTC topology", ICASSP 2019, arXiv:1904.05022.
 */
import type { TokenGraph } from "./token-graph.js";

export interface DenominatorOptions {
  graph: TokenGraph;
  /** How many tokens the model writes, the blank one included. */
  numTokens: number;
  blankId: number;
  /** Default: little that matters; see `usual`. */
  pruning?: Pruning;
}

/** Of one utterance. */
export interface Denominated {
  /** The natural logarithm of the sum, over all paths through the graph, of the path's probability times the graph's. */
  logTotal: number;
  /** Each token's share of that sum at each frame, which is the logarithm's gradient. [frames, tokens] */
  shares: Float32Array;
}

/** What is not walked: tokens less likely than `token` at a frame, and states that hold less than `state` of its sum. */
export interface Pruning {
  token: number;
  state: number;
}

/**
 * Against walking everything, a frame's shares differ by less than 0.002 in sum, an utterance's logarithm by less than
 * `USUAL_LOSS`, with the English model and with one that is far less sure; it takes an eighth of the time and less.
 */
const usual: Pruning = { token: 1e-6, state: 1e-5 };
const USUAL_LOSS = 0.03;
const none: Pruning = { token: 0, state: 0 };

/** The forward variables of a frame, of the states that paths have come to, divided by their sum. */
interface Reached {
  /** [reached] */
  states: Int32Array;
  /** Of paths that are on a state's token, and of those that are on blanks after it. [reached] each */
  onTokens: Float64Array;
  onBlanks: Float64Array;
}

/** Sums over all paths that a graph and CTC's topology allow, by forward and backward variables. */
export class Denominator {
  readonly #graph: TokenGraph;
  readonly #numTokens: number;
  readonly #blankId: number;
  readonly #pruning: Pruning;
  readonly #arcs: ArcTable;

  constructor({ graph, numTokens, blankId, pruning = usual }: DenominatorOptions) {
    this.#graph = graph;
    this.#numTokens = numTokens;
    this.#blankId = blankId;
    this.#pruning = pruning;
    this.#arcs = arcTable(graph);
  }

  /** The natural logarithm of the graph's probability of a sequence. */
  logProbability(tokens: readonly number[]): number {
    return this.#graph.logProbability(tokens);
  }

  /**
   * @param logProbs [frames, tokens], of one frame at least
   * @param least a part of the sum that is known, as a logarithm: the paths of what was said. Default: nothing is known.
   */
  of(logProbs: Float32Array, least = -Infinity): Denominated {
    const probabilities = Float64Array.from(logProbs, Math.exp);
    const pruned = this.#goForward(probabilities, this.#pruning);
    // What nothing spoke for at first may be all that is left at the end. Where the walk lost it, everything is walked.
    const isWhole = pruned.logTotal > -Infinity && pruned.logTotal >= least - USUAL_LOSS;
    const { reached, logTotal } = isWhole ? pruned : this.#goForward(probabilities, none);
    const isPossible = logTotal > -Infinity;
    return { logTotal, shares: isPossible ? this.#goBack(probabilities, reached) : new Float32Array(logProbs.length) };
  }

  #goForward(probabilities: Float64Array, pruning: Pruning): { reached: Reached[]; logTotal: number } {
    const { lastTokens, endings } = this.#graph;
    const { first, firstRepeating, ends, probabilities: arcProbabilities } = this.#arcs;
    const numStates = lastTokens.length;
    const onTokens = new Float64Array(numStates);
    const onBlanks = new Float64Array(numStates);
    const states = new Int32Array(numStates);
    const isReached = new Uint8Array(numStates);
    const likelihoods = new Float64Array(this.#numTokens);
    const reached: Reached[] = [];
    let before: Reached = { states: Int32Array.of(0), onTokens: Float64Array.of(0), onBlanks: Float64Array.of(1) };
    let logTotal = 0;
    for (let at = 0; at < probabilities.length; at += this.#numTokens) {
      for (let token = 0; token < this.#numTokens; token++) {
        const likelihood = probabilities[at + token]!;
        likelihoods[token] = likelihood < pruning.token ? 0 : likelihood;
      }
      const blank = probabilities[at + this.#blankId]!;
      let count = 0;
      let total = 0;
      for (let i = 0; i < before.states.length; i++) {
        const state = before.states[i]!;
        const either = before.onTokens[i]! + before.onBlanks[i]!;
        if (isReached[state] === 0) states[count++] = state;
        isReached[state] = 1;
        onBlanks[state]! += either * blank;
        total += either * blank;
        if (state > 0) {
          const going = before.onTokens[i]! * likelihoods[lastTokens[state]!]!;
          onTokens[state]! += going;
          total += going;
        }
        const last = first[state + 1]!;
        const repeating = firstRepeating[state]!;
        for (let arc = first[state]!; arc < last; arc++) {
          const end = ends[arc]!;
          const likelihood = likelihoods[lastTokens[end]!]!;
          if (likelihood === 0) continue;
          // Without a blank between them, two tokens alike would be one.
          const arriving = (arc < repeating ? either : before.onBlanks[i]!) * arcProbabilities[arc]! * likelihood;
          if (isReached[end] === 0) states[count++] = end;
          isReached[end] = 1;
          onTokens[end]! += arriving;
          total += arriving;
        }
      }
      if (total === 0) return { reached, logTotal: -Infinity };
      logTotal += Math.log(total);
      let kept = 0;
      for (let i = 0; i < count; i++) {
        const state = states[i]!;
        isReached[state] = 0;
        if (onTokens[state]! + onBlanks[state]! >= total * pruning.state) states[kept++] = state;
        else onTokens[state] = onBlanks[state] = 0;
      }
      before = {
        states: states.slice(0, kept),
        onTokens: new Float64Array(kept),
        onBlanks: new Float64Array(kept),
      };
      for (let i = 0; i < kept; i++) {
        const state = states[i]!;
        before.onTokens[i] = onTokens[state]! / total;
        before.onBlanks[i] = onBlanks[state]! / total;
        onTokens[state] = onBlanks[state] = 0;
      }
      reached.push(before);
    }
    let ended = 0;
    for (const [i, state] of before.states.entries()) {
      ended += (before.onTokens[i]! + before.onBlanks[i]!) * endings[state]!;
    }
    return { reached, logTotal: logTotal + Math.log(ended) };
  }

  /** Each frame's shares: forward variables times backward ones, which are needed of the states that were reached alone. */
  #goBack(probabilities: Float64Array, reached: readonly Reached[]): Float32Array {
    const { lastTokens, endings } = this.#graph;
    const { first, firstRepeating, ends, probabilities: arcProbabilities } = this.#arcs;
    const numTokens = this.#numTokens;
    const shares = new Float32Array(probabilities.length);
    const masses = new Float64Array(numTokens);
    // Of a state's token and of its blanks; 0 where a frame has not reached it.
    let onTokens: Float64Array = new Float64Array(endings.length);
    let onBlanks: Float64Array = new Float64Array(endings.length);
    for (const state of reached.at(-1)!.states) onTokens[state] = onBlanks[state] = endings[state]!;
    let nextTokens: Float64Array = new Float64Array(endings.length);
    let nextBlanks: Float64Array = new Float64Array(endings.length);
    for (let frame = reached.length - 1; frame >= 0; frame--) {
      const at = frame * numTokens;
      const { states, onTokens: forwardTokens, onBlanks: forwardBlanks } = reached[frame]!;
      masses.fill(0);
      let total = 0;
      for (let i = 0; i < states.length; i++) {
        const state = states[i]!;
        const onToken = forwardTokens[i]! * onTokens[state]!;
        const onBlank = forwardBlanks[i]! * onBlanks[state]!;
        if (state > 0) masses[lastTokens[state]!]! += onToken;
        masses[this.#blankId]! += onBlank;
        total += onToken + onBlank;
      }
      for (let token = 0; token < numTokens; token++) shares[at + token] = masses[token]! / total;
      if (frame === 0) break;
      // Only the proportions of backward variables matter: so they are scaled, and none gets too small for its digits.
      const scale = 1 / total;
      const blank = probabilities[at + this.#blankId]! * scale;
      for (let i = 0; i < states.length; i++) {
        const state = states[i]!;
        if (state > 0) onTokens[state]! *= probabilities[at + lastTokens[state]!]! * scale;
        onBlanks[state]! *= blank;
      }
      for (const state of reached[frame - 1]!.states) {
        let leaving = onBlanks[state]!;
        let arc = first[state]!;
        for (; arc < firstRepeating[state]!; arc++) leaving += arcProbabilities[arc]! * onTokens[ends[arc]!]!;
        nextTokens[state] = state > 0 ? leaving + onTokens[state]! : 0;
        for (; arc < first[state + 1]!; arc++) leaving += arcProbabilities[arc]! * onTokens[ends[arc]!]!;
        nextBlanks[state] = leaving;
      }
      for (const state of states) onTokens[state] = onBlanks[state] = 0;
      [onTokens, nextTokens] = [nextTokens, onTokens];
      [onBlanks, nextBlanks] = [nextBlanks, onBlanks];
    }
    return shares;
  }
}

/** Each state's arcs, one state after the other; of a state's arcs, those whose token is the state's own come last. */
interface ArcTable {
  /** The arcs of state s are those from `first[s]` up to `first[s + 1]`. [states + 1] */
  first: Int32Array;
  /** Its arcs with its own token begin here. [states] */
  firstRepeating: Int32Array;
  /** The states where they end. [arcs] */
  ends: Int32Array;
  /** [arcs] */
  probabilities: Float64Array;
}

function arcTable({ lastTokens, arcs }: TokenGraph): ArcTable {
  const numStates = lastTokens.length;
  const repeats = ({ origin, end }: (typeof arcs)[number]) => lastTokens[origin] === lastTokens[end];
  const sorted = arcs.toSorted(
    (a, b) => a.origin - b.origin || Number(repeats(a)) - Number(repeats(b)) || a.end - b.end,
  );
  const first = new Int32Array(numStates + 1);
  const firstRepeating = new Int32Array(numStates);
  for (const arc of sorted) {
    first[arc.origin + 1]!++;
    if (!repeats(arc)) firstRepeating[arc.origin]!++;
  }
  for (let state = 0; state < numStates; state++) {
    first[state + 1]! += first[state]!;
    firstRepeating[state]! += first[state]!;
  }
  return {
    first,
    firstRepeating,
    ends: Int32Array.from(sorted, ({ end }) => end),
    probabilities: Float64Array.from(sorted, ({ probability }) => probability),
  };
}
