/**
 * Reads a multipart upload into memory, within bounds: of its size, of its pace, and of what it may hold. Multipart is
 * RFC 7578; @fastify/multipart parses it as it comes.
 */
import type { MultipartFile, MultipartValue } from "@fastify/multipart";
import type { FastifyRequest } from "fastify";
import { ApiError, badField } from "./api-error.js";
import { type Fields, fieldsOf } from "./fields.js";
import type { Limits } from "./options.js";
import { clientGone } from "./request-work.js";

/** Bounds of all that is not the file. */
export const MULTIPART_LIMITS = { fields: 64, fieldSize: 2 ** 16, fieldNameSize: 100, headerPairs: 20, parts: 66 };

/** What makes a part a file by itself, whatever its name. */
const BINARY_TYPE = "application/octet-stream";

export interface Upload {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What messages call the recording. */
  readonly fileName: string;
  /** The other fields. */
  readonly fields: Fields;
}

interface FilePart {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly givenName: string;
}

type UploadLimits = Pick<Limits, "maxUploadBytes" | "minUploadBytesPerSecond" | "paceSeconds">;

/** @throws ApiError 413 for a body that says that it is too large */
export function checkDeclaredSize({ headers }: FastifyRequest, { maxUploadBytes }: UploadLimits): void {
  if (Number(headers["content-length"] ?? 0) > maxUploadBytes) throw tooLarge(maxUploadBytes);
}

/** The bytes that a request's body may bring. */
export function expectedBytes({ headers }: FastifyRequest, { maxUploadBytes }: UploadLimits): number {
  return Number(headers["content-length"] ?? maxUploadBytes);
}

/** @throws ApiError 400, 408, 413 or 415 */
export async function readUpload(request: FastifyRequest, limits: UploadLimits): Promise<Upload> {
  if (!request.isMultipart()) {
    throw new ApiError(415, "Expected a body of type multipart/form-data, with the recording as its field file.", {
      code: "unsupported_content_type",
    });
  }
  const reading = readParts(request, limits);
  // Who gave up on the reading does not hear of its end.
  reading.catch(() => {});
  using pace = watchPace(request, limits);
  try {
    return await Promise.race([reading, pace.tooSlow]);
  } catch (error) {
    throw explain(error, limits);
  }
}

async function readParts(request: FastifyRequest, { maxUploadBytes }: UploadLimits): Promise<Upload> {
  const texts: [name: string, value: string][] = [];
  let file: FilePart | undefined;
  for await (const part of request.parts({ limits: { ...MULTIPART_LIMITS, fileSize: maxUploadBytes }, isPartAFile })) {
    if (part.type === "field") texts.push([part.fieldname, plainText(part)]);
    else if (part.fieldname !== "file") throw badField(part.fieldname, `"${part.fieldname}" must be text, not a file.`);
    else if (isText(part)) await refuseText(part);
    else if (file) throw badField("file", "There is more than one file; send one request for each.");
    else {
      const found = await readFilePart(part);
      if (!isUnchosen(found)) file = found;
    }
  }
  const fields = fieldsOf(texts);
  if (fields.has("file")) throw notAFile();
  if (!file) throw badField("file", "The recording is missing: send it as the field file.", "missing_field");
  return { bytes: file.bytes, fileName: file.givenName || "the recording", fields };
}

/** Text under the recording's name comes as files do, to be refused before it is read: fields come when they have ended. */
function isPartAFile(name: string | undefined, type: string | undefined, fileName: string | undefined): boolean {
  return name === "file" || type === BINARY_TYPE || fileName !== undefined;
}

function isText({ filename, mimetype }: MultipartFile): boolean {
  return (filename as string | undefined) === undefined && mimetype !== BINARY_TYPE;
}

/** At the first of it that is not blank, however long it is. An empty field is as absent. */
async function refuseText({ file }: MultipartFile): Promise<void> {
  for await (const chunk of file) if (String(chunk).trim() !== "") throw notAFile();
}

function notAFile(): ApiError {
  return badField("file", '"file" must be a file: give it a file name.');
}

async function readFilePart(part: MultipartFile): Promise<FilePart> {
  const { buffer, byteOffset, length } = await part.toBuffer();
  // A part may have a type that makes it a file, and no name.
  const givenName = (part.filename as string | undefined)?.trim() ?? "";
  return { bytes: new Uint8Array(buffer as ArrayBuffer, byteOffset, length), givenName };
}

/** What a browser's form sends where no file was chosen. */
function isUnchosen({ bytes, givenName }: FilePart): boolean {
  return bytes.length === 0 && givenName === "";
}

function plainText({ fieldname, value, valueTruncated }: MultipartValue): string {
  if (valueTruncated) throw badField(fieldname, `"${fieldname}" is longer than ${MULTIPART_LIMITS.fieldSize} bytes.`);
  if (typeof value !== "string") throw badField(fieldname, `"${fieldname}" must be plain text.`);
  return value;
}

interface PaceWatch extends Disposable {
  /** Rejects when the upload comes too slowly. */
  readonly tooSlow: Promise<never>;
}

function watchPace(request: FastifyRequest, { minUploadBytesPerSecond, paceSeconds }: UploadLimits): PaceWatch {
  let before = request.socket.bytesRead;
  let timer: ReturnType<typeof setInterval> | undefined;
  const tooSlow = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      const { bytesRead } = request.socket;
      const pace = (bytesRead - before) / paceSeconds;
      before = bytesRead;
      if (pace >= minUploadBytesPerSecond) return;
      const message = `The upload came at ${Math.round(pace)} bytes a second; at least ${minUploadBytesPerSecond} are needed.`;
      reject(new ApiError(408, message, { code: "upload_too_slow" }));
    }, 1000 * paceSeconds);
  });
  tooSlow.catch(() => {});
  return { tooSlow, [Symbol.dispose]: () => clearInterval(timer) };
}

function explain(error: unknown, { maxUploadBytes }: UploadLimits): ApiError {
  if (error instanceof ApiError) return error;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "FST_REQ_FILE_TOO_LARGE") return tooLarge(maxUploadBytes);
  if (code === "FST_MP_PREMATURE_CLOSE") return clientGone();
  if (code === "FST_FILES_LIMIT" || code === "FST_PARTS_LIMIT" || code === "FST_FIELDS_LIMIT") {
    const message = `The body has more than ${MULTIPART_LIMITS.fields} fields.`;
    return new ApiError(413, message, { code: "too_many_fields" });
  }
  // The parser has no codes for the rest: a missing boundary, a part without its headers, an end that never comes.
  const reason = error instanceof Error ? error.message.replace(/^Multipart: /, "") : String(error);
  return new ApiError(400, `The multipart body is malformed: ${reason}.`, { code: "malformed_body", cause: error });
}

function tooLarge(maxUploadBytes: number): ApiError {
  const limit = `${Number((maxUploadBytes / 2 ** 20).toFixed(3))} MiB`;
  const message = `The upload is larger than ${limit}; compress the recording, for example as Opus, or send it in parts.`;
  return new ApiError(413, message, { code: "upload_too_large", param: "file" });
}
