/** The list of runs: a name shows its run alone, a box adds it to those that are compared. */
import type { RunSummary } from "./api-types.js";
import { byId, element, NUM_COLOURS } from "./dom.js";
import { ago, percent } from "./format.js";
import { runName } from "./names.js";

export interface RunListActions {
  showAlone(id: string): void;
  toggle(id: string): void;
}

interface Entry {
  item: HTMLLIElement;
  box: HTMLInputElement;
  state: HTMLElement;
}

export class RunListView {
  /** Kept, so that what has the focus keeps it while the list is brought up to date. */
  readonly #entries = new Map<string, Entry>();

  constructor(readonly actions: RunListActions) {}

  show(runs: readonly RunSummary[], folders: readonly string[], chosen: readonly string[]): void {
    const items = runs.map((run) => this.#update(run, chosen.includes(run.id)).item);
    const list = byId("runs");
    const isSame = items.length === list.children.length && items.every((item, i) => item === list.children[i]);
    if (!isSame) list.replaceChildren(...items);
    const nothing = byId("no-runs");
    nothing.hidden = runs.length > 0;
    nothing.textContent = `No runs yet in ${folders.join(", ")}. "deepspeech train" makes one, and it will show here.`;
  }

  #update(run: RunSummary, isChosen: boolean): Entry {
    const entry = this.#entries.get(run.id) ?? this.#make(run);
    entry.item.className = `run-${run.colour % NUM_COLOURS}${isChosen ? " chosen" : ""}`;
    entry.box.checked = isChosen;
    const best = run.best ? `best WER ${percent(run.best.wer)}` : "not measured yet";
    const when = run.state === "running" ? "" : ` · ${ago(run.changedAt, Date.now())}`;
    const state = element("span", { class: run.state === "running" ? "running" : "" }, run.state);
    entry.state.replaceChildren(state, ` · ${best}${when}`);
    return entry;
  }

  #make(run: RunSummary): Entry {
    const name = runName(run);
    const box = element("input", { type: "checkbox", "aria-label": `Compare ${name}` });
    const state = element("span", { class: "quiet" });
    const button = element("button", { type: "button", title: run.folder }, element("span", { class: "name" }, name));
    const item = element("li", {}, box, element("div", {}, button, state));
    box.addEventListener("change", () => this.actions.toggle(run.id));
    button.addEventListener("click", () => this.actions.showAlone(run.id));
    const entry = { item, box, state };
    this.#entries.set(run.id, entry);
    return entry;
  }
}
