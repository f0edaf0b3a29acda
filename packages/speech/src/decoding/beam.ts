/**
 * The prefixes alive after a frame, with what CTC needs to know of each: the mass of the alignments that end in a
 * blank and of those that end in the prefix's last token (Graves et al., ICML 2006; Hannun et al., "First-Pass Large
 * Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent DNNs", 2014, algorithm 1), and the likeliest
 * single alignment of either kind.
 */

/** The likeliest alignment of each prefix, of one kind. */
export class Alignments {
  /** Probability, relative to the likeliest alignment of the whole beam. */
  readonly best: Float64Array;
  /** The record of the last token in `TokenTimes`; -1 for the empty prefix. */
  readonly times: Int32Array;
  /** The last frame of the last token. */
  readonly end: Int32Array;
  /** Sum of log(1 - P(last token)) over the frames since the last token began. */
  readonly doubt: Float64Array;

  constructor(capacity: number) {
    this.best = new Float64Array(capacity);
    this.times = new Int32Array(capacity);
    this.end = new Int32Array(capacity);
    this.doubt = new Float64Array(capacity);
  }

  /** Fills row `to` from row `from` of `source`, its probability multiplied by `factor`. */
  take(to: number, source: Alignments, from: number, factor: number): void {
    this.best[to] = (source.best[from] as number) * factor;
    this.times[to] = source.times[from] as number;
    this.end[to] = source.end[from] as number;
    this.doubt[to] = source.doubt[from] as number;
  }

  set(to: number, best: number, times: number, end: number, doubt: number): void {
    this.best[to] = best;
    this.times[to] = times;
    this.end[to] = end;
    this.doubt[to] = doubt;
  }
}

/** Prefixes in no particular order, at most `capacity` of them. Masses are relative: see `PrefixSearch.logScale`. */
export class Beam {
  size = 0;
  /** The prefix, a node of the `PrefixTrie`. */
  readonly node: Int32Array;
  readonly blankMass: Float64Array;
  readonly tokenMass: Float64Array;
  readonly blank: Alignments;
  readonly token: Alignments;

  constructor(capacity: number) {
    this.node = new Int32Array(capacity);
    this.blankMass = new Float64Array(capacity);
    this.tokenMass = new Float64Array(capacity);
    this.blank = new Alignments(capacity);
    this.token = new Alignments(capacity);
  }

  mass(entry: number): number {
    return (this.blankMass[entry] as number) + (this.tokenMass[entry] as number);
  }

  /** The likelier kind of alignment of `entry`. */
  likelier(entry: number): Alignments {
    return (this.token.best[entry] as number) > (this.blank.best[entry] as number) ? this.token : this.blank;
  }

  /** Fills row `to` from row `from` of `source`. */
  take(to: number, source: Beam, from: number): void {
    this.node[to] = source.node[from] as number;
    this.blankMass[to] = source.blankMass[from] as number;
    this.tokenMass[to] = source.tokenMass[from] as number;
    this.blank.take(to, source.blank, from, 1);
    this.token.take(to, source.token, from, 1);
  }

  /**
   * Keeps the entries for which `isKept` says so, in their order. Rows before the entry asked about may be others by then.
   *
   * @param slot the trie's column of places in this beam
   */
  keepWhere(isKept: (entry: number) => boolean, slot: Int32Array): void {
    let kept = 0;
    for (let entry = 0; entry < this.size; entry++) {
      const node = this.node[entry] as number;
      slot[node] = -1;
      if (!isKept(entry)) continue;
      this.take(kept, this, entry);
      slot[node] = kept;
      kept += 1;
    }
    this.size = kept;
  }

  /** The place of the greatest mass. */
  bestEntry(): number {
    let best = 0;
    for (let entry = 1; entry < this.size; entry++) if (this.mass(entry) > this.mass(best)) best = entry;
    return best;
  }

  /** Multiplies all masses by `massFactor` and all alignments by `alignmentFactor`. */
  scale(massFactor: number, alignmentFactor: number): void {
    for (let entry = 0; entry < this.size; entry++) {
      this.blankMass[entry] = (this.blankMass[entry] as number) * massFactor;
      this.tokenMass[entry] = (this.tokenMass[entry] as number) * massFactor;
      this.blank.best[entry] = (this.blank.best[entry] as number) * alignmentFactor;
      this.token.best[entry] = (this.token.best[entry] as number) * alignmentFactor;
    }
  }
}
