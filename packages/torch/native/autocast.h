// What operators of ours cast to under autocast on the CPU.
#pragma once

#include <ATen/autocast_mode.h>
#include <torch/csrc/api/include/torch/version.h>

inline at::ScalarType autocast_dtype() {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  return at::autocast::get_autocast_dtype(at::kCPU);
#else
  return at::autocast::get_autocast_cpu_dtype();
#endif
}

// In the lower precision. A parameter is cast once for all its uses within one autocast.
inline at::Tensor autocast(const at::Tensor& tensor) {
  return at::autocast::cached_cast(autocast_dtype(), tensor, at::kCPU);
}
