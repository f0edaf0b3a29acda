/** The modules of assembly/, as tools/build-assembly.mjs keeps them. */

/** The part of it that is used: this folder is for every platform, and none of their types are known to it. */
declare const WebAssembly: {
  Memory: new (limits: { initial: number }) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: Record<string, unknown> };
};

const PAGE_BYTES = 65_536;

export interface Assembly {
  /** What the module exports; addresses are in bytes. */
  readonly exports: Readonly<Record<string, (...numbers: number[]) => void>>;
  /** Its memory, of at least so many bytes. Views of it are there until it grows. */
  memory(numBytes: number): ArrayBuffer;
}

/**
 * A module of its own memory.
 *
 * @param digits hexadecimal
 * @throws what WebAssembly does where it is forbidden, or has no vectors
 */
export function startAssembly(digits: string): Assembly {
  const bytes = Uint8Array.from(digits.match(/../g) as string[], (pair) => Number.parseInt(pair, 16));
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return {
    exports: exports as Assembly["exports"],
    memory(numBytes) {
      const missingBytes = numBytes - memory.buffer.byteLength;
      if (missingBytes > 0) memory.grow(Math.ceil(missingBytes / PAGE_BYTES));
      return memory.buffer;
    },
  };
}
