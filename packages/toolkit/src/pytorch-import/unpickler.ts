/**
 * Reads pickles, Python's serialised objects (protocols 2 to 5, https://docs.python.org/3/library/pickle.html and the
 * comments of CPython's pickletools.py), without Python and without running anything: see known-globals.ts.
 *
 * Only the instructions are known that Python 3 writes in these protocols and Python 2 wrote in protocol 2. A pickle
 * is a flat list of them, so no nesting can exhaust a stack here, and each makes one small value of its own.
 */
import type { ByteCursor } from "./checkpoint-file.js";
import { type PersistentLoad, PickleMachine } from "./pickle-machine.js";

/** Above it, an integer is corrupt: nothing in a checkpoint has more than torch.save's magic number of ten bytes. */
const MAX_INTEGER_BYTES = 256;
const NEWEST_PROTOCOL = 5;
const STOP = 0x2e;

/**
 * Reads one pickle, from the cursor to its STOP. The cursor then stands after it.
 *
 * @throws UserError for a pickle that is truncated or corrupt, or names what no checkpoint needs
 */
export function unpickle(cursor: ByteCursor, persistentLoad: PersistentLoad): unknown {
  const machine = new PickleMachine(cursor, persistentLoad);
  for (let code = cursor.uint8(); code !== STOP; code = cursor.uint8()) {
    const instruction = INSTRUCTIONS.get(code);
    if (instruction === undefined) {
      const hexadecimal = code.toString(16).padStart(2, "0");
      return machine.fail(`is corrupt, or not of torch.save: its pickle holds 0x${hexadecimal} as an instruction`);
    }
    instruction(machine);
  }
  return machine.pop();
}

type Instruction = (machine: PickleMachine) => void;

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

/** Pushes what is read of the bytes that follow a length. */
function sized(lengthOf: (cursor: ByteCursor) => number, read: (bytes: Uint8Array) => unknown): Instruction {
  return (m) => m.push(read(m.cursor.take(lengthOf(m.cursor))));
}

const byte = (cursor: ByteCursor) => cursor.uint8();
const word = (cursor: ByteCursor) => cursor.uint32();
const long = (cursor: ByteCursor) => cursor.uint64();

const INSTRUCTIONS: ReadonlyMap<number, Instruction> = new Map<number, Instruction>([
  [0x80, protocol],
  [0x95, (m) => void m.cursor.take(8)], // FRAME: a hint for readers of streams

  // Constants
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x4b, (m) => m.push(m.cursor.uint8())], // BININT1
  [0x4d, (m) => m.push(m.cursor.uint16())], // BININT2
  [0x4a, (m) => m.push(m.cursor.view(4).getInt32(0, true))], // BININT
  [0x8a, (m) => integer(m, m.cursor.uint8())], // LONG1
  [0x8b, (m) => integer(m, m.cursor.uint32())], // LONG4
  [0x47, (m) => m.push(m.cursor.view(8).getFloat64(0))], // BINFLOAT, the one big-endian number
  [0x8c, sized(byte, text)], // SHORT_BINUNICODE
  [0x58, sized(word, text)], // BINUNICODE
  [0x8d, sized(long, text)], // BINUNICODE8
  [0x55, sized(byte, latin1)], // SHORT_BINSTRING: Python 2's str
  [0x54, sized(word, latin1)], // BINSTRING
  [0x43, sized(byte, (bytes) => bytes.slice())], // SHORT_BINBYTES
  [0x42, sized(word, (bytes) => bytes.slice())], // BINBYTES
  [0x8e, sized(long, (bytes) => bytes.slice())], // BINBYTES8
  [0x96, sized(long, (bytes) => bytes.slice())], // BYTEARRAY8

  // The stack and the memo
  [0x28, (m) => m.mark()], // MARK
  [0x30, (m) => void m.pop()], // POP
  [0x31, (m) => void m.popMark()], // POP_MARK
  [0x32, (m) => m.push(m.top())], // DUP
  [0x71, (m) => m.remember(m.cursor.uint8())], // BINPUT
  [0x72, (m) => m.remember(m.cursor.uint32())], // LONG_BINPUT
  [0x94, (m) => m.remember()], // MEMOIZE
  [0x68, (m) => m.recall(m.cursor.uint8())], // BINGET
  [0x6a, (m) => m.recall(m.cursor.uint32())], // LONG_BINGET

  // Collections
  [0x5d, (m) => m.push([])], // EMPTY_LIST
  [0x6c, (m) => m.push(m.popMark())], // LIST
  [0x61, append], // APPEND
  [0x65, (m) => m.extendTop(m.popMark())], // APPENDS
  [0x29, (m) => m.push([])], // EMPTY_TUPLE
  [0x85, (m) => tuple(m, 1)], // TUPLE1
  [0x86, (m) => tuple(m, 2)], // TUPLE2
  [0x87, (m) => tuple(m, 3)], // TUPLE3
  [0x74, (m) => m.push(m.popMark())], // TUPLE
  [0x7d, (m) => m.push(new Map())], // EMPTY_DICT
  [0x64, dict], // DICT
  [0x73, setItem], // SETITEM
  [0x75, (m) => m.setTop(m.popMark())], // SETITEMS
  [0x8f, (m) => m.push(new Set())], // EMPTY_SET
  [0x90, (m) => m.extendTop(m.popMark())], // ADDITEMS
  [0x91, (m) => m.push(new Set(m.popMark()))], // FROZENSET

  // Classes, functions, and what they make
  [0x63, (m) => m.pushGlobal(m.cursor.line(), m.cursor.line())], // GLOBAL
  [0x93, stackGlobal], // STACK_GLOBAL
  [0x52, (m) => m.construct(m.pop(), m.pop())], // REDUCE
  [0x81, (m) => m.construct(m.pop(), m.pop())], // NEWOBJ
  [0x92, newObjectWithKeywords], // NEWOBJ_EX
  [0x62, build], // BUILD
  [0x51, (m) => m.push(m.persistentLoad(m.pop(), m.fail))], // BINPERSID
]);

function protocol(m: PickleMachine): void {
  const version = m.cursor.uint8();
  if (version > NEWEST_PROTOCOL) m.fail(`is a pickle of protocol ${version}; up to ${NEWEST_PROTOCOL} can be read`);
}

/** Two's complement, little-endian; a bigint where a number would be inexact. */
function integer(m: PickleMachine, length: number): void {
  if (length > MAX_INTEGER_BYTES) m.fail(`is corrupt: its pickle holds an integer of ${length} bytes`);
  const digits = Buffer.from(m.cursor.take(length)).reverse().toString("hex");
  const value = BigInt.asIntN(8 * length, BigInt(`0x${digits || "0"}`));
  m.push(Number.isSafeInteger(Number(value)) ? Number(value) : value);
}

function tuple(m: PickleMachine, length: number): void {
  m.push(Array.from({ length }, () => m.pop()).reverse());
}

function dict(m: PickleMachine): void {
  const items = m.popMark();
  m.push(new Map());
  m.setTop(items);
}

function append(m: PickleMachine): void {
  const value = m.pop();
  m.extendTop([value]);
}

function setItem(m: PickleMachine): void {
  const value = m.pop();
  m.setTop([m.pop(), value]);
}

function stackGlobal(m: PickleMachine): void {
  const name = m.pop();
  m.pushGlobal(m.pop(), name);
}

/** Attributes: nothing here has any. The object they are for stays. */
function build(m: PickleMachine): void {
  m.pop();
  m.top();
}

function newObjectWithKeywords(m: PickleMachine): void {
  m.pop();
  m.construct(m.pop(), m.pop());
}
