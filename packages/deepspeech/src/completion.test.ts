/** The scripts, in the shells they are for, where these are installed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "@deepspeech-ts/toolkit/internal/data/fixtures.test.support.js";
import { deepspeech } from "./command.test.support.js";

/** What is typed, and some of what is offered for its last word; nothing where files are. */
const CASES: readonly [typed: string[], offered: string[]][] = [
  [["tr"], ["train", "transcribe"]],
  [
    ["data", ""],
    ["check", "download", "import", "pack", "splice", "stats"],
  ],
  [
    ["data", "import", "--"],
    ["--help", "--to", "--verbose"],
  ],
  // The word "import" leads to another command here.
  [["import", "--al"], ["--alphabet"]],
  [
    ["import", "--recurrence", ""],
    ["batch", "time"],
  ],
  [["train", "--model.h"], ["--model.hidden-size"]],
  [
    ["train", "--threads", "2", "--schedule.kind", "c"],
    ["constant", "cosine-warm-restarts"],
  ],
  [
    ["export", "run", "--precision", ""],
    ["all", "fp16", "fp32", "int8", "web"],
  ],
  [
    ["completion", ""],
    ["bash", "fish", "zsh"],
  ],
  [["train", "--config", ""], []],
  [["transcribe", ""], []],
];

async function scriptOf(t: TestContext, shell: string): Promise<string> {
  const path = join(await temporaryFolder(t), `deepspeech.${shell}`);
  const { status, stdout, stderr } = deepspeech("completion", shell);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  await writeFile(path, stdout);
  return path;
}

/** Runs the shell on a program of ours, and gives the lines of its answer to each case. */
function answers(shell: string, flags: readonly string[], program: string): string[][] {
  const { status, stdout, stderr } = spawnSync(shell, [...flags, "-c", program], { encoding: "utf8" });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  const blocks = stdout.split("==\n").slice(0, -1);
  return blocks.map((block) => block.split("\n").filter(Boolean).toSorted());
}

function missing(shell: string): string | false {
  return spawnSync(shell, ["-c", ":"]).error ? `${shell} is not installed` : false;
}

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(" ");

test("bash completes commands, flags and their words, and files elsewhere", { skip: missing("bash") }, async (t) => {
  const script = await scriptOf(t, "bash");
  const calls = CASES.map(([words]) => {
    const [last = "", before = ""] = words.toReversed();
    return `COMP_WORDS=(deepspeech ${quoted(words)}); COMP_CWORD=${words.length}
      _deepspeech deepspeech '${last}' '${before}'; printf '%s\\n' "\${COMPREPLY[@]}" ==`;
  });
  const registered = 'complete -p deepspeech | grep -q -- "-o default -F _deepspeech deepspeech" || exit 9';
  const given = answers("bash", ["--norc"], `source '${script}'; ${registered}; ${calls.join("\n")}`);
  assert.deepEqual(
    given,
    CASES.map(([, offered]) => offered),
  );
});

test("zsh completes them too", { skip: missing("zsh") }, async (t) => {
  const script = await scriptOf(t, "zsh");
  // zsh offers what it is given for the word only while somebody types; here it prints what it is given.
  const told = `compdef() { [[ "$*" == "_deepspeech deepspeech" ]] || exit 9 }
    _describe() { local item; for item in "\${(P@)@[-1]}"; do print -r -- "\${item%%:*}"; done }
    compadd() { shift; print -rl -- "$@" }
    _files() { }`;
  const calls = CASES.map(([words]) => `words=(deepspeech ${quoted(words)}); CURRENT=$#words; _deepspeech; print '=='`);
  const given = answers("zsh", ["-f"], `${told}\nsource '${script}'\n${calls.join("\n")}`);
  for (const [i, [words, offered]] of CASES.entries()) {
    const fitting = given[i]?.filter((name) => name.startsWith(words.at(-1) as string));
    assert.deepEqual(fitting, offered, words.join(" "));
  }
});

test("fish completes them too", { skip: missing("fish") }, async (t) => {
  const script = await scriptOf(t, "fish");
  const folder = await temporaryFolder(t);
  const calls = CASES.map(([words]) => `complete -C ${quoted([`deepspeech ${words.join(" ")}`])}; echo ==`);
  const given = answers("fish", ["--no-config"], `cd '${folder}'; source '${script}'; ${calls.join("\n")}`);
  assert.deepEqual(
    given.map((lines) => lines.map((line) => line.split("\t")[0])),
    CASES.map(([, offered]) => offered),
  );
});

test("another shell is refused", () => {
  const { status, stderr } = deepspeech("completion", "tcsh");
  assert.equal(status, 2);
  assert.match(stderr, /^deepspeech: .*'tcsh' is invalid.*bash, zsh, fish[^\n]*\n$/);
});
