/**
 * The alphabet of an imported model. The reference's checkpoints do not hold it, and a wrong one turns every transcript
 * into another text, so the person names it: by name, by a file, or character by character.
 */
import { existsSync } from "node:fs";
import { readTextFileSync, UserError } from "@deepspeech-ts/recognizer/system";
import { type Alphabet, englishAlphabet, SpeechError, validateAlphabet } from "@deepspeech-ts/speech";

const BLANK = "<blank>";

/** Stand-ins for the start and the end of a sentence, which have no character. */
const [START, END] = ["␂", "␃"];

/**
 * The alphabet of the reference's newest version as its 29 classes have it: sentence marks first, everything else two
 * later. Its y has the id of the blank and its z one beyond the last class, so neither can be recognised.
 */
export const newestReferenceAlphabet: Alphabet = {
  tokens: [START, END, "'", " ", ..."abcdefghijklmnopqrstuvwx", BLANK],
  blankId: 28,
};

const NAMED: ReadonlyMap<string, Alphabet> = new Map([
  ["reference", englishAlphabet],
  ["reference-newest", newestReferenceAlphabet],
]);

/**
 * @param choice "reference", "reference-newest", the path of a file with a token a line, or the characters themselves;
 * in the latter two `<blank>` stands where the blank does, by default at the end
 * @param numTokens classes that the model has
 * @throws UserError for an alphabet that has another number of tokens, or cannot be one
 */
export function chooseAlphabet(choice: string, numTokens: number): Alphabet {
  const { tokens, blankId } = NAMED.get(choice) ?? readAlphabet(choice);
  if (tokens.length === numTokens) return { tokens, blankId };
  const source = NAMED.has(choice) || existsSync(choice) ? choice : `"${choice}" (no file of that name)`;
  throw new UserError(
    `the model has ${numTokens} classes, and the alphabet ${source} has ${tokens.length} tokens, the blank counted; ` +
      "give the alphabet that the model was trained with.",
  );
}

function readAlphabet(choice: string): Alphabet {
  const tokens = existsSync(choice) ? tokensOfFile(readTextFileSync(choice)) : tokensOfText(choice.normalize("NFC"));
  if (!tokens.includes(BLANK)) tokens.push(BLANK);
  const alphabet = { tokens, blankId: tokens.indexOf(BLANK) };
  try {
    validateAlphabet(alphabet);
  } catch (error) {
    if (!(error instanceof SpeechError)) throw error;
    throw new UserError(`--alphabet ${choice}: ${error.message}.`, { cause: error });
  }
  return alphabet;
}

/** A line that holds a space is the space. */
function tokensOfFile(text: string): string[] {
  return text.normalize("NFC").replace(/\n$/, "").split("\n");
}

function tokensOfText(text: string): string[] {
  const [before = "", ...after] = text.split(BLANK);
  return [...before, ...after.flatMap((part) => [BLANK, ...part])];
}
