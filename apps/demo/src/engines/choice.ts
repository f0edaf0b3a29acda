/** Which engine the visitor chose; the model of this machine is fetched when it is first needed. */
import type { LoadProgress } from "@deepspeech-ts/recognizer/web";
import { find } from "../find.js";
import type { Engine } from "./engine.js";
import { openLocal } from "./local-engine.js";
import { askServer, authorisation, ServerEngine } from "./server-engine.js";

/** Beside the page; another may be named in the page's address: ?bundle=URL. */
const BUNDLE = "model.dsb";

export class EngineChoice {
  readonly #key = find<HTMLInputElement>("api-key");
  readonly #places = [...document.querySelectorAll<HTMLInputElement>("[name=place]")];
  #local: Promise<Engine> | undefined;
  #server: ServerEngine | undefined;
  isLocked = false;
  onChange: () => void = () => {};

  constructor(readonly onProgress: (progress: LoadProgress) => void) {
    for (const place of this.#places) place.addEventListener("change", () => this.onChange());
    this.#key.addEventListener("change", () => void this.askServer());
    // Enter would send the form, which is to load the page anew.
    find("key").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.askServer();
    });
  }

  get isLocal(): boolean {
    return this.#places.find(({ checked }) => checked)?.value !== "server";
  }

  /** What the server's own model is called. */
  get model(): string {
    return this.#server?.model ?? "model";
  }

  get hasServer(): boolean {
    return this.#server !== undefined;
  }

  async askServer(): Promise<void> {
    const models = await askServer(this.#key.value);
    this.isLocked ||= models === "locked";
    find("key").hidden = !this.isLocked;
    const [model] = models === "locked" ? [] : (models ?? []);
    this.#server = model === undefined ? undefined : new ServerEngine(model, () => this.#key.value);
    for (const place of this.#places) if (place.value === "server") place.disabled = this.#server === undefined;
    this.onChange();
  }

  /** Takes another model for this machine. */
  useBundle(bundle: Blob): void {
    this.#local = this.#open(bundle);
  }

  engine(): Promise<Engine> {
    if (!this.isLocal && this.#server) return Promise.resolve(this.#server);
    const url = new URL(new URLSearchParams(location.search).get("bundle") ?? BUNDLE, document.baseURI);
    const isOwn = url.origin === location.origin;
    const headers = isOwn ? authorisation(this.#key.value) : {};
    this.#local ??= this.#open(new Request(url, { headers }));
    return this.#local;
  }

  #open(bundle: Request | Blob): Promise<Engine> {
    const opened = openLocal(bundle, this.onProgress);
    opened.catch(() => {
      if (this.#local === opened) this.#local = undefined;
    });
    return opened;
  }
}
