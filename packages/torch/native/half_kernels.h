// Products of bfloat16 matrices in half-precision arithmetic (AVX512-FP16), for processors that have it and lack AMX:
// there it does twice the work of float32's a cycle, where AVX512-BF16's own instruction does half of it.
//
// A bfloat16 number has 8 significant bits and a half 11, so brought near 1 by a power of two every number that matters
// to a sum becomes a half without loss. Halves are added up for kChunk terms and the sum then goes to float32, which
// adds an error like that of one rounding to bfloat16.
#pragma once

#include <cstdint>

#include "bf16.h"

struct HalfKernels {
  static constexpr int64_t kLargestTile = 1024;

  // Rows of A that are computed together, and columns of B; no more than a largest tile.
  int64_t rows, columns;

  // The powers of two (`up`, exactly representable) that bring the numbers of each line to at most 1, for lines
  // first…first + count of a matrix; element k of a line is at line · line_stride + k · k_stride.
  void (*scales)(int64_t first, int64_t count, int64_t k, const Bf16* matrix, int64_t line_stride, int64_t k_stride,
                 float* up);

  // One panel of A, [k, rows] of pairs of the same half; or of B, [k, columns] halves. Lines that are lacking are zero.
  template <class Stored>
  using Pack = void (*)(int64_t count, int64_t k, const Bf16* matrix, int64_t line_stride, int64_t k_stride,
                        const float* up, Stored* panel);
  Pack<uint32_t> pack_a;
  Pack<uint16_t> pack_b;

  // tile [rows, columns] = panel of A · panel of B, still scaled.
  void (*multiply)(int64_t k, const uint32_t* a, const uint16_t* b, float* tile);

  // c [m, n] of one tile = tile / (up_a · up_b) + bias. bias may be null.
  void (*write)(int64_t m, int64_t n, const float* tile, const float* up_a, const float* up_b, const Bf16* bias, Bf16* c,
                int64_t c_stride);

  // For a GRU's steps, as GruKernels<Bf16>::multiply, with weights that `to_halves` has converted in place.
  void (*to_halves)(int64_t num_panels, int64_t k, Bf16* packed);
  void (*multiply_step)(int64_t rows, int64_t n, int64_t k, const float* a, const Bf16* w, float* c, bool accumulate,
                        bool backwards);
};

// Null where the processor has no such arithmetic.
const HalfKernels* half_kernels();
