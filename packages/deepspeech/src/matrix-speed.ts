/** How fast libtorch multiplies matrices: what decides how long a training takes. */
type Torch = typeof import("@deepspeech-ts/torch");

/** Billions of additions and multiplications a second, by the type of the matrices' numbers. */
export interface MatrixSpeed {
  float32: number;
  bfloat16: number;
}

/** @param threads of libtorch's. Default: as many as it has. */
export function measureMatrixSpeed(torch: Torch, threads = torch.numThreads()): MatrixSpeed {
  torch.setNumThreads(threads);
  return { float32: gigaflops(torch, "float32"), bfloat16: gigaflops(torch, "bfloat16") };
}

/** Of a product of two square matrices: the best of those within some twenty milliseconds, six at least. */
function gigaflops(torch: Torch, dtype: "float32" | "bfloat16"): number {
  const size = 512;
  const secondsOfBest = torch.tidy(() => {
    const matrix = torch.ones([size, size], { dtype });
    const times: number[] = [];
    const end = performance.now() + 20;
    while (times.length < 6 || performance.now() < end) {
      const start = performance.now();
      torch.tidy(() => void matrix.matmul(matrix));
      times.push((performance.now() - start) / 1000);
    }
    return Math.min(...times);
  });
  return (2 * size ** 3) / secondsOfBest / 1e9;
}
