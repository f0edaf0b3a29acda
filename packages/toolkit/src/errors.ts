export {
  errorMessage,
  systemErrorCode,
  UserError,
  type UserErrorCode,
  type UserErrorOptions,
} from "@deepspeech-ts/recognizer/system";
