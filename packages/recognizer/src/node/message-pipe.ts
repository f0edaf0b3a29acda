/**
 * Messages between processes: whatever a structured clone takes. The memory of typed arrays goes beside what describes them,
 * through memory that is used again.
 *
 * Node's own channel makes several megabytes of garbage of each megabyte that goes over. Node counts them as memory that
 * waits to be freed, and where a program's own heap is small it collects all of its garbage several times a second for it:
 * with 100 live streams, a third of the processor time was that.
 */
import type { Socket } from "node:net";
import { DefaultSerializer, Deserializer } from "node:v8";

/** Bytes of what describes a message, and of its arrays. */
const HEADER_BYTES = 16;
/** Arrays of any kind begin at multiples of it. */
const ALIGNMENT = 8;
/** Messages beyond it, as a model's graph, are too rare for their memory to be kept. */
const MOST_KEPT_BYTES = 8 * 2 ** 20;
const MOST_KEPT = 4;

/** What a message may hold besides plain values. The order is the protocol's. */
const ARRAY_TYPES = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];
type AnyArray = InstanceType<(typeof ARRAY_TYPES)[number]>;

export class MessagePipe {
  readonly #socket: Socket;
  readonly #onMessage: (message: unknown) => unknown;
  /** Memory that no write is using. */
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  readonly #header = new Uint8Array(HEADER_BYTES);
  /** Of the message that is on its way in; undefined while its header is. */
  #body: Uint8Array<ArrayBuffer> | undefined;
  #numRead = 0;
  /** Memory of a message that is done with. */
  #spare: Uint8Array<ArrayBuffer> = new Uint8Array();

  /**
   * @param socket a pipe's end that nothing else uses; that the other end is gone is for others to tell
   * @param onMessage is given each message, whose arrays share memory of their own; where it returns true, they are not
   *   looked at again
   */
  constructor(socket: Socket, onMessage: (message: never) => unknown) {
    this.#socket = socket;
    this.#onMessage = onMessage as (message: unknown) => unknown;
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
  }

  /** Copies the message before it returns. */
  send(message: unknown): void {
    const { head, arrays } = parted(message);
    const bodyBytes = arrays.reduce((bytes, array) => bytes + aligned(array.byteLength), aligned(head.length));
    const memory = this.#memoryFor(HEADER_BYTES + bodyBytes);
    const frame = memory.subarray(0, HEADER_BYTES + bodyBytes);
    const header = new DataView(memory.buffer);
    header.setFloat64(0, head.length);
    header.setFloat64(8, bodyBytes);
    frame.set(head, HEADER_BYTES);
    let at = HEADER_BYTES + aligned(head.length);
    for (const { buffer, byteOffset, byteLength } of arrays) {
      frame.set(new Uint8Array(buffer, byteOffset, byteLength), at);
      at += aligned(byteLength);
    }
    this.#socket.write(frame, () => {
      if (memory.length <= MOST_KEPT_BYTES && this.#free.length < MOST_KEPT) this.#free.push(memory);
    });
  }

  #memoryFor(numBytes: number): Uint8Array<ArrayBuffer> {
    const fitting = this.#free.findIndex(({ length }) => length >= numBytes);
    if (fitting >= 0) return this.#free.splice(fitting, 1)[0]!;
    // One that is too small makes room for one that will do for most.
    this.#free.pop();
    return new Uint8Array(numBytes <= MOST_KEPT_BYTES ? 2 ** Math.ceil(Math.log2(numBytes)) : numBytes);
  }

  #bodyOf(numBytes: number): Uint8Array<ArrayBuffer> {
    if (this.#spare.length < numBytes) return new Uint8Array(numBytes);
    const body = this.#spare.subarray(0, numBytes);
    this.#spare = new Uint8Array();
    return body;
  }

  #take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const target = this.#body ?? this.#header;
      const part = bytes.subarray(at, at + target.length - this.#numRead);
      target.set(part, this.#numRead);
      this.#numRead += part.length;
      at += part.length;
      if (this.#numRead < target.length) return;
      this.#numRead = 0;
      const header = new DataView(this.#header.buffer);
      if (this.#body) {
        const body = this.#body;
        this.#body = undefined;
        const isDone = this.#onMessage(joined(body, header.getFloat64(0))) === true;
        if (isDone && body.buffer.byteLength <= MOST_KEPT_BYTES) this.#spare = new Uint8Array(body.buffer);
      } else this.#body = this.#bodyOf(header.getFloat64(8));
    }
  }
}

/** A message as bytes, and the arrays that these speak of. */
function parted(message: unknown): { head: Uint8Array; arrays: readonly AnyArray[] } {
  const writer = new HeadWriter();
  writer.writeHeader();
  writer.writeValue(message);
  return { head: writer.releaseBuffer(), arrays: writer.arrays };
}

function joined(body: Uint8Array<ArrayBuffer>, headBytes: number): unknown {
  const reader = new HeadReader(body, headBytes);
  reader.readHeader();
  return reader.readValue();
}

class HeadWriter extends DefaultSerializer {
  readonly arrays: AnyArray[] = [];

  /** Called for arrays. */
  _writeHostObject(array: AnyArray): void {
    const type = ARRAY_TYPES.findIndex((Type) => array instanceof Type);
    if (type < 0) throw new TypeError(`MessagePipe: ${array.constructor.name} is none of the arrays that it takes`);
    this.writeUint32(type);
    this.writeDouble(array.length);
    this.arrays.push(array);
  }
}

class HeadReader extends Deserializer {
  readonly #memory: ArrayBuffer;
  #at: number;

  constructor(body: Uint8Array<ArrayBuffer>, headBytes: number) {
    super(body.subarray(0, headBytes));
    this.#memory = body.buffer;
    this.#at = aligned(headBytes);
  }

  _readHostObject(): AnyArray {
    const Type = ARRAY_TYPES[this.readUint32()]!;
    const array = new Type(this.#memory, this.#at, this.readDouble());
    this.#at += aligned(array.byteLength);
    return array;
  }
}

function aligned(numBytes: number): number {
  return Math.ceil(numBytes / ALIGNMENT) * ALIGNMENT;
}
