// deepspeech::conv2d: libtorch's convolution, but for its place under autocast. There it runs in bfloat16 where the
// processor has AMX, and else in float32: oneDNN's bfloat16 convolutions took one and a half times as long as its float32
// ones on AVX512-BF16.
#include <ATen/ATen.h>
#include <torch/library.h>

#include "amx_kernels.h"
#include "autocast.h"

namespace {

using at::Tensor;

Tensor conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias, at::IntArrayRef stride,
              at::IntArrayRef padding) {
  return at::conv2d(input, weight, bias, stride, padding);
}

Tensor conv2d_autocast(const Tensor& input, const Tensor& weight, const Tensor& bias, at::IntArrayRef stride,
                       at::IntArrayRef padding) {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCPU);
  if (has_amx()) return at::conv2d(autocast(input), autocast(weight), autocast(bias), stride, padding);
  return at::conv2d(input.to(weight.scalar_type()), weight, bias, stride, padding);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(deepspeech, library) {
  library.def("conv2d(Tensor input, Tensor weight, Tensor bias, int[2] stride, int[2] padding) -> Tensor", conv2d);
}

TORCH_LIBRARY_IMPL(deepspeech, AutocastCPU, library) { library.impl("conv2d", conv2d_autocast); }
