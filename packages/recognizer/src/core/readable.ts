/** Streams of the web platform, which not every engine can iterate over: Safari cannot, nor could Chrome before 124. */

/** The part of a ReadableStream that is used: this folder is for every platform. */
export interface Readable<T> {
  getReader(): {
    read(): Promise<{ readonly done: false; readonly value: T } | { readonly done: true }>;
    cancel(): Promise<void>;
  };
}

export function isReadable(input: object): input is Readable<unknown> {
  return "getReader" in input && typeof input.getReader === "function";
}

/** Its pieces. Whoever stops before their end cancels the stream. */
export function piecesOf<T>(stream: Readable<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const reader = stream.getReader();
      return {
        next: async () => {
          const read = await reader.read();
          return read.done ? { done: true, value: undefined } : read;
        },
        return: async () => {
          await reader.cancel();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
