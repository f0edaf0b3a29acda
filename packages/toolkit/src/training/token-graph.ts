/**
 * What sequences of tokens there are, as a graph: an n-gram model of transcripts. A state is what was said last, an arc one
 * more token by its relative frequency there; what never follows a state in the transcripts has no arc. Rare histories are
 * left out, and shorter ones stand for them. After D. Povey et al., "Purely sequence-trained neural networks for ASR based
 * on lattice-free MMI", Interspeech 2016, whose phone model is the same.
 */

export interface TokenGraphOptions {
  /** How many tokens a state may have, and one. Default: 4. */
  order?: number;
  /** How many histories of more than one token are states: the most frequent ones. Default: 2,000. */
  maxLongHistories?: number;
}

/** One more token. */
export interface Arc {
  /** The states where it begins and ends. */
  origin: number;
  end: number;
  probability: number;
}

export interface TokenGraph {
  /** The last token of each state's history; -1 for state 0, where all sequences begin. [states] */
  lastTokens: Int32Array;
  /** The probability that a sequence ends in a state. [states] */
  endings: Float64Array;
  arcs: readonly Arc[];
  /** The natural logarithm of a sequence's probability; -Infinity for one that the graph does not have. */
  logProbability(tokens: readonly number[]): number;
}

/** The history of a sequence that has no token yet. */
const BEGINNING = "\0";

/** @throws RangeError where all sequences are empty */
export function tokenGraph(
  sequences: readonly (readonly number[])[],
  { order = 4, maxLongHistories = 2000 }: TokenGraphOptions = {},
): TokenGraph {
  const states = new States(historiesOf(sequences, { order, maxLongHistories }));
  for (const tokens of sequences) states.count(tokens);
  const visited = states.visited();
  if (visited.length === 1) throw new RangeError("a graph of tokens needs tokens");
  const ids = new Map(visited.map(({ history }, id) => [history, id]));
  const arcs = visited.flatMap(({ history, followers, total }, origin) =>
    [...followers].map(([token, count]) => {
      return { origin, end: ids.get(states.after(history, token))!, probability: count / total };
    }),
  );
  return {
    lastTokens: Int32Array.from(visited, ({ history }) => lastTokenOf(history)),
    endings: Float64Array.from(visited, ({ ends, total }) => ends / total),
    arcs,
    logProbability: (tokens) => states.logProbability(tokens),
  };
}

/** The histories that are states. What begins or ends one of several tokens is one as well, for it is as frequent. */
function historiesOf(
  sequences: readonly (readonly number[])[],
  { order, maxLongHistories }: Required<TokenGraphOptions>,
): string[] {
  const single = new Set([BEGINNING]);
  const long = new Map<string, number>();
  for (const tokens of sequences) {
    const text = BEGINNING + tokens.map(symbolOf).join("");
    for (let end = 2; end <= text.length; end++) {
      single.add(text[end - 1]!);
      for (let length = 2; length < order && length <= end; length++) add(long, text.slice(end - length, end), 1);
    }
  }
  // Of equally frequent ones the shorter come first, then the one that comes first in the alphabet.
  const byFrequency = [...long].sort(([a, n], [b, m]) => m - n || a.length - b.length || (a < b ? -1 : 1));
  return [...single, ...byFrequency.slice(0, maxLongHistories).map(([history]) => history)];
}

/** One state's counts. */
interface Counts {
  history: string;
  followers: Map<number, number>;
  /** How many sequences end there. */
  ends: number;
  total: number;
}

class States {
  readonly #histories: ReadonlySet<string>;
  readonly #counts = new Map<string, Counts>();
  readonly #after = new Map<string, string>();

  constructor(histories: readonly string[]) {
    this.#histories = new Set(histories);
    this.#countsOf(BEGINNING);
  }

  /** The longest history that is a state, after one more token. */
  after(history: string, token: number): string {
    const longest = history + symbolOf(token);
    let found = this.#after.get(longest);
    if (found === undefined) {
      found = longest;
      while (found.length > 1 && !this.#histories.has(found)) found = found.slice(1);
      this.#after.set(longest, found);
    }
    return found;
  }

  count(tokens: readonly number[]): void {
    let history = BEGINNING;
    for (const token of tokens) {
      const counts = this.#countsOf(history);
      add(counts.followers, token, 1);
      counts.total++;
      history = this.after(history, token);
    }
    const counts = this.#countsOf(history);
    counts.ends++;
    counts.total++;
  }

  /** Those that sequences came through, the beginning first: where longer ones are, some of the shorter are never met. */
  visited(): Counts[] {
    return [...this.#counts.values()];
  }

  logProbability(tokens: readonly number[]): number {
    let history = BEGINNING;
    let logarithm = 0;
    for (const token of tokens) {
      const counts = this.#counts.get(history);
      logarithm += Math.log((counts?.followers.get(token) ?? 0) / (counts?.total ?? 1));
      history = this.after(history, token);
    }
    const last = this.#counts.get(history);
    return logarithm + Math.log((last?.ends ?? 0) / (last?.total ?? 1));
  }

  #countsOf(history: string): Counts {
    let counts = this.#counts.get(history);
    if (!counts) {
      counts = { history, followers: new Map(), ends: 0, total: 0 };
      this.#counts.set(history, counts);
    }
    return counts;
  }
}

/** -1 for the beginning. */
function lastTokenOf(history: string): number {
  return history.charCodeAt(history.length - 1) - 1;
}

function symbolOf(token: number): string {
  return String.fromCharCode(token + 1);
}

function add<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
