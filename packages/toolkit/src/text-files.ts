export { readTextChunks, readTextFile, readTextFileSync } from "@deepspeech-ts/recognizer/system";
