// From tensors to the pointers that kernels take.
#pragma once

#include <ATen/core/Tensor.h>

#include "bf16.h"

template <class Element>
Element* data(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<Element*>(tensor.data_ptr()) : nullptr;
}

// Calls `run` with a null pointer to the element type of the tensor.
template <class Run>
void with_element_type(const at::Tensor& tensor, const Run& run) {
  if (tensor.scalar_type() == at::kBFloat16) run(static_cast<Bf16*>(nullptr));
  else run(static_cast<float*>(nullptr));
}
