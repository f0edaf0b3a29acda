/** The page of a deepspeech-ts server, or of any static folder: recognition to look at. */
import type { LoadProgress } from "@deepspeech-ts/recognizer/web";
import { EngineChoice } from "./engines/choice.js";
import { find } from "./find.js";
import { curlLine } from "./panels/curl.js";
import { HotWords } from "./panels/hot-words.js";
import { Session } from "./session.js";

const choice = new EngineChoice(showProgress);
const hotWords = new HotWords();
const isGreedy = () => document.querySelector<HTMLInputElement>("[name=search]:checked")?.value === "greedy";
const session = new Session(choice, () => ({ isGreedy: isGreedy(), hotWords: hotWords.phrases }));

/** @param progress undefined when loading is over, however it ended */
function showProgress(progress: LoadProgress | undefined): void {
  const bar = find<HTMLProgressElement>("progress");
  bar.hidden = !progress || progress.isCached || progress.loadedBytes === progress.totalBytes;
  if (progress?.totalBytes === undefined) bar.removeAttribute("value");
  else [bar.max, bar.value] = [progress.totalBytes, progress.loadedBytes];
}

function showSettings(): void {
  find("promise").textContent = choice.isLocal
    ? "It is recognised on this machine; no sound leaves it."
    : "It is sent to the server, and recognised there.";
  find<HTMLInputElement>("phrase").disabled = isGreedy();
  find("curl").textContent = curlLine({
    url: document.baseURI,
    model: choice.model,
    fileName: session.fileName,
    isGreedy: isGreedy(),
    hotWords: hotWords.phrases,
    isLocked: choice.isLocked,
  });
}

function settingsChanged(): void {
  showSettings();
  void session.again();
}

function takeFiles(): void {
  const input = find<HTMLInputElement>("file");
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file) void session.open(file);
    input.value = "";
  });
  const stage = document.body;
  const mark = (isOver: boolean) => stage.classList.toggle("dropping", isOver);
  stage.addEventListener("dragover", (event) => {
    event.preventDefault();
    mark(true);
  });
  stage.addEventListener("dragleave", ({ relatedTarget }) => mark(relatedTarget !== null));
  stage.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    const [file] = event.dataTransfer?.files ?? [];
    if (file) void session.open(file);
  });
}

function offerCopy(): void {
  const button = find<HTMLButtonElement>("copy");
  button.addEventListener("click", async () => {
    button.textContent = await copy(find("curl"));
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
}

/** What was done: where the page is neither on this machine nor encrypted, it may only select. */
async function copy(element: HTMLElement): Promise<"Copied" | "Selected"> {
  try {
    await navigator.clipboard.writeText(element.textContent ?? "");
    return "Copied";
  } catch {
    getSelection()?.selectAllChildren(element);
    return "Selected";
  }
}

/** Absent where the page is neither on this machine nor encrypted; a page that is being developed has none. */
function keepForOffline(): void {
  navigator.serviceWorker?.register(new URL("service-worker.js", document.baseURI)).catch(() => {});
}

takeFiles();
offerCopy();
keepForOffline();
choice.onChange = (isOther) => (isOther ? settingsChanged() : showSettings());
hotWords.onChange = settingsChanged;
session.onRecording = showSettings;
for (const input of document.querySelectorAll("[name=search]")) input.addEventListener("change", settingsChanged);
showSettings();
void choice.askServer();
