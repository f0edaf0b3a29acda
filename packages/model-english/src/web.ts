/** Where the model lies, for pages. Bundlers copy the file that is named so, and put its address in the place. */

/** The bundle for pages, for `Recognizer.load`. */
export const englishModel: URL = new URL("../english-web.dsb", import.meta.url);
