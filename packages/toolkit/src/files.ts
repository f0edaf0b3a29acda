export {
  createFolder,
  explainReadError,
  explainWriteError,
  type FileWriter,
  readFileOrExplain,
  requireWritable,
  spellingOnDisk,
  withSpellingOnDisk,
  writeFileAtomically,
  writeFileAtomicallySync,
} from "@deepspeech-ts/recognizer/system";
