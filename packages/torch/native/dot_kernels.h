// A GRU's products in bfloat16 by AVX512-BF16's vdpbf16ps, which multiplies pairs of bfloat16 numbers and adds both products
// to a float32 sum: twice the work of a float32's instruction, where the processor runs as many of them a cycle.
//
// Weights are bfloat16 as they come. The state stays float32 from step to step; what enters the product is its rounding, as in
// oneDNN's and cuDNN's own GRUs. In two parts, as AMX has it (amx_kernels.h), it would take as many instructions as float32 does.
#pragma once

#include "gru_kernels.h"

// Puts the product into the kernels, and tells whether it could: where libtorch's ATEN_CPU_CAPABILITY does not forbid it, and the
// processor has the instruction. `standing_in` takes two of AVX-512's own for it where it is lacking, to be tried there.
bool set_dot_product(GruKernels<Bf16>& kernels, bool standing_in = false);
