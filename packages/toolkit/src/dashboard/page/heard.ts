/** Utterances as they were heard: the samples, and the worst with their sound. */
import type { HeardUtterances, RunDetail, TranscribedUtterance, WorstRecording } from "./api-types.js";
import { byId, element, table } from "./dom.js";
import { percent, plural } from "./format.js";
import { runName } from "./names.js";

let latest: readonly RunDetail[] = [];
/** What is on the page, to leave it alone while it is the newest: somebody may be listening. */
let shown = "";

/** Call once. */
export function prepareHeard(): void {
  byId("heard-choice").addEventListener("change", () => showChoice());
  // The new waits until what is playing has been heard.
  for (const event of ["pause", "ended"]) byId("worst").addEventListener(event, () => showChoice(), true);
  byId("worst").addEventListener("play", pauseOthers, true);
}

export function showHeard(runs: readonly RunDetail[]): void {
  latest = runs;
  const select = byId<HTMLSelectElement>("heard-choice");
  const choices = runs.flatMap((run) => run.heard.map((heard) => choiceOf(run, heard)));
  byId("heard-section").hidden = choices.length === 0;
  const isSame = choices.length === select.options.length && choices.every((c, i) => sameOption(select.options[i], c));
  if (!isSame) {
    const before = select.value;
    select.replaceChildren(...choices.map(({ value, text }) => element("option", { value }, text)));
    if (choices.some(({ value }) => value === before)) select.value = before;
  }
  showChoice();
}

interface Choice {
  value: string;
  text: string;
  heard: HeardUtterances;
}

/** The choice stays on a run's dev set while its epochs go by. */
function choiceOf({ summary }: RunDetail, heard: HeardUtterances): Choice {
  const value = `${summary.id} ${heard.title.replace(/\d+/g, "")}`;
  return { value, text: `${runName(summary)}: ${heard.title}`, heard };
}

function sameOption(option: HTMLOptionElement | undefined, { value, text }: Choice): boolean {
  return option?.value === value && option.text === text;
}

function showChoice(): void {
  const { value } = byId<HTMLSelectElement>("heard-choice");
  const choices = latest.flatMap((run) => run.heard.map((heard) => choiceOf(run, heard)));
  const heard = choices.find((choice) => choice.value === value)?.heard;
  if (!heard) return;
  const content = JSON.stringify([value, heard]);
  const isPlaying = [...document.querySelectorAll("audio")].some((audio) => !audio.paused && !audio.ended);
  if (content === shown || isPlaying) return;
  shown = content;
  byId("samples").replaceChildren(...(heard.samples.length > 0 ? heard.samples.map(sampleOf) : [none("No samples.")]));
  byId("worst").replaceChildren(heard.worst.length > 0 ? worstTable(heard.worst) : none("None: every word was right."));
}

function none(text: string): HTMLElement {
  return element("p", { class: "quiet" }, text);
}

function sampleOf(sample: TranscribedUtterance): HTMLElement {
  return element("article", { class: "utterance" }, element("h4", {}, sample.id), differenceOf(sample));
}

function worstTable(worst: readonly WorstRecording[]): HTMLElement {
  const rows = worst.map((utterance) => {
    const { id, durationSeconds, wordErrors, wordErrorRate, numWords } = utterance;
    const heading = element("th", { scope: "row" }, id, playerOf(utterance));
    const wrong = `${wordErrors} of ${plural(numWords, "word")} wrong`;
    const errors = element(
      "td",
      { class: "number" },
      percent(wordErrorRate),
      element("div", { class: "quiet" }, wrong),
    );
    const length = element("td", { class: "number" }, `${durationSeconds.toFixed(1)} s`);
    return element("tr", {}, heading, element("td", { class: "words" }, differenceOf(utterance)), errors, length);
  });
  return table(["Utterance", "Reference over hypothesis", "WER", "Length"], rows);
}

/** The server escapes what came from data, and the page's policy would run none of it. */
function differenceOf({ difference }: TranscribedUtterance): HTMLElement {
  const holder = element("div");
  holder.innerHTML = difference;
  return holder;
}

function playerOf({ id, audioUrl }: WorstRecording): HTMLElement {
  const audio = element("audio", { controls: true, preload: "none", src: audioUrl, "aria-label": `Recording ${id}` });
  audio.addEventListener("error", () => audio.replaceWith(none("Its recording cannot be played: was it moved?")));
  return audio;
}

function pauseOthers(event: Event): void {
  for (const audio of document.querySelectorAll("audio")) if (audio !== event.target) audio.pause();
}
