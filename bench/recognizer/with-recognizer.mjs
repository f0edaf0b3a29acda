import { Recognizer } from "../../packages/recognizer/dist/index.js";

/** Gives `use` a recogniser that runs on one core, and closes it afterwards. */
export async function withRecognizer(bundle, use) {
  const recognizer = await Recognizer.load(bundle, { threads: 1 });
  try {
    return await use(recognizer);
  } finally {
    await recognizer.close();
  }
}
