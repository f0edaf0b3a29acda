/** How runs stand: figures for one, a table for several, what differs in their configurations, and their epochs. */
import type { ConfigDifference, RunDetail, RunSummary } from "./api-types.js";
import { byId, element, row, swatch, table } from "./dom.js";
import { ago, count, duration, loss, percent, plural, shortCount, speed, UNKNOWN } from "./format.js";
import { runName, stateText } from "./names.js";

export function showResults(runs: readonly RunDetail[]): void {
  const [first] = runs;
  byId("figures").replaceChildren(...(first && runs.length === 1 ? figuresOf(first.summary) : []));
  const results = byId("results");
  results.hidden = runs.length < 2;
  results.replaceChildren(resultsTable(runs.map(({ summary }) => summary)));
  byId("notices").replaceChildren(...runs.flatMap(noticesOf));
  byId("epoch-tables").replaceChildren(...runs.flatMap((run) => epochTable(run, runs.length > 1)));
}

function figuresOf(run: RunSummary): HTMLElement[] {
  const { best, test, epoch, epochs, step, totalSteps, state } = run;
  const progress =
    totalSteps && state === "running"
      ? element("progress", { max: totalSteps, value: step, "aria-label": "Steps done" })
      : null;
  const rest =
    run.etaSeconds !== null && state === "running"
      ? `about ${duration(Math.max(0, run.etaSeconds))} left`
      : stateText(run);
  return [
    figure("Word error rate", percent(best?.wer), best ? `dev, of ${best.of}` : "not measured yet", true),
    figure("Character error rate", percent(best?.cer), best ? "dev, of the same weights" : "not measured yet", true),
    ...(test ? [figure("Word error rate, test", percent(test.wer), `CER ${percent(test.cer)}`, true)] : []),
    figure(
      "Epoch",
      `${count(epoch)} of ${count(epochs)}`,
      // What was planned counts while it may still come.
      state === "running" ? `step ${count(step)} of ${count(totalSteps)}` : plural(step, "step"),
      false,
      progress,
    ),
    figure("Time", duration(run.elapsedHours * 3600), rest),
    figure("Throughput", speed(run.audioSecondsPerSecond), `${shortCount(run.numParameters)} parameters`),
  ];
}

function figure(name: string, value: string, detail: string, isMain = false, extra: HTMLElement | null = null) {
  const parts = [element("dt", {}, name), element("dd", {}, value), element("dd", { class: "quiet" }, detail, extra)];
  return element("div", { class: isMain ? "main" : "" }, ...parts);
}

const COLUMNS: [heading: string, cell: (run: RunSummary) => string][] = [
  ["State", ({ state }) => state],
  ["Epoch", ({ epoch, epochs }) => `${count(epoch)} of ${count(epochs)}`],
  ["Best WER", ({ best }) => percent(best?.wer)],
  ["CER", ({ best }) => percent(best?.cer)],
  ["Test WER", ({ test }) => percent(test?.wer)],
  ["Test CER", ({ test }) => percent(test?.cer)],
  ["Train loss", ({ trainLoss }) => loss(trainLoss)],
  ["Dev loss", ({ devLoss }) => loss(devLoss)],
  ["Throughput", (run) => speed(run.audioSecondsPerSecond)],
  ["Time", ({ elapsedHours }) => duration(elapsedHours * 3600)],
  ["Parameters", ({ numParameters }) => shortCount(numParameters)],
];

function resultsTable(runs: readonly RunSummary[]): HTMLElement {
  const rows = runs.map((run) =>
    row(
      nameWithSwatch(run),
      COLUMNS.map(([, cell]) => cell(run)),
    ),
  );
  return table(["Run", ...COLUMNS.map(([heading]) => heading)], rows);
}

function nameWithSwatch(run: RunSummary): HTMLElement {
  return element("span", {}, swatch(run.colour), runName(run));
}

export function showDifferences(runs: readonly RunDetail[], differences: readonly ConfigDifference[]): void {
  byId("differences-section").hidden = runs.length < 2;
  if (runs.length < 2) return;
  const rows = differences.map(({ key, values }) =>
    row(
      key,
      values.map((value) => value ?? UNKNOWN),
    ),
  );
  const names = runs.map(({ summary }) => runName(summary));
  const same = element("p", { class: "quiet" }, "Nothing: the configurations are the same.");
  byId("differences").replaceChildren(rows.length > 0 ? table(["Key", ...names], rows) : same);
}

/** What went wrong, and what has not come yet. */
function noticesOf({
  summary,
  problem,
  numDamaged,
  damaged,
  numSkippedSteps,
  numFailures,
  failures,
}: RunDetail): HTMLElement[] {
  const notices: HTMLElement[] = [];
  const notice = (text: string, details: readonly string[] = []) => {
    const list = details.length > 0 ? element("ul", {}, ...details.map((detail) => element("li", {}, detail))) : null;
    notices.push(element("div", { class: "panel" }, element("p", {}, `${runName(summary)}: ${text}`), list));
  };
  if (problem !== null) notice(problem);
  if (numDamaged > 0) {
    const lines = damaged.map(({ line, reason }) => `line ${count(line)}: ${reason}`);
    notice(`${plural(numDamaged, "line")} of log.jsonl cannot be read; the others are shown.`, lines);
  }
  if (numSkippedSteps > 0) notice(`${plural(numSkippedSteps, "step")} had a loss or gradient that was not finite.`);
  if (numFailures > 0) {
    const reasons = failures.map(({ id, reason }) => `${id}: ${reason}`);
    notice(`${plural(numFailures, "file")} could not be loaded.`, reasons);
  }
  if (summary.step === 0) notice(waitingText(summary));
  return notices;
}

function waitingText({ state, ending, changedAt }: RunSummary): string {
  if (state === "running") return "has just begun; curves come with the first steps.";
  return `${ending ?? state} (last change ${ago(changedAt, Date.now())}), so there are no curves.`;
}

function epochTable({ summary, evaluations }: RunDetail, isNamed: boolean): HTMLElement[] {
  const rows = evaluations.map(({ epoch, step, hours, trainLoss, devLoss, wer, cer, isBest }) => {
    const cells = [count(step), duration(hours * 3600), loss(trainLoss), loss(devLoss), percent(wer), percent(cer)];
    return row(`${epoch}${isBest ? " (best so far)" : ""}`, cells);
  });
  const name = isNamed ? [element("h3", {}, nameWithSwatch(summary))] : [];
  return [...name, table(["Epoch", "Step", "Time", "Train loss", "Dev loss", "WER", "CER"], rows)];
}
