// oneDNN 2.6 reaches half of what AVX512-BF16 can do on some processors, and AMX nearly all: which way is taken is measured
// (bf16_way.h).
#include "bf16_product.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "bf16_way.h"
#include "cpu_features.h"
#include "half_kernels.h"
#include "parallel.h"
#include "tensor_data.h"

namespace {

using at::Tensor;

constexpr int64_t kCacheBytes = 1 << 20;  // what a block of A's panels may take of the second cache

int64_t divided_up(int64_t value, int64_t by) { return (value + by - 1) / by; }

// One side of a product: lines of k numbers, cut into panels.
struct Side {
  const Bf16* matrix;
  int64_t lines, k, line_stride, k_stride;
  int64_t panel_lines, panel_bytes;
  Tensor up, panels;

  Side(const Tensor& lines_by_k, int64_t panel_lines, int64_t bytes_each)
      : matrix(data<Bf16>(lines_by_k)), lines(lines_by_k.size(0)), k(lines_by_k.size(1)),
        line_stride(lines_by_k.stride(0)), k_stride(lines_by_k.stride(1)), panel_lines(panel_lines),
        panel_bytes(k * panel_lines * bytes_each), up(at::empty({lines}, at::kFloat)),
        panels(at::empty({num_panels() * panel_bytes}, at::kByte)) {}

  int64_t num_panels() const { return divided_up(lines, panel_lines); }
  uint8_t* panel(int64_t i) const { return panels.data_ptr<uint8_t>() + i * panel_bytes; }
  float* ups(int64_t i) const { return up.data_ptr<float>() + i * panel_lines; }
  int64_t lines_of(int64_t i) const { return std::min(panel_lines, lines - i * panel_lines); }

  template <class Stored>
  void pack(const HalfKernels& kernels, HalfKernels::Pack<Stored> pack_panel) const {
    run_parallel(num_panels(), 1, [&](int64_t begin, int64_t end) {
      const int64_t first = begin * panel_lines, count = std::min(end * panel_lines, lines) - first;
      kernels.scales(first, count, k, matrix, line_stride, k_stride, up.data_ptr<float>());
      for (int64_t i = begin; i < end; i++)
        pack_panel(lines_of(i), k, matrix + i * panel_lines * line_stride, line_stride, k_stride, ups(i),
                   reinterpret_cast<Stored*>(panel(i)));
    });
  }
};

Tensor half_product(const HalfKernels& kernels, const Tensor& a, const Tensor& b, const Tensor& bias) {
  const Side rows(a, kernels.rows, sizeof(uint32_t)), columns(b.t(), kernels.columns, sizeof(uint16_t));
  rows.pack(kernels, kernels.pack_a);
  columns.pack(kernels, kernels.pack_b);
  const Tensor result = at::empty({rows.lines, columns.lines}, a.options());
  Bf16* const c = data<Bf16>(result);
  const Bf16* const added = data<const Bf16>(bias);
  const int64_t block = std::clamp<int64_t>(kCacheBytes / std::max<int64_t>(1, rows.panel_bytes), 1,
                                            std::max<int64_t>(1, rows.num_panels()));
  const int64_t num_blocks = divided_up(rows.num_panels(), block);
  run_parallel(num_blocks * columns.num_panels(), 1, [&](int64_t begin, int64_t end) {
    alignas(64) float tile[HalfKernels::kLargestTile];
    for (int64_t task = begin; task < end; task++) {
      const int64_t first = task / columns.num_panels() * block, j = task % columns.num_panels();
      for (int64_t i = first; i < std::min(first + block, rows.num_panels()); i++) {
        kernels.multiply(rows.k, reinterpret_cast<const uint32_t*>(rows.panel(i)),
                         reinterpret_cast<const uint16_t*>(columns.panel(j)), tile);
        const int64_t column = j * kernels.columns;
        kernels.write(rows.lines_of(i), columns.lines_of(j), tile, rows.ups(i), columns.ups(j),
                      added == nullptr ? nullptr : added + column, c + i * kernels.rows * columns.lines + column,
                      columns.lines);
      }
    }
  });
  return result;
}

Tensor by_libtorch(const Tensor& a, const Tensor& b, const Tensor& bias) {
  return bias.defined() ? at::addmm(bias, a, b) : at::mm(a, b);
}

#if defined(__x86_64__) || defined(_M_X64)
bool onednn_has_bf16() { return cpu_has_avx512(); }
#else
bool onednn_has_bf16() { return true; }
#endif

Tensor product_by(Bf16Way way, const Tensor& a, const Tensor& b, const Tensor& bias) {
  if (way == Bf16Way::kOneDnn) {
    // libtorch would do without oneDNN there, and add up in bfloat16.
    TORCH_CHECK_VALUE(onednn_has_bf16(), "DEEPSPEECH_BF16 is onednn: this processor has no AVX-512");
    return by_libtorch(a, b, bias);
  }
  if (way == Bf16Way::kHalf) {
    TORCH_CHECK_VALUE(half_kernels() != nullptr, "DEEPSPEECH_BF16 is half: this processor has no AVX512-FP16");
    return half_product(*half_kernels(), a, b, bias.defined() ? bias.contiguous() : bias);
  }
  const Tensor wide_bias = bias.defined() ? bias.to(at::kFloat) : bias;
  return by_libtorch(a.to(at::kFloat), b.to(at::kFloat), wide_bias).to(at::kBFloat16);
}

}  // namespace

const Bf16Ways& bf16_product_ways() {
  static const Bf16Ways ways = [] {
    std::vector<Bf16Way> candidates;
    if (cpu_has_avx512_bf16()) candidates.push_back(Bf16Way::kOneDnn);
    if (half_kernels() != nullptr) candidates.push_back(Bf16Way::kHalf);
    candidates.push_back(Bf16Way::kFloat32);
    constexpr int64_t kRows = 256, kTerms = 512, kColumns = 512;
    const auto matrix = [](int64_t rows, int64_t columns) { return at::ones({rows, columns}, at::kBFloat16); };
    const Tensor a = matrix(kRows, kTerms), b = matrix(kTerms, kColumns);
    return choose_way(candidates, 2.0 * kRows * kTerms * kColumns, [&](Bf16Way way) { product_by(way, a, b, {}); });
  }();
  return ways;
}

Tensor bf16_product(const Tensor& a, const Tensor& b, const Tensor& bias) {
  return product_by(way_of(Bf16Work::kProducts), a, b, bias);
}

Tensor product(const Tensor& a, const Tensor& b, const Tensor& bias) {
  return a.scalar_type() == at::kBFloat16 ? bf16_product(a, b, bias) : by_libtorch(a, b, bias);
}
