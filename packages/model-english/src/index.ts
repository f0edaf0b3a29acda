/** Where the model lies, for Node: data and nothing else, so that whatever loads it chooses its own recogniser. */
import { fileURLToPath } from "node:url";

/** The bundle to recognise with: weights in 8 bits, a language model, tuned decoding. A path, for `Recognizer.load`. */
export const englishModel: string = fileURLToPath(new URL("../english.dsb", import.meta.url));

/** The bundle for pages: a smaller language model. A path, to serve it from and to train on from (`initFrom`). */
export const englishWebModel: string = fileURLToPath(new URL("../english-web.dsb", import.meta.url));
