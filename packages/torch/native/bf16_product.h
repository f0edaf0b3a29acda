// Matrix products of bfloat16 on the CPU, each by whichever way is fastest there.
#pragma once

#include <ATen/core/Tensor.h>

// a [m, k] · b [k, n] (+ bias [n]), all bfloat16, of any strides, with sums in float32.
at::Tensor bf16_product(const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias = {});

// The same for either dtype: float32 goes to BLAS.
at::Tensor product(const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias = {});
