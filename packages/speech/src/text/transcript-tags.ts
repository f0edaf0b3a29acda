/**
 * Tags in transcripts: what was heard besides words, in brackets, braces, angle brackets, parentheses or asterisks. They
 * are not spoken, so they must not be trained as words. Parentheses and asterisks hold spoken words as well ("(really?)",
 * "*really*"), so there only the usual names of sounds are tags.
 *
 * A tag that stands for words which the transcriber did not write ("<unk>", "[inaudible]") leaves speech without its text,
 * and is refused.
 */
import type { Rule } from "./normalise-rule.js";

/** What becomes of a tag for a sound: left out and counted, or the transcript refused. */
export type TagTreatment = "drop" | "refuse";

const SOUNDS =
  "laugh(?:s|ing|ter)?|chuckl(?:e|es|ing)|giggl(?:e|es|ing)|noises?|sighs?|sighing|coughs?|coughing|breath(?:e|es|s|ing)?|" +
  "inhal(?:e|es|ing)|exhal(?:e|es|ing)|sneez(?:e|es|ing)|sniff(?:s|ing|les?|ling)?|music|applause|clap(?:s|ping)?|silence|" +
  "paus(?:e|es)|cries|cry(?:ing)?|sob(?:s|bing)?|gasp(?:s|ing)?|groan(?:s|ing)?|grunt(?:s|ing)?|click(?:s|ing)?|" +
  "beep(?:s|ing)?|static|snor(?:e|es|ing)|yawn(?:s|ing)?|whistl(?:e|es|ing)|hum(?:s|ming)|ringing|rings|slams?|knock(?:s|ing)?|" +
  "throat|smacks?|cheer(?:s|ing)?|scream(?:s|ing)?|gulps?|hiccups?|burps?|clears";
const QUALIFIERS =
  "background|door|phone|telephone|bell|loud(?:ly)?|soft(?:ly)?|heav(?:y|ily)|nervous(?:ly)?|deep(?:ly)?|long|short|audience|" +
  "crowd|lip|lips|tongue|his|her|their|the|a|of|in|and|dog|bark(?:s|ing)?|clear(?:s|ing)?|heavy|playing|plays|again";
const UNWRITTEN =
  "unk|unknown|unintelligible|inaudible|indistinct|incomprehensible|unclear|crosstalk|overlap(?:ping)?|foreign|spn|oov|xxx+|" +
  "redacted|garbled|mumbl(?:es|ing|ed)|speaking [a-z]+|foreign language|speech|\\?+";

const SOUND = new RegExp(`^(?:(?:${QUALIFIERS})[ _-])*(?:${SOUNDS})(?:[ _-](?:${QUALIFIERS}|${SOUNDS}))*$`, "i");
const UNWRITTEN_SPEECH = new RegExp(`^(?:${UNWRITTEN})(?:[ _-]?\\d*)$`, "i");

/** The rule for tags, the same in every language. */
export function tagRule(treatment: TagTreatment): Rule {
  return {
    kind: "tag",
    pattern:
      /\[([^[\]]{0,60})\]|\{([^{}]{0,60})\}|<(\/?[\p{L}?][^<>]{0,60})>|\(([^()]{1,60})\)|\*([\p{L}?][^*]{0,60})\*/uy,
    write: ([, bracketed, braced, angled, inParentheses, starred]) => {
      const certain = bracketed ?? braced ?? angled;
      const content = (certain ?? inParentheses ?? starred ?? "").trim();
      if (UNWRITTEN_SPEECH.test(content)) return null;
      if (certain === undefined && !SOUND.test(content)) return undefined;
      return treatment === "drop" ? "" : null;
    },
  };
}
