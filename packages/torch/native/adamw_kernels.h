// One step of AdamW over an array of numbers (adamw.cc), in one pass over memory.
#pragma once

#include <cstdint>

struct AdamWStep {
  float beta1, beta2;
  float rest1, rest2;     // 1 − beta, rounded once
  float eps;
  float step_size;        // learning rate / (1 − beta1ᵗ)
  float root_correction;  // √(1 − beta2ᵗ)
};

// keep: 1 − learning rate · weight decay.
using AdamWKernel = void (*)(int64_t count, const AdamWStep& step, float keep, float* parameter, const float* gradient,
                             float* exp_avg, float* exp_avg_sq);
