/**
 * CTC prefix beam search (Hannun et al., 2014; Graves, "Sequence Transduction", 2012, section 2.5 for the merging): all
 * alignments of a prefix are summed, and after each frame the prefixes of greatest mass go on. The mass of a prefix
 * carries its language-model and other bonuses as a factor, so a frame is multiplications and additions; logarithms
 * are taken only of the common scale. Prefixes that nothing to come can tell apart make room first where the beam is
 * full (`Recombination`).
 *
 * Spaces never stand doubled or in front: a space heard there counts as a blank. So prefixes differ only where the
 * text does.
 */

import type { Alphabet } from "../text/alphabet.js";
import { type Alignments, Beam } from "./beam.js";
import type { BeamSearchSettings } from "./beam-search-options.js";
import { DecidedTokens } from "./decided-tokens.js";
import type { Emissions } from "./emissions.js";
import { FrameTokens } from "./frame-tokens.js";
import { PrefixScorer } from "./prefix-scorer.js";
import { PrefixTrie } from "./prefix-trie.js";
import { Recombination } from "./recombination.js";
import { TokenTimes } from "./token-times.js";
import { TopMasses } from "./top-masses.js";

/** Stands for a frame that no prefix can explain, which then counts as a blank: relative to the frame's best token. */
const LOG_MASS_OF_UNEXPLAINED = Math.log(1e-300);

/** The search over one utterance at a time. */
export class PrefixSearch {
  readonly trie = new PrefixTrie();
  readonly times = new TokenTimes();
  readonly scorer: PrefixScorer;
  readonly decided: DecidedTokens;
  /** The prefixes alive; the greatest mass is 1. */
  beam: Beam;
  /** Natural log of the mass that masses of 1 stand for. */
  logScale = 0;
  numFrames = 0;
  readonly #tokens: FrameTokens;
  readonly #spaceId: number;
  readonly #beamSize: number;
  readonly #leastRatio: number;
  /** The entries of `beam` after one more frame, in the same places, without the new prefixes. */
  readonly #stayed: Beam;
  #spare: Beam;
  /** [entry, candidate]: 1 where that extension is in the beam already. */
  readonly #merged: Uint8Array;
  readonly #candidates: TopMasses;
  readonly #recombination: Recombination;

  constructor(settings: BeamSearchSettings, alphabet: Alphabet) {
    const { beamSize } = settings;
    const numTokens = alphabet.tokens.length;
    const numExtensions = beamSize * Math.min(settings.topTokens, numTokens);
    this.scorer = new PrefixScorer(this.trie, settings, alphabet);
    this.decided = new DecidedTokens(this.trie, this.times);
    this.#tokens = new FrameTokens(alphabet, settings);
    this.#spaceId = alphabet.tokens.indexOf(" ");
    this.#beamSize = beamSize;
    this.#leastRatio = Math.exp(-settings.beamThreshold);
    this.beam = new Beam(beamSize);
    this.#stayed = new Beam(beamSize);
    this.#spare = new Beam(beamSize);
    this.#merged = new Uint8Array(numExtensions);
    this.#candidates = new TopMasses(beamSize + numExtensions);
    this.#recombination = new Recombination(this.trie, this.#spaceId, { beamSize, limit: settings.nBest });
  }

  begin(): void {
    this.trie.reset();
    this.times.reset();
    this.decided.reset();
    this.scorer.begin();
    this.logScale = this.trie.bonus[0] as number;
    this.numFrames = 0;
    this.beam.size = 1;
    this.beam.node[0] = 0;
    this.beam.blankMass[0] = 1;
    this.beam.tokenMass[0] = 0;
    this.beam.blank.set(0, 1, -1, 0, 0);
    this.beam.token.set(0, 0, -1, 0, 0);
    this.trie.slot[0] = 0;
  }

  /** Takes frame number `frame` of `emissions`, whose values were checked. */
  takeFrame(emissions: Emissions, frame: number): void {
    this.#tokens.load(emissions, frame);
    this.#makeRoom();
    this.#stay();
    this.#extendWithin();
    this.#collectCandidates();
    if (this.#candidates.count === 0) this.logScale += LOG_MASS_OF_UNEXPLAINED;
    else this.#advance();
    this.logScale += this.#tokens.logBest;
    this.numFrames += 1;
  }

  /** Each prefix as it is after a blank, or after its last token again. */
  #stay(): void {
    const { beam, trie } = this;
    const stayed = this.#stayed;
    const { blank, space, probability, doubt } = this.#tokens;
    stayed.size = beam.size;
    for (let entry = 0; entry < beam.size; entry++) {
      const node = beam.node[entry] as number;
      const last = trie.token[node] as number;
      const likelier = beam.likelier(entry);
      stayed.node[entry] = node;
      if (last === -1 || last === this.#spaceId) {
        stayed.blankMass[entry] = beam.mass(entry) * (blank + space);
        stayed.tokenMass[entry] = 0;
        stayed.blank.take(entry, likelier, entry, Math.max(blank, space));
        stayed.token.take(entry, likelier, entry, 0);
        continue;
      }
      const again = probability[last] as number;
      stayed.blankMass[entry] = beam.mass(entry) * blank;
      stayed.tokenMass[entry] = (beam.tokenMass[entry] as number) * again;
      stayed.blank.take(entry, likelier, entry, blank);
      stayed.token.take(entry, beam.token, entry, again);
      stayed.token.end[entry] = this.numFrames;
      (stayed.blank.doubt[entry] as number) += doubt[last] as number;
      (stayed.token.doubt[entry] as number) += doubt[last] as number;
    }
  }

  /** Extensions that lead from one prefix of the beam to another add to its mass. */
  #extendWithin(): void {
    const { beam, trie } = this;
    const { count, ids, probability } = this.#tokens;
    this.#merged.fill(0, 0, beam.size * count);
    for (let entry = 0; entry < beam.size; entry++) {
      const node = beam.node[entry] as number;
      const parent = trie.parent[node] as number;
      const from = parent === -1 ? -1 : (trie.slot[parent] as number);
      if (from === -1) continue;
      const token = trie.token[node] as number;
      let candidate = 0;
      while (candidate < count && ids[candidate] !== token) candidate += 1;
      if (candidate === count) continue;
      this.#merged[from * count + candidate] = 1;
      this.#arrive(this.#stayed, entry, from, token, (probability[token] as number) * (trie.gain[node] as number));
    }
  }

  /** Adds to row `to` of `target` the mass of beam entry `from` extended by `token`, whose factor is `factor`. */
  #arrive(target: Beam, to: number, from: number, token: number, factor: number): void {
    const { beam } = this;
    const repeats = this.trie.token[beam.node[from] as number] === token;
    // After a space the two kinds need not be told apart, and all mass is kept as if after a blank.
    const isSpace = token === this.#spaceId;
    const masses = isSpace ? target.blankMass : target.tokenMass;
    masses[to] = (masses[to] as number) + (repeats ? (beam.blankMass[from] as number) : beam.mass(from)) * factor;
    const source = repeats ? beam.blank : beam.likelier(from);
    const alignments = isSpace ? target.blank : target.token;
    const best = (source.best[from] as number) * factor;
    if (best > (alignments.best[to] as number))
      alignments.set(to, best, this.#record(source, from), this.numFrames, this.#tokens.doubt[token] as number);
  }

  #record(source: Alignments, from: number): number {
    return this.times.append(
      this.numFrames,
      source.times[from] as number,
      source.end[from] as number,
      source.doubt[from] as number,
    );
  }

  /** Fills `#candidates`: entries that stay are known by their place, extensions by `beam.size` + place in `#merged`. */
  #collectCandidates(): void {
    const { beam } = this;
    const candidates = this.#candidates;
    candidates.count = 0;
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let entry = 0; entry < beam.size; entry++) {
      const mass = this.#stayed.mass(entry);
      if (mass > best) best = mass;
      if (mass < least) least = mass;
      candidates.push(mass, entry);
    }
    // If the entries that stay fill the beam, a new prefix must beat the worst of them.
    let floor = beam.size === this.#beamSize ? least : 0;
    for (let entry = 0; entry < beam.size; entry++) {
      best = this.#collectExtensions(entry, best, floor);
      if (candidates.count > 2 * this.#beamSize) floor = candidates.keep(this.#beamSize, best * this.#leastRatio);
    }
    candidates.keep(this.#beamSize, best * this.#leastRatio);
  }

  /** Collects the new prefixes that extend `entry` and may survive; returns the greatest mass so far. */
  #collectExtensions(entry: number, bestSoFar: number, floor: number): number {
    const { beam, trie, scorer } = this;
    const { count, ids, probability, spaceAt } = this.#tokens;
    const node = beam.node[entry] as number;
    const last = trie.token[node] as number;
    const endsWord = last === -1 || last === this.#spaceId;
    const total = beam.mass(entry);
    const { letterBonus } = scorer;
    const hotRow = scorer.hot?.row(trie.hotState[node] as number);
    let best = bestSoFar;
    let threshold = Math.max(best * this.#leastRatio, floor);
    for (let candidate = 0; candidate < count; candidate++) {
      const place = entry * count + candidate;
      const token = ids[candidate] as number;
      const isSpace = candidate === spaceAt;
      if (hotRow === undefined && !isSpace && !(total * letterBonus * (probability[token] as number) > threshold)) {
        // All letters from here on are less likely still.
        if (candidate > spaceAt) break;
        candidate = spaceAt - 1;
        continue;
      }
      if (this.#merged[place] === 1 || (isSpace && endsWord)) continue;
      let mass = (token === last ? (beam.blankMass[entry] as number) : total) * (probability[token] as number);
      if (hotRow !== undefined) mass *= hotRow[token] as number;
      if (!isSpace) mass *= letterBonus;
      if (!isSpace && !(mass > threshold)) continue;
      mass *= isSpace ? scorer.wordGain(node) : scorer.letterGain(node, token);
      if (!(mass > threshold)) continue;
      this.#candidates.push(mass, beam.size + place);
      if (mass <= best) continue;
      best = mass;
      threshold = Math.max(best * this.#leastRatio, floor);
    }
    return best;
  }

  /** Makes the candidates kept the next beam. */
  #advance(): void {
    const { beam, trie } = this;
    const { mass, code, count } = this.#candidates;
    const next = this.#spare;
    for (let entry = 0; entry < beam.size; entry++) trie.slot[beam.node[entry] as number] = -1;
    next.size = count;
    let bestMass = 0;
    let bestAlignment = 0;
    for (let to = 0; to < count; to++) {
      const from = code[to] as number;
      if (from < beam.size) next.take(to, this.#stayed, from);
      else this.#extend(next, to, from - beam.size);
      trie.slot[next.node[to] as number] = to;
      bestMass = Math.max(bestMass, mass[to] as number);
      bestAlignment = Math.max(bestAlignment, next.likelier(to).best[to] as number);
    }
    if (count === this.#beamSize) this.#recombination.apply(next);
    next.scale(1 / bestMass, bestAlignment === 0 ? 1 : 1 / bestAlignment);
    this.logScale += Math.log(bestMass);
    this.#spare = beam;
    this.beam = next;
  }

  /** Fills row `to` of `next` with the new prefix at `place` of `#merged`. */
  #extend(next: Beam, to: number, place: number): void {
    const { trie, beam } = this;
    const { count, ids, probability } = this.#tokens;
    const from = Math.floor(place / count);
    const token = ids[place % count] as number;
    const parent = beam.node[from] as number;
    const known = trie.child(parent, token);
    const node = known === -1 ? this.scorer.append(parent, token) : known;
    next.node[to] = node;
    next.blankMass[to] = 0;
    next.tokenMass[to] = 0;
    // Impossible alignments, so that `#arrive` puts the real one in; even if that one has underflowed.
    next.blank.best[to] = -1;
    next.token.best[to] = -1;
    this.#arrive(next, to, from, token, (probability[token] as number) * (trie.gain[node] as number));
    const { blank } = next;
    if (token === this.#spaceId) next.token.take(to, blank, to, 0);
    else next.blank.take(to, next.token, to, 0);
  }

  /** A frame adds at most one node, and two records, for each place in the beam. */
  #makeRoom(): void {
    const { trie, times } = this;
    if (trie.size + this.#beamSize <= trie.capacity && times.size + 2 * this.#beamSize <= times.capacity) return;
    this.decided.compact(this.beam);
    while (trie.size + this.#beamSize > trie.capacity / 2) trie.grow();
    while (times.size + 2 * this.#beamSize > times.capacity / 2) times.grow();
  }
}
