/**
 * The words of the prompts: reads the package's list of transcripts and writes each one as it is spoken.
 *
 * The list was written for the people who record and use the prompts, so it has digits, symbols, acronyms, remarks in
 * brackets and a few slips of the pen. A recogniser learns from what is heard, so every rule here turns the written form
 * into the spoken one, over the alphabet a-z, apostrophe and space (in upper case, LibriSpeech's habit). Where the
 * spoken form cannot be told from the written one, the prompt is left out, with the reason.
 */

/**
 * @typedef {{ text: string } | { leftOut: string }} SpokenForm
 */

const digitNames = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/** Acronyms said as a word. Every other run of capitals in the list is spelled letter by letter. */
const saidAsWords = new Set(["SIP"]);

/** Prompts that no rule can mend, by name. @type {ReadonlyMap<string, string>} */
const leftOutByName = new Map([
  ["spy-iax", "the transcript does not say how the acronym is spoken"],
  ["spy-iax2", "the transcript does not say how the acronym is spoken"],
  ["spy-dahdi", "the transcript does not say how the acronym is spoken"],
  ["vm-intro", "the transcript notes a tone within the recording"],
]);

/**
 * Written form to spoken form, applied in this order, before the general rules.
 * @type {ReadonlyArray<readonly [RegExp, string]>}
 */
const respellings = [
  // Slips of the pen in the list.
  [/\bumute\b/gi, "unmute"],
  [/\brepresenatives\b/gi, "representatives"],
  [/\bun-indentified\b/gi, "unidentified"],
  [/\bwitheld\b/gi, "withheld"],
  [/\bexclaimation\b/gi, "exclamation"],
  // One spelling for one word, where the list has two.
  [/\bthru\b/gi, "through"],
  [/\bmail box\b/gi, "mailbox"],
  [/\bvoice mail\b/gi, "voicemail"],
  [/\btouchtone\b/gi, "touch tone"],
  [/\bxray\b/gi, "x ray"],
  [/\b(de|re)-(?=[a-z])/gi, "$1"],
  // Addresses and keys of the telephone.
  [/\bwww\.asterisk\.org\b/gi, "w w w dot asterisk dot org"],
  [/\*/g, " star "],
  [/#/g, " pound "],
  [/\b([ap])\.m\./gi, "$1 m"],
];

/**
 * Reads the list: one "name: text" a line, ";" opening a comment.
 * @param {string} list the text of core-sounds-en.txt
 * @returns {Map<string, string>} transcript by prompt name, such as "digits/5"
 */
export function parseTranscripts(list) {
  /** @type {Map<string, string>} */
  const transcripts = new Map();
  for (const line of list.split(/\r?\n/)) {
    const match = /^([^;:\s]+):(.*)$/.exec(line);
    if (match) transcripts.set(match[1] ?? "", (match[2] ?? "").trim());
  }
  return transcripts;
}

/**
 * Writes a transcript as it is spoken.
 * @param {string} name the prompt's name
 * @param {string} transcript its line in the list
 * @returns {SpokenForm} upper-case words over A-Z, apostrophe and space, or the reason to leave the prompt out
 */
export function spokenForm(name, transcript) {
  const byName = leftOutByName.get(name);
  if (byName) return { leftOut: byName };
  const withoutRemarks = transcript.replace(/\[[^\]]*\]|\([^)]*\)|<[^>]*>/g, " ");
  if (!/[a-z0-9]/i.test(withoutRemarks)) return { leftOut: "a sound without speech" };
  const respelled = respellings.reduce((text, [from, to]) => text.replace(from, to), withoutRemarks);
  if (/\d[\d.,]*\d/.test(respelled)) return { leftOut: "a number of several digits can be read in several ways" };
  const spoken = respelled
    .replace(/\d/g, (digit) => ` ${digitNames[Number(digit)]} `)
    .replace(/\b[A-Z]{2,}\b/g, (acronym) => (saidAsWords.has(acronym) ? acronym : [...acronym].join(" ")))
    .replace(/\bw\b/gi, "double u")
    .replace(/[-.,:;!?"]/g, " ")
    .toUpperCase()
    .replace(/\s+/g, " ")
    .trim();
  const stray = /[^A-Z' ]/.exec(spoken);
  if (stray) return { leftOut: `no spoken form is known for "${stray[0]}"` };
  return { text: spoken };
}
