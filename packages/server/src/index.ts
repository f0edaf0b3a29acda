/** A server for one model bundle: see docs/serving.md. */

export { ApiError, type ApiErrorBody } from "./api-error.js";
export {
  DEFAULT_HOST,
  DEFAULT_LIMITS,
  DEFAULT_PORT,
  type Limits,
  LOG_LEVELS,
  type LogLevel,
  type ServerOptions,
} from "./options.js";
export { API_KEYS_VARIABLE, readApiKeys } from "./read-api-keys.js";
export { type RunningServer, startServer } from "./start-server.js";
