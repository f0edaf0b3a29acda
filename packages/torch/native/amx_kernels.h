// A GRU's products in bfloat16 by AMX, which multiplies tiles of 16 × 32 by 32 × 16 numbers and adds them up in float32.
//
// Weights are bfloat16 as they come. The state and its gradients are float32 and would lose two thirds of their digits:
// each goes in as the sum of two bfloat16 numbers, what the first leaves over being the second. That takes two tiles
// instead of one, and with the few rows of a step AMX still waits for the weights and not for them.
#pragma once

#include "gru_kernels.h"

// Whether the processor has AMX, and oneDNN's own ONEDNN_MAX_CPU_ISA does not forbid it.
bool has_amx();

// Puts the product into the kernels where processor and system allow it, and tells whether they do.
bool set_amx_product(GruKernels<Bf16>& kernels);
