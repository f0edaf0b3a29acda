// bfloat16: the upper half of a float32. The same bits as libtorch's c10::BFloat16.
#pragma once

#include <cstdint>

struct Bf16 {
  uint16_t bits;
};
