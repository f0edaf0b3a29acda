// deepspeech::norm_gelu_dropout: dropout(gelu(layer_norm(x))) over the last axis, with frames beyond each utterance's
// length set to zero; and deepspeech::dropout. One pass over memory each way, and nothing kept for the backward pass but
// the input and two numbers a row: the rest is computed again, which is cheaper than to write it and read it back.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>

#include "kernels.h"
#include "parallel.h"
#include "tensor_data.h"

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;

constexpr int64_t kGrainElements = 1 << 14;

// Rows that are worth a thread's start.
int64_t grain(int64_t size) { return std::max<int64_t>(1, kGrainElements / std::max<int64_t>(1, size)); }

// ── Dropout ─────────────────────────────────────────────────────────────────────────────────────────────────────────

// The seed comes from libtorch's default generator, so that whoever restores its state gets the same masks.
Dropout draw_dropout(double p) {
  TORCH_CHECK_VALUE(p >= 0 && p < 1, "deepspeech: the dropout probability must be in [0, 1), found ", p);
  if (p == 0) return {0, 0, 1};
  auto* const generator = at::check_generator<at::CPUGeneratorImpl>(at::detail::getDefaultCPUGenerator());
  const std::lock_guard<std::mutex> lock(generator->mutex_);
  const auto threshold = static_cast<uint32_t>(std::min(p * 4294967296.0, 4294967295.0));
  return {generator->random64(), threshold, static_cast<float>(1 / (1 - p))};
}

void save_dropout(AutogradContext* context, const Dropout& dropout) {
  context->saved_data["seed"] = static_cast<int64_t>(dropout.seed);
  context->saved_data["threshold"] = static_cast<int64_t>(dropout.threshold);
  context->saved_data["scale"] = static_cast<double>(dropout.scale);
}

Dropout saved_dropout(AutogradContext* context) {
  return {static_cast<uint64_t>(context->saved_data["seed"].toInt()),
          static_cast<uint32_t>(context->saved_data["threshold"].toInt()),
          static_cast<float>(context->saved_data["scale"].toDouble())};
}

void check_element_type(const char* name, const Tensor& input) {
  TORCH_CHECK_TYPE(input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16, "deepspeech::", name,
                   ": input must be float32 or bfloat16, found ", input.scalar_type());
}

Tensor run_dropout(const Tensor& input, const Dropout& dropout) {
  check_element_type("dropout", input);
  const Tensor x = input.contiguous();
  const Tensor y = at::empty_like(x);
  const int64_t size = x.dim() == 0 ? 1 : x.size(-1), rows = size == 0 ? 0 : x.numel() / size;
  with_element_type(x, [&](auto* element) {
    using Element = std::remove_pointer_t<decltype(element)>;
    run_parallel(rows, grain(size), [&](int64_t begin, int64_t end) {
      norm_kernels<Element>().dropout(end - begin, size, data<Element>(x) + begin * size, dropout, begin,
                                      data<Element>(y) + begin * size);
    });
  });
  return y;
}

// ── The rows of a batch ─────────────────────────────────────────────────────────────────────────────────────────────

// An input [B, ..., T, N] as B · … · T rows of N numbers, of which those with t below the utterance's length are valid.
struct Rows {
  int64_t count, size, frames, rows_per_utterance;
  std::vector<int64_t> lengths;  // empty: all are valid

  // Calls valid(first, count) and padded(first, count) for the runs of rows in [begin, end).
  template <class Valid, class Padded>
  void for_runs(int64_t begin, int64_t end, const Valid& valid, const Padded& padded) const {
    if (lengths.empty()) return valid(begin, end - begin);
    for (int64_t row = begin; row < end;) {
      const int64_t t = row % frames, length = lengths[row / rows_per_utterance];
      const bool is_valid = t < length;
      const int64_t run = std::min(end - row, (is_valid ? length : frames) - t);
      if (is_valid) valid(row, run);
      else padded(row, run);
      row += run;
    }
  }
};

Rows checked_rows(const Tensor& input, const Tensor& weight, const Tensor& bias, at::OptionalIntArrayRef lengths) {
  TORCH_CHECK_VALUE(input.dim() >= 2, "deepspeech::norm_gelu_dropout: input must be [B, ..., T, N], found ", input.sizes());
  check_element_type("norm_gelu_dropout", input);
  const int64_t size = input.size(-1), frames = input.size(-2);
  for (const Tensor& each : {weight, bias})
    TORCH_CHECK_VALUE(each.is_cpu() && each.scalar_type() == at::kFloat && each.dim() == 1 && each.size(0) == size,
                      "deepspeech::norm_gelu_dropout: weight and bias must be float32 [", size, "] on the CPU, found ",
                      each.toString(), " ", each.sizes());
  const int64_t count = size == 0 ? 0 : input.numel() / size;
  Rows rows{count, size, frames, input.size(0) == 0 ? 0 : count / input.size(0), {}};
  if (!lengths.has_value()) return rows;
  TORCH_CHECK_VALUE(static_cast<int64_t>(lengths->size()) == input.size(0), "deepspeech::norm_gelu_dropout: found ",
                    lengths->size(), " lengths for a batch of ", input.size(0));
  for (const int64_t length : *lengths)
    TORCH_CHECK_VALUE(length >= 0 && length <= frames, "deepspeech::norm_gelu_dropout: lengths must be in 0…", frames,
                      ", found ", length);
  rows.lengths = lengths->vec();
  return rows;
}

// ── The norm ────────────────────────────────────────────────────────────────────────────────────────────────────────

// The output, and stats [rows, 2].
std::pair<Tensor, Tensor> run_forward(const Rows& rows, const Tensor& x, const Tensor& weight, const Tensor& bias,
                                      double eps, const Dropout& dropout) {
  const Tensor y = at::empty_like(x), stats = at::empty({rows.count, 2}, weight.options());
  const float *const w = data<float>(weight), *const b = data<float>(bias);
  float* const s = data<float>(stats);
  with_element_type(x, [&](auto* element) {
    using Element = std::remove_pointer_t<decltype(element)>;
    const Element* const from = data<Element>(x);
    Element* const to = data<Element>(y);
    const auto valid = [&](int64_t first, int64_t count) {
      norm_kernels<Element>().forward(count, rows.size, from + first * rows.size, w, b, static_cast<float>(eps), dropout,
                                      first, to + first * rows.size, s + first * 2);
    };
    const auto padded = [&](int64_t first, int64_t count) {
      std::fill_n(to + first * rows.size, count * rows.size, Element{});
    };
    run_parallel(rows.count, grain(rows.size),
                 [&](int64_t begin, int64_t end) { rows.for_runs(begin, end, valid, padded); });
  });
  return {y, stats};
}

// Gradients of input, weight and bias. Each thread adds up its own share of the latter two.
torch::autograd::variable_list run_backward(const Rows& rows, const Tensor& x, const Tensor& weight, const Tensor& bias,
                                            const Tensor& stats, const Dropout& dropout, const Tensor& grad_y) {
  const int64_t size = rows.size, threads = at::get_num_threads();
  const Tensor grad_x = at::empty_like(x);
  const Tensor sums = at::zeros({threads, 2, size}, weight.options()), scratch = at::empty({threads, 2, size}, weight.options());
  const float *const w = data<float>(weight), *const b = data<float>(bias), *const s = data<float>(stats);
  with_element_type(x, [&](auto* element) {
    using Element = std::remove_pointer_t<decltype(element)>;
    const Element *const from = data<Element>(x), *const gradient = data<Element>(grad_y);
    Element* const to = data<Element>(grad_x);
    run_parallel(rows.count, grain(rows.size), [&](int64_t begin, int64_t end) {
      float* const own = data<float>(sums) + at::get_thread_num() * 2 * size;
      float* const temporary = data<float>(scratch) + at::get_thread_num() * 2 * size;
      const auto valid = [&](int64_t first, int64_t count) {
        norm_kernels<Element>().backward(count, size, from + first * size, w, b, s + first * 2, dropout, first,
                                         gradient + first * size, to + first * size, own, own + size, temporary);
      };
      const auto padded = [&](int64_t first, int64_t count) { std::fill_n(to + first * size, count * size, Element{}); };
      rows.for_runs(begin, end, valid, padded);
    });
  });
  const Tensor total = sums.sum(0);
  return {grad_x, total[0], total[1]};
}

// ── Autograd ────────────────────────────────────────────────────────────────────────────────────────────────────────

class NormFunction : public torch::autograd::Function<NormFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& input, const Tensor& weight, const Tensor& bias,
                        double eps, double p, at::OptionalIntArrayRef lengths) {
    const Rows rows = checked_rows(input, weight, bias, lengths);
    const Tensor x = input.contiguous(), w = weight.contiguous(), b = bias.contiguous();
    const Dropout dropout = draw_dropout(p);
    const auto [y, stats] = run_forward(rows, x, w, b, eps, dropout);
    context->save_for_backward({x, w, b, stats});
    save_dropout(context, dropout);
    context->saved_data["lengths"] = rows.lengths;
    return y;
  }

  static torch::autograd::variable_list backward(AutogradContext* context, torch::autograd::variable_list gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(),
                "deepspeech::norm_gelu_dropout has no second derivative: call backward without createGraph");
    const auto saved = context->get_saved_variables();
    const std::vector<int64_t> lengths = context->saved_data["lengths"].toIntVector();
    const Rows rows = checked_rows(saved[0], saved[1], saved[2],
                                   lengths.empty() ? at::OptionalIntArrayRef() : at::OptionalIntArrayRef(lengths));
    const Tensor gradient = gradients[0].to(saved[0].scalar_type()).contiguous();
    auto result = run_backward(rows, saved[0], saved[1], saved[2], saved[3], saved_dropout(context), gradient);
    result.resize(6);  // eps, p and lengths have none
    return result;
  }
};

class DropoutFunction : public torch::autograd::Function<DropoutFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& input, double p) {
    const Dropout dropout = draw_dropout(p);
    save_dropout(context, dropout);
    return run_dropout(input, dropout);
  }

  static torch::autograd::variable_list backward(AutogradContext* context, torch::autograd::variable_list gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(),
                "deepspeech::dropout has no second derivative: call backward without createGraph");
    return {run_dropout(gradients[0], saved_dropout(context)), Tensor()};
  }
};

Tensor norm_gelu_dropout(const Tensor& input, const Tensor& weight, const Tensor& bias, double eps, double p,
                         at::OptionalIntArrayRef lengths) {
  return NormFunction::apply(input, weight, bias, eps, p, lengths);
}

Tensor dropout(const Tensor& input, double p) { return DropoutFunction::apply(input, p); }

}  // namespace

TORCH_LIBRARY_FRAGMENT(deepspeech, library) {
  // input [B, ..., T, N], weight and bias [N], lengths [B]: rows with t at or beyond their length become zero.
  library.def(
      "norm_gelu_dropout(Tensor input, Tensor weight, Tensor bias, float eps, float p, int[]? lengths=None) -> Tensor");
  library.def("dropout(Tensor input, float p) -> Tensor");
}

TORCH_LIBRARY_IMPL(deepspeech, AutogradCPU, library) {
  library.impl("norm_gelu_dropout", norm_gelu_dropout);
  library.impl("dropout", dropout);
}
