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
 * Against walking everything, a frame's shares differ by 0.0004 in sum with the English model, and by 0.002 with one that is far
 * less sure (by 0.02 at most, on splices of 4 to 13 s), an utterance's logarithm by less than `USUAL_LOSS`.
 */
const usual: Pruning = { token: 1e-6, state: 1e-5 };
const USUAL_LOSS = 0.1;
const none: Pruning = { token: 0, state: 0 };

/** Sums over all paths that a graph and CTC's topology allow, by forward and backward variables. */
export class Denominator {
  readonly #graph: TokenGraph;
  readonly #numTokens: number;
  readonly #blankId: number;
  readonly #pruning: Pruning;
  readonly #arcs: ArcTable;
  readonly #reached = new Reached();

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
    const probabilities = new Float64Array(logProbs.length);
    for (let i = 0; i < logProbs.length; i++) probabilities[i] = Math.exp(logProbs[i]!);
    const pruned = this.#goForward(probabilities, this.#pruning);
    // What nothing spoke for at first may be all that is left at the end. Where the walk lost it, everything is walked.
    const isWhole = pruned > -Infinity && pruned >= least - USUAL_LOSS;
    const logTotal = isWhole ? pruned : this.#goForward(probabilities, none);
    const isPossible = logTotal > -Infinity;
    return { logTotal, shares: isPossible ? this.#goBack(probabilities) : new Float32Array(logProbs.length) };
  }

  /** @returns the sum's logarithm */
  #goForward(probabilities: Float64Array, pruning: Pruning): number {
    const { lastTokens, endings } = this.#graph;
    const { first, firstRepeating, ends, probabilities: arcProbabilities } = this.#arcs;
    const numStates = lastTokens.length;
    const onTokens = new Float64Array(numStates);
    const onBlanks = new Float64Array(numStates);
    const isReached = new Uint8Array(numStates);
    // One more than there can be: a state is written down before it is known to be a new one.
    const states = new Int32Array(numStates + 1);
    const likelihoods = new Float64Array(this.#numTokens);
    const reached = this.#reached;
    reached.begin();
    let logTotal = 0;
    for (let at = 0; at < probabilities.length; at += this.#numTokens) {
      for (let token = 0; token < this.#numTokens; token++) {
        const likelihood = probabilities[at + token]!;
        likelihoods[token] = likelihood < pruning.token ? 0 : likelihood;
      }
      const blank = probabilities[at + this.#blankId]!;
      const { states: befores, onTokens: tokensBefore, onBlanks: blanksBefore, from, to } = reached;
      let count = 0;
      for (let i = from; i < to; i++) {
        const state = befores[i]!;
        const onToken = tokensBefore[i]!;
        const onBlank = blanksBefore[i]!;
        const either = onToken + onBlank;
        states[count] = state;
        count += 1 - isReached[state]!;
        isReached[state] = 1;
        onBlanks[state]! += either * blank;
        // What comes to a state is as likely as its token, whence ever it comes: that is reckoned with below.
        onTokens[state]! += onToken;
        const last = first[state + 1]!;
        const repeating = firstRepeating[state]!;
        let arc = first[state]!;
        for (; arc < repeating; arc++) {
          const end = ends[arc]!;
          states[count] = end;
          count += 1 - isReached[end]!;
          isReached[end] = 1;
          onTokens[end]! += either * arcProbabilities[arc]!;
        }
        // Without a blank between them, two tokens alike would be one.
        for (; arc < last; arc++) {
          const end = ends[arc]!;
          states[count] = end;
          count += 1 - isReached[end]!;
          isReached[end] = 1;
          onTokens[end]! += onBlank * arcProbabilities[arc]!;
        }
      }
      let total = 0;
      for (let i = 0; i < count; i++) {
        const state = states[i]!;
        if (state > 0) onTokens[state]! *= likelihoods[lastTokens[state]!]!;
        total += onTokens[state]! + onBlanks[state]!;
      }
      if (total === 0) return -Infinity;
      logTotal += Math.log(total);
      reached.beginFrame(count);
      for (let i = 0; i < count; i++) {
        const state = states[i]!;
        const onToken = onTokens[state]!;
        const onBlank = onBlanks[state]!;
        isReached[state] = onTokens[state] = onBlanks[state] = 0;
        if (onToken + onBlank >= total * pruning.state) reached.add(state, onToken / total, onBlank / total);
      }
    }
    let ended = 0;
    for (let i = reached.from; i < reached.to; i++) {
      ended += (reached.onTokens[i]! + reached.onBlanks[i]!) * endings[reached.states[i]!]!;
    }
    return logTotal + Math.log(ended);
  }

  /** Each frame's shares: forward variables times backward ones, which are needed of the states that were reached alone. */
  #goBack(probabilities: Float64Array): Float32Array {
    const { lastTokens, endings } = this.#graph;
    const { first, firstRepeating, ends, probabilities: arcProbabilities } = this.#arcs;
    const { states, onTokens: forwardTokens, onBlanks: forwardBlanks, starts } = this.#reached;
    const numTokens = this.#numTokens;
    const shares = new Float32Array(probabilities.length);
    const masses = new Float64Array(numTokens);
    // Of a state's token and of its blanks; 0 where a frame has not reached it.
    let onTokens = new Float64Array(endings.length);
    let onBlanks = new Float64Array(endings.length);
    let nextTokens = new Float64Array(endings.length);
    let nextBlanks = new Float64Array(endings.length);
    for (let frame = starts.length - 2; frame > 0; frame--) {
      const at = (frame - 1) * numTokens;
      const [before, from, to] = [starts[frame - 1]!, starts[frame]!, starts[frame + 1]!];
      if (frame === starts.length - 2) {
        for (let i = from; i < to; i++) onTokens[states[i]!] = onBlanks[states[i]!] = endings[states[i]!]!;
      }
      masses.fill(0);
      let total = 0;
      for (let i = from; i < to; i++) {
        const state = states[i]!;
        const onToken = forwardTokens[i]! * onTokens[state]!;
        const onBlank = forwardBlanks[i]! * onBlanks[state]!;
        if (state > 0) masses[lastTokens[state]!]! += onToken;
        masses[this.#blankId]! += onBlank;
        total += onToken + onBlank;
      }
      for (let token = 0; token < numTokens; token++) shares[at + token] = masses[token]! / total;
      if (frame === 1) break;
      // Only the proportions of backward variables matter: so they are scaled, and none gets too small for its digits.
      const scale = 1 / total;
      const blank = probabilities[at + this.#blankId]! * scale;
      for (let i = from; i < to; i++) {
        const state = states[i]!;
        if (state > 0) onTokens[state]! *= probabilities[at + lastTokens[state]!]! * scale;
        onBlanks[state]! *= blank;
      }
      for (let i = before; i < from; i++) {
        const state = states[i]!;
        let leaving = onBlanks[state]!;
        let arc = first[state]!;
        for (; arc < firstRepeating[state]!; arc++) leaving += arcProbabilities[arc]! * onTokens[ends[arc]!]!;
        nextTokens[state] = state > 0 ? leaving + onTokens[state]! : 0;
        for (; arc < first[state + 1]!; arc++) leaving += arcProbabilities[arc]! * onTokens[ends[arc]!]!;
        nextBlanks[state] = leaving;
      }
      for (let i = from; i < to; i++) onTokens[states[i]!] = onBlanks[states[i]!] = 0;
      [onTokens, nextTokens] = [nextTokens, onTokens];
      [onBlanks, nextBlanks] = [nextBlanks, onBlanks];
    }
    return shares;
  }
}

/**
 * The forward variables of the states that paths have come to, divided by their frame's sum, one frame after the other. All
 * utterances' are written to the same memory: arrays for each frame were a tenth of a training's work for the collector.
 */
class Reached {
  states = new Int32Array(1024);
  /** Of paths that are on a state's token, and of those that are on blanks after it. */
  onTokens = new Float64Array(1024);
  onBlanks = new Float64Array(1024);
  /** Where each frame's begin, and behind them where the last one's end. The first is before the first frame. */
  readonly starts: number[] = [];

  /** Where the last frame's begin and end. */
  get from(): number {
    return this.starts.at(-2)!;
  }
  get to(): number {
    return this.starts.at(-1)!;
  }

  /** At the beginning of all sequences. */
  begin(): void {
    this.starts.length = 0;
    this.starts.push(0, 0);
    this.add(0, 0, 1);
  }

  /** @param most states that it will have */
  beginFrame(most: number): void {
    const needed = this.to + most;
    this.starts.push(this.to);
    if (needed <= this.states.length) return;
    const grown = 2 * needed;
    const { states, onTokens, onBlanks } = this;
    [this.states, this.onTokens, this.onBlanks] = [
      new Int32Array(grown),
      new Float64Array(grown),
      new Float64Array(grown),
    ];
    this.states.set(states);
    this.onTokens.set(onTokens);
    this.onBlanks.set(onBlanks);
  }

  add(state: number, onToken: number, onBlank: number): void {
    const { starts } = this;
    const at = starts[starts.length - 1]!++;
    this.states[at] = state;
    this.onTokens[at] = onToken;
    this.onBlanks[at] = onBlank;
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
