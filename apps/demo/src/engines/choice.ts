/** Which engine the visitor chose; the model of this machine is fetched when it is first needed. */
import type { LoadProgress } from "@deepspeech-ts/recognizer/web";
import { find } from "../find.js";
import type { Engine } from "./engine.js";
import { type LocalEngine, openLocal } from "./local-engine.js";
import { askServer, authorisation, ServerEngine } from "./server-engine.js";

/** Beside the page; another may be named in the page's address: ?bundle=URL. */
const BUNDLE = "model.dsb";

export class EngineChoice {
  readonly #key = find<HTMLInputElement>("api-key");
  readonly #keyProblem = find("key-problem");
  readonly #places = [...document.querySelectorAll<HTMLInputElement>("[name=place]")];
  #local: Promise<LocalEngine> | undefined;
  #server: ServerEngine | undefined;
  isLocked = false;
  /** @param isOther whether another engine recognises from now on */
  onChange: (isOther: boolean) => void = () => {};

  /** @param onProgress is given undefined when loading is over, however it ended */
  constructor(readonly onProgress: (progress: LoadProgress | undefined) => void) {
    for (const place of this.#places) place.addEventListener("change", () => this.onChange(true));
    this.#key.addEventListener("change", () => void this.askServer());
    // Enter would send the form, which is to load the page anew.
    find("key").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.askServer();
    });
  }

  get isLocal(): boolean {
    return !this.#place("server").checked;
  }

  /** What the server's own model is called. */
  get model(): string {
    return this.#server?.model ?? "model";
  }

  async askServer(): Promise<void> {
    const key = this.#key.value;
    const models = await askServer(key);
    // Another one was typed meanwhile.
    if (key !== this.#key.value) return;
    const wasLocal = this.isLocal;
    this.isLocked ||= models === "locked";
    find("key").hidden = !this.isLocked;
    this.#keyProblem.hidden = models !== "locked" || key === "";
    this.#key.setAttribute("aria-invalid", String(!this.#keyProblem.hidden));
    const [model] = models === "locked" ? [] : (models ?? []);
    this.#server = model === undefined ? undefined : new ServerEngine(model, () => this.#key.value);
    this.#place("server").disabled = this.#server === undefined;
    if (!this.#server) this.#place("local").checked = true;
    this.onChange(this.isLocal !== wasLocal);
  }

  /** Takes another model for this machine, which is chosen with it; one that is broken changes nothing. */
  async useBundle(bundle: File): Promise<Engine> {
    const engine = await this.#open(bundle);
    const former = this.#local;
    this.#local = Promise.resolve(engine);
    this.#place("local").checked = true;
    this.onChange(true);
    // Its workers would go on. What it still recognises is nobody's by now.
    void former?.then((own) => own.close()).catch(() => {});
    return engine;
  }

  engine(): Promise<Engine> {
    if (!this.isLocal && this.#server) return Promise.resolve(this.#server);
    this.#local ??= this.#openOwn();
    return this.#local;
  }

  #place(value: "local" | "server"): HTMLInputElement {
    return this.#places.find((place) => place.value === value) as HTMLInputElement;
  }

  #openOwn(): Promise<LocalEngine> {
    const url = new URL(new URLSearchParams(location.search).get("bundle") ?? BUNDLE, document.baseURI);
    const isOwn = url.origin === location.origin;
    const headers = isOwn ? authorisation(this.#key.value) : {};
    const opened = this.#open(new Request(url, { headers }));
    opened.catch(() => {
      if (this.#local === opened) this.#local = undefined;
    });
    return opened;
  }

  #open(bundle: Request | Blob): Promise<LocalEngine> {
    return openLocal(bundle, this.onProgress).finally(() => this.onProgress(undefined));
  }
}
