/** Help that fits its terminal: two columns where there is room for them, one below the other where there is not. */
import type { Help } from "commander";

/** Where the output is no terminal, and nothing tells a width: enough for two columns. */
const USUAL_COLUMNS = 110;
/** Never wider than is good to read. */
const MOST_COLUMNS = 120;
const LEAST_COLUMNS = 20;
/** Narrower descriptions go below what they describe. */
const LEAST_DESCRIPTION = 36;

export function helpWidth(): number {
  const columns = process.stdout.columns || Number(process.env.COLUMNS) || USUAL_COLUMNS;
  return Math.max(LEAST_COLUMNS, Math.min(columns, MOST_COLUMNS));
}

/** A term with its description, as commander's Help lays them out. */
export function formatItem(term: string, termWidth: number, description: string, helper: Help): string {
  if (!description) return `  ${term}`;
  const width = helper.helpWidth ?? USUAL_COLUMNS;
  const column = termWidth + 4;
  if (width - column >= LEAST_DESCRIPTION) {
    const [first, ...others] = wrapped(description, width - column);
    return [`  ${term.padEnd(termWidth)}  ${first}`, ...others.map((line) => " ".repeat(column) + line)].join("\n");
  }
  return [`  ${term}`, ...wrapped(description, width - 6).map((line) => `      ${line}`)].join("\n");
}

/** Help's own texts, at any width: lines that are not indented and follow each other are a paragraph. Commands stay whole. */
export function fitted(text: string, width = helpWidth()): string {
  const paragraphs = text.replace(/(?<=^\S.*[^:\n])\n(?=\S)/gm, " ");
  const lines = paragraphs.split("\n").flatMap((line) => {
    if (line.length <= width || line.startsWith("  $ ")) return [line];
    const [, indent = "", rest = ""] = /^( *)(.*)$/.exec(line) ?? [];
    return wrapped(rest, width - indent.length).map((part) => indent + part);
  });
  return lines.join("\n");
}

/** Lines of at most `width` characters, but for words that are longer. */
function wrapped(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) as string;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
