/**
 * The pages that go with the corpus: tables of its utterances in LibriSpeech's manner, the README and the licence.
 *
 * They are written by the same run that writes the sound, so that no count in them can be out of date.
 */
import { sumSeconds } from "./sample-corpus-split.mjs";

/** @typedef {import("./sample-corpus-split.mjs").Split} Split */
/** @typedef {{ id: string, split: Split, chapter: number, name: string, text: string, durationSeconds: number }} CorpusUtterance */
/** @typedef {{ name: string, reason: string }} LeftOut */

/** @type {readonly Split[]} */
export const splits = ["train", "dev", "test"];
export const speaker = 1;
/** Chapters are the package's families of prompts; the number is the place in this list, from 1. */
export const chapterTitles = [
  "General prompts",
  "Conferences (conf)",
  "Conference bridge (confbridge)",
  "Demonstration (demo)",
  "Company directory (dir)",
  "Queues (queue)",
  "Call monitoring (spy)",
  "Voicemail (vm)",
  "Dictation (dictate/)",
  "Numbers, days and months (digits/)",
  "Call following (followme/)",
  "Letters and signs (letters/)",
  "Phonetic alphabet (phonetic/)",
];

/** @param {number} seconds */
const minutes = (seconds) => (seconds / 60).toFixed(2);

/**
 * One line an utterance: its id, split, the prompt it was, its length and its words.
 * @param {readonly CorpusUtterance[]} utterances
 */
export function promptsTable(utterances) {
  const lines = utterances.map((utterance) =>
    [utterance.id, utterance.split, utterance.name, utterance.durationSeconds.toFixed(2), utterance.text].join("\t"),
  );
  return `${["id\tsplit\tprompt\tseconds\ttext", ...lines].join("\n")}\n`;
}

/** @param {readonly LeftOut[]} leftOut */
export function leftOutTable(leftOut) {
  return `${["prompt\treason", ...leftOut.map(({ name, reason }) => `${name}\t${reason}`)].join("\n")}\n`;
}

/** @param {readonly CorpusUtterance[]} utterances */
export function speakersTable(utterances) {
  const head =
    "; The one reader of this corpus, in the form of LibriSpeech's SPEAKERS.TXT.\n;ID |SEX| SUBSET |MINUTES| NAME\n";
  const lines = splits.map((split) => {
    const own = utterances.filter((utterance) => utterance.split === split);
    return `${speaker} | F | ${split.padEnd(5)} | ${minutes(sumSeconds(own))} | Allison Smith\n`;
  });
  return head + lines.join("");
}

/** @param {readonly CorpusUtterance[]} utterances */
export function chaptersTable(utterances) {
  const lines = chapterTitles.flatMap((title, index) =>
    splits.flatMap((split) => {
      const own = utterances.filter((utterance) => utterance.chapter === index + 1 && utterance.split === split);
      if (own.length === 0) return [];
      return [
        `${String(index + 1).padEnd(2)} | ${speaker} | ${minutes(sumSeconds(own)).padStart(5)} | ${split.padEnd(5)} | ${title}\n`,
      ];
    }),
  );
  const head =
    "; Families of prompts, in the form of LibriSpeech's CHAPTERS.TXT.\n;ID |READER|MINUTES| SUBSET | TITLE\n";
  return head + lines.join("");
}

/**
 * @param {readonly CorpusUtterance[]} utterances
 * @returns {string} rows of a Markdown table: one a split, and the sum
 */
function countsTable(utterances) {
  /** @param {string} label @param {readonly CorpusUtterance[]} own */
  const row = (label, own) => {
    const words = own.flatMap(({ text }) => text.split(" "));
    const distinct = new Set(words).size;
    return `| ${label} | ${own.length} | ${minutes(sumSeconds(own))} | ${words.length} | ${distinct} |`;
  };
  const rows = splits.map((split) =>
    row(
      `\`${split}\``,
      utterances.filter((utterance) => utterance.split === split),
    ),
  );
  return [...rows, row("all", utterances)].join("\n");
}

/**
 * Share of a split's words, counted with repeats, that train holds too.
 * @param {readonly CorpusUtterance[]} utterances
 * @param {Split} split
 * @returns {string} per cent
 */
function knownWords(utterances, split) {
  const known = new Set(utterances.filter((u) => u.split === "train").flatMap(({ text }) => text.split(" ")));
  const words = utterances.filter((u) => u.split === split).flatMap(({ text }) => text.split(" "));
  return `${((100 * words.filter((word) => known.has(word)).length) / words.length).toFixed(0)} %`;
}

/**
 * @param {readonly LeftOut[]} leftOut
 * @returns {string} a Markdown list of reasons and the prompts they struck
 */
function leftOutList(leftOut) {
  /** @type {Map<string, string[]>} */
  const byReason = new Map();
  for (const { name, reason } of leftOut) byReason.set(reason, [...(byReason.get(reason) ?? []), `\`${name}\``]);
  return [...byReason].map(([reason, names]) => `- ${reason} (${names.length}): ${names.join(", ")}`).join("\n");
}

/**
 * @param {readonly CorpusUtterance[]} utterances
 * @param {readonly LeftOut[]} leftOut
 * @param {number} audioBytes
 */
export function readme(utterances, leftOut, audioBytes) {
  return `# The sample corpus

Real speech, small enough to ship: ${minutes(sumSeconds(utterances))} minutes of one woman's telephone prompts with their words, in
LibriSpeech's layout. Train, evaluate and serve on it before any download. It is one voice in one studio, so a model
trained on it knows that voice and those phrases: use it to see that everything works and to compare changes, never to
claim how well a recogniser does in general.

| split | utterances | minutes | words | distinct words |
|---|---:|---:|---:|---:|
${countsTable(utterances)}

${(audioBytes / 1e6).toFixed(2)} MB of Ogg Opus, mono, from 16 kHz. Of the words in \`dev\`, ${knownWords(utterances, "dev")} occur in \`train\`; of those in \`test\`, ${knownWords(utterances, "test")}.

    {train,dev,test}/<speaker>/<chapter>/<speaker>-<chapter>-NNNN.opus
    {train,dev,test}/<speaker>/<chapter>/<speaker>-<chapter>.trans.txt     lines of "ID TEXT"
    SPEAKERS.TXT, CHAPTERS.TXT     the reader and the families of prompts
    prompts.tsv                    the original prompt of every utterance, its length and its words
    left-out.tsv                   what was left out, and why

## Source and licence

Voice: Allison Smith (http://www.theivrvoice.com). Recorded for Asterisk with the financial help of Digium, Inc.
(http://www.digium.com) and given to the Asterisk community as "Asterisk core sounds, English", version 1.6.1
(http://downloads.asterisk.org/pub/telephony/sounds/). Debian ships them as \`asterisk-core-sounds-en-g722\`.

Licence: Creative Commons Attribution-ShareAlike 3.0 (see LICENSE); it covers this folder alone, not the rest of the
project. Changes made: re-encoded from G.722 to Opus, silence at the ends cut, some prompts left out, transcripts
written as spoken.

## How the words were written

The package's transcripts are turned into upper-case words over A-Z, apostrophe and space, by the rules in
\`tools/sample-corpus-text.mjs\`:

- A digit is its name (0 is ZERO); \`*\` is STAR, \`#\` is POUND.
- Letters that are spelled stand alone: P B X, I V R, U S B, A M. SIP and PIN are said as words. W is DOUBLE U.
- Remarks in brackets are not spoken and are taken out; punctuation and hyphens become spaces, but RE- and DE- join
  their word.
- Slips in the list are mended (UMUTE, REPRESENATIVES, UN-INDENTIFIED, WITHELD, EXCLAIMATION), and one word has one
  spelling (THROUGH, VOICEMAIL, MAILBOX, TOUCH TONE).

No one has listened to every prompt against its words. Each was checked by its pace: characters a second of sound, where
a wrong transcript stands out.

## How it was split

Prompts that say the same words, or nearly the same (three words in ten differ, or fewer), form a group, and a group lies
in one split as a whole, so that no prompt of \`dev\` or \`test\` was learned by heart. (Shorter turns of phrase, such as
PLEASE ENTER or PRESS ONE TO, do recur everywhere.) Texts of one or two words, spelled letters not counted, always train,
and so does a group of more than 15 seconds. The rest is drawn by a hash of the prompts' names until \`test\`, then \`dev\`,
holds a tenth of the speech.

## Left out

${leftOutList(leftOut)}

## Rebuild

    apt install ffmpeg asterisk-core-sounds-en-g722
    node tools/build-sample-corpus.mjs

\`--source DIR\` reads from a folder into which the packages were unpacked (\`dpkg -x\`), \`--out DIR\` writes elsewhere.
The same version of ffmpeg gives the same bytes; another version, the same utterances, words and splits.
`;
}

/**
 * @param {string} copyright Debian's copyright file of the package
 * @returns {string} the attribution and the licence's full text
 */
export function license(copyright) {
  const section = /\nLicense: CC-BY-SA-3\.0\n( [\s\S]*?)\n(?:\n|\S)/.exec(copyright)?.[1];
  if (!section) throw new Error("the package's copyright file holds no text of CC-BY-SA-3.0");
  const text = section.replace(/^ \.$/gm, "").replace(/^ /gm, "");
  return `The recordings and transcripts in this folder are taken from the Asterisk core sounds.

Copyright 2003-2010 Allison Smith.
Recorded by: Allison Smith (http://www.theivrvoice.com)
Financial contributions by: Digium, Inc. (http://www.digium.com)

They are licensed, with the changes listed in README.md, under the
Creative Commons Attribution-ShareAlike 3.0 licence:
https://creativecommons.org/licenses/by-sa/3.0/

The text that governs, as distributed with the recordings:

${text}
`;
}
