// deepspeech::conv2d: libtorch's convolution, but for its place under autocast. There it runs in bfloat16 or in float32,
// whichever is quicker: oneDNN's bfloat16 convolutions took one and a half times as long as its float32 ones on an AVX512-BF16
// of Intel's, and a fraction with AMX.
#include <ATen/ATen.h>
#include <torch/library.h>

#include "autocast.h"
#include "bf16_way.h"
#include "cpu_features.h"

namespace {

using at::Tensor;

Tensor conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias, at::IntArrayRef stride,
              at::IntArrayRef padding) {
  return at::conv2d(input, weight, bias, stride, padding);
}

bool is_bf16_quicker() { return way_of(Bf16Work::kConvolutions) == Bf16Way::kOneDnn; }

Tensor conv2d_autocast(const Tensor& input, const Tensor& weight, const Tensor& bias, at::IntArrayRef stride,
                       at::IntArrayRef padding) {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCPU);
  if (is_bf16_quicker()) return at::conv2d(autocast(input), autocast(weight), autocast(bias), stride, padding);
  return at::conv2d(input.to(weight.scalar_type()), weight, bias, stride, padding);
}

}  // namespace

const Bf16Ways& bf16_convolution_ways() {
  static const Bf16Ways ways = [] {
    std::vector<Bf16Way> candidates;
    if (cpu_has_avx512_bf16()) candidates.push_back(Bf16Way::kOneDnn);
    candidates.push_back(Bf16Way::kFloat32);
    // A residual block's: 32 channels, 40 bands, 3 × 3.
    constexpr int64_t kChannels = 32, kBands = 40, kFrames = 100, kSize = 3;
    const Tensor input = at::ones({4, kChannels, kBands, kFrames}), weight = at::ones({kChannels, kChannels, kSize, kSize});
    const double flop = 2.0 * input.numel() * kChannels * kSize * kSize;
    return choose_way(candidates, flop, [&](Bf16Way way) {
      const auto dtype = way == Bf16Way::kOneDnn ? at::kBFloat16 : at::kFloat;
      at::conv2d(input.to(dtype), weight.to(dtype), {}, 1, 1);
    });
  }();
  return ways;
}

TORCH_LIBRARY_FRAGMENT(deepspeech, library) {
  library.def("conv2d(Tensor input, Tensor weight, Tensor bias, int[2] stride, int[2] padding) -> Tensor", conv2d);
}

TORCH_LIBRARY_IMPL(deepspeech, AutocastCPU, library) { library.impl("conv2d", conv2d_autocast); }
