/**
 * Emissions made from text, for benchmarks without a model: one or two peaky frames a character with blanks between,
 * Gaussian noise on every logit, and some characters unsure or plainly wrong. Tuned to the error rates of greedy
 * decoding that a DeepSpeech 2 has on LibriSpeech: about 7% of characters, 23% of words.
 */

/** Of 0, 1, 2 and 3 blanks between characters: about 2.9 frames a character, 14 characters a second. */
const BLANK_SHARE = [0.15, 0.3, 0.35, 0.2];

/** A generator of numbers in [0, 1): mulberry32. */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Emissions of `text`, whose characters are all in `alphabet`. */
export function syntheticEmissions(text, alphabet, random) {
  const rows = [];
  const numTokens = alphabet.tokens.length;
  const frame = (id, strength, rival, rivalStrength) => {
    const logits = Array.from({ length: numTokens }, () => 1.3 * gaussian(random));
    logits[id] += strength;
    if (rival !== undefined) logits[rival] += rivalStrength;
    rows.push(logSoftmax(logits));
  };
  let last = alphabet.blankId;
  for (const character of text) {
    const id = alphabet.tokens.indexOf(character);
    for (let blanks = pick(BLANK_SHARE, random) + (id === last ? 1 : 0); blanks > 0; blanks--) {
      frame(alphabet.blankId, 8 + 3 * random());
    }
    const unsure = random() < 0.22;
    const rival = unsure ? Math.floor(random() * numTokens) : undefined;
    const repeats = random() < 0.3 ? 2 : 1;
    for (let i = 0; i < repeats; i++) frame(id, 9 + 2 * random(), rival, 6 + 6 * random());
    last = id;
  }
  frame(alphabet.blankId, 10);
  return { logProbs: Float32Array.from(rows.flat()), numFrames: rows.length, numTokens };
}

function gaussian(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function pick(shares, random) {
  let left = random();
  const index = shares.findIndex((share) => {
    left -= share;
    return left < 0;
  });
  return index === -1 ? shares.length - 1 : index;
}

function logSoftmax(logits) {
  const greatest = Math.max(...logits);
  const logSum = greatest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - greatest), 0));
  return logits.map((logit) => logit - logSum);
}
