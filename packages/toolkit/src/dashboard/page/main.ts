/**
 * The page: the server says when runs change, the page fetches what it shows of them, and draws.
 */
import type { ConfigDifference, RunDetail, RunList } from "./api-types.js";
import { drawCurves, showCharts } from "./curves.js";
import { byId } from "./dom.js";
import { prepareHeard, showHeard } from "./heard.js";
import { showDifferences, showResults } from "./results.js";
import { RunListView } from "./run-list.js";
import { type Axis, readView, writeView } from "./view.js";

const view = readView(location.hash);
let list: RunList = { folders: [], runs: [] };
/** What was fetched last of each run. */
const details = new Map<string, RunDetail>();
let differences: ConfigDifference[] = [];
/** The runs that `differences` is about. */
let comparedRuns = "";
let isFetching = false;
let isStale = false;

const runList = new RunListView({
  showAlone: (id) => choose([id]),
  toggle: (id) => choose(view.chosen.includes(id) ? view.chosen.filter((one) => one !== id) : [...view.chosen, id]),
});

function choose(ids: string[]): void {
  view.chosen = ids;
  writeView(view);
  showList();
  void refresh();
}

function showList(): void {
  runList.show(list.runs, list.folders, view.chosen);
}

function chosenDetails(): RunDetail[] {
  return view.chosen.map((id) => details.get(id)).filter((detail) => detail !== undefined);
}

function draw(): void {
  const runs = chosenDetails();
  byId("content").hidden = runs.length === 0;
  const nothing = byId("nothing");
  nothing.hidden = runs.length > 0;
  nothing.textContent = list.runs.length > 0 ? "Choose a run." : "There is nothing to show yet.";
  if (runs.length === 0) return;
  showResults(runs);
  showDifferences(runs, differences);
  drawCurves(runs, view);
  showHeard(runs);
}

/** Fetches what has changed of the chosen runs, one time after another, and draws. */
async function refresh(): Promise<void> {
  isStale = true;
  if (isFetching) return;
  isFetching = true;
  while (isStale) {
    isStale = false;
    try {
      await Promise.all([...view.chosen.map(fetchIfChanged), fetchDifferences()]);
      draw();
    } catch (error) {
      say(`Not up to date: ${error instanceof Error ? error.message : error}`);
    }
  }
  isFetching = false;
}

async function fetchIfChanged(id: string): Promise<void> {
  const known = details.get(id)?.summary;
  const current = list.runs.find((run) => run.id === id);
  if (known && known.revision === current?.revision && known.state === current.state) return;
  if (current) details.set(id, await fetchJson<RunDetail>(`/api/runs/${id}`));
}

async function fetchDifferences(): Promise<void> {
  const compared = view.chosen.join(",");
  if (compared === comparedRuns) return;
  differences = view.chosen.length > 1 ? await fetchJson(`/api/config-differences?runs=${compared}`) : [];
  comparedRuns = compared;
}

async function fetchJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

function takeList(news: RunList): void {
  list = news;
  say("Live");
  const ids = new Set(list.runs.map(({ id }) => id));
  view.chosen = view.chosen.filter((id) => ids.has(id));
  const [newest] = list.runs;
  if (view.chosen.length === 0 && newest && details.size === 0) view.chosen = [newest.id];
  showList();
  void refresh();
}

function say(text: string): void {
  const connection = byId("connection");
  if (connection.textContent !== text) connection.textContent = text;
}

function listen(): void {
  const updates = new EventSource("/api/updates");
  updates.addEventListener("open", () => say("Reading the logs …"));
  updates.addEventListener("error", () => say("The server cannot be reached; trying again …"));
  updates.addEventListener("runs", (event: MessageEvent<string>) => takeList(JSON.parse(event.data)));
}

function prepareControls(): void {
  const smoothing = byId<HTMLInputElement>("smoothing");
  const showSmoothing = () => {
    const output = smoothing.parentElement?.querySelector("output");
    if (output) output.value = view.smoothing.toFixed(2);
  };
  smoothing.valueAsNumber = view.smoothing;
  showSmoothing();
  smoothing.addEventListener("input", () => {
    view.smoothing = smoothing.valueAsNumber;
    showSmoothing();
    writeView(view);
    drawCurves(chosenDetails(), view);
  });
  const logLoss = byId<HTMLInputElement>("log-loss");
  logLoss.checked = view.isLossLog;
  logLoss.addEventListener("change", () => {
    view.isLossLog = logLoss.checked;
    writeView(view);
    drawCurves(chosenDetails(), view);
  });
  for (const radio of document.querySelectorAll<HTMLInputElement>("input[name=axis]")) {
    radio.checked = radio.value === view.axis;
    radio.addEventListener("change", () => {
      view.axis = radio.value as Axis;
      writeView(view);
      drawCurves(chosenDetails(), view);
    });
  }
}

prepareControls();
prepareHeard();
showCharts();
listen();
