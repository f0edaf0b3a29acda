/** Weights made by rule, so that the full model's need no storing: see "Parameter fill" in test/fixtures/README.md. */

/** Elements of the parameter `name`, in row-major order. */
export function filledParameter(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const numel = shape.reduce((product, size) => product * size, 1);
  const [centre, scale] = rangeOf(name, shape, numel);
  const seed = fnv1a(name);
  return Float32Array.from({ length: numel }, (_, i) => centre + scale * (fmix32(fmix32(i) ^ seed) / 2 ** 32 - 0.5));
}

function rangeOf(name: string, shape: readonly number[], numel: number): [centre: number, scale: number] {
  if (shape.length >= 2) return [0, Math.sqrt(12 / (numel / shape[0]!)) * 2];
  return name.endsWith("layer_norm.weight") ? [1, 0.5] : [0, 0.2];
}

export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The finishing step of MurmurHash3. */
function fmix32(value: number): number {
  let x = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
