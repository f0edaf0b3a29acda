// The arithmetic of our own operators, vectorised: compiled once for each instruction set that a processor may have
// (kernels_*.cc), chosen at run time, so that one build serves every machine. No libtorch header is included here: code
// compiled for a newer processor must not leak into functions that the linker shares.
#pragma once

#include <type_traits>

#include "adamw_kernels.h"
#include "gru_kernels.h"
#include "norm_kernels.h"

struct Kernels {
  GruKernels<float> gru_float;
  GruKernels<Bf16> gru_bf16;
  NormKernels<float> norm_float;
  NormKernels<Bf16> norm_bf16;
  AdamWKernel adamw;
};

// The kernels for this machine.
const Kernels& kernels();

// Its gru_bf16 with the products of the way that is quickest (bf16_way.h).
const GruKernels<Bf16>& bf16_gru_kernels();

template <class Element>
const GruKernels<Element>& gru_kernels() {
  if constexpr (std::is_same_v<Element, float>) return kernels().gru_float;
  else return bf16_gru_kernels();
}

template <class Element>
const NormKernels<Element>& norm_kernels() {
  if constexpr (std::is_same_v<Element, float>) return kernels().norm_float;
  else return kernels().norm_bf16;
}
