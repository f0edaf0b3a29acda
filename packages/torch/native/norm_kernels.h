// Layer normalisation, GELU and dropout over rows of a matrix, in one pass over memory each way.
#pragma once

#include "bf16.h"

// Which elements are dropped is a function of seed, row and column alone: the backward pass computes it again.
struct Dropout {
  uint64_t seed;
  uint32_t threshold;  // an element whose random word is below it is dropped; 0: none is
  float scale;         // of what is kept

  bool drops() const { return threshold != 0; }
};

// Element is the dtype of tensors in memory, float or Bf16; arithmetic is float32. Matrices are [rows, size], row-major.
template <class Element>
struct NormKernels {
  // y = dropout(gelu((x − mean) · rstd · weight + bias)), with mean and rstd = 1 / √(variance + eps) of each row, which
  // are left in stats [rows, 2]. `first_row` is the number of the first row for dropout.
  void (*forward)(int64_t rows, int64_t size, const Element* x, const float* weight, const float* bias, float eps,
                  const Dropout& dropout, int64_t first_row, Element* y, float* stats);

  // Its derivative, with gelu and dropout computed again. Adds to grad_weight [size] and grad_bias [size]; scratch [2·size].
  void (*backward)(int64_t rows, int64_t size, const Element* x, const float* weight, const float* bias,
                   const float* stats, const Dropout& dropout, int64_t first_row, const Element* grad_y,
                   Element* grad_x, float* grad_weight, float* grad_bias, float* scratch);

  // y = dropout(x), which is also how its gradient comes back.
  void (*dropout)(int64_t rows, int64_t size, const Element* x, const Dropout& dropout, int64_t first_row, Element* y);
};
