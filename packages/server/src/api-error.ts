/** Errors as OpenAI's API tells them, so that its clients understand them: an HTTP status and a body of one shape. */
import { RecognizerError, type RecognizerErrorCode } from "@deepspeech-ts/recognizer";

export interface ApiErrorDetails {
  /** What scripts may test. */
  readonly code: string;
  /** The request's field that is at fault. */
  readonly param?: string;
  /** Seconds after which to try again. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

export interface ApiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

/** An answer other than success. Its message is for the client's reader. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** What the client is answered; Fastify reads it, too. */
  readonly statusCode: number;
  readonly details: ApiErrorDetails;

  constructor(statusCode: number, message: string, details: ApiErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.statusCode = statusCode;
    this.details = details;
  }

  get body(): ApiErrorBody {
    const { code, param = null } = this.details;
    return { error: { message: this.message, type: typeOf(this.statusCode), param, code } };
  }
}

/** A field of the request cannot be used: 400. */
export function badField(param: string, message: string, code = "invalid_value"): ApiError {
  return new ApiError(400, message, { code, param });
}

/** The server is stopping: 503. */
export function shuttingDown(): ApiError {
  return new ApiError(503, "The server is shutting down; try again.", { code: "shutting_down", retryAfterSeconds: 1 });
}

const RECOGNIZER_ANSWERS: Partial<Record<RecognizerErrorCode, { status: number; code: string; param?: string }>> = {
  "bad-audio": { status: 400, code: "invalid_audio", param: "file" },
  "bad-argument": { status: 400, code: "invalid_value" },
  "too-long": { status: 413, code: "audio_too_long", param: "file" },
  "alignment-infeasible": { status: 400, code: "alignment_infeasible", param: "text" },
  closed: { status: 503, code: "shutting_down" },
};

/** Whatever was thrown, as an answer. What is no error of the client's becomes a 500 that gives nothing away. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof RecognizerError) {
    const answer = RECOGNIZER_ANSWERS[error.code];
    if (answer) return new ApiError(answer.status, error.message, { ...answer, cause: error });
  }
  const status = statusOf(error);
  if (status !== undefined && error instanceof Error) {
    return new ApiError(status, error.message, { code: "invalid_request", cause: error });
  }
  return new ApiError(500, "The server failed at this request; its log says why.", {
    code: "internal_error",
    cause: error,
  });
}

/** The status of an error of Fastify's own that the client has caused. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === "number" && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

function typeOf(statusCode: number): string {
  if (statusCode === 401) return "authentication_error";
  if (statusCode === 429) return "rate_limit_error";
  return statusCode >= 500 ? "server_error" : "invalid_request_error";
}
