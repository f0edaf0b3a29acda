// deepspeech::linear: x Wᵀ + b. In float32 it is libtorch's; in bfloat16, also under autocast, its three products are
// bf16_product's.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "autocast.h"
#include "bf16_product.h"

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Tensor rows_of(const Tensor& tensor) { return tensor.reshape({-1, tensor.size(-1)}); }

class LinearFunction : public torch::autograd::Function<LinearFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& input, const Tensor& weight, const Tensor& bias) {
    context->save_for_backward({input, weight});
    std::vector<int64_t> sizes = input.sizes().vec();
    sizes.back() = weight.size(0);
    return bf16_product(rows_of(input), weight.t(), bias).view(sizes);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(),
                "deepspeech::linear in bfloat16 has no second derivative: call backward without createGraph");
    const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCPU);
    const auto saved = context->get_saved_variables();
    const Tensor &input = saved[0], &weight = saved[1];
    const Tensor gradient = rows_of(gradients[0]);
    variable_list result(3);
    if (context->needs_input_grad(0)) result[0] = bf16_product(gradient, weight).view_as(input);
    if (context->needs_input_grad(1)) result[1] = bf16_product(gradient.t(), rows_of(input));
    if (context->needs_input_grad(2)) result[2] = gradient.sum(0);
    return result;
  }
};

Tensor linear_autograd(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  const bool is_bf16 = input.scalar_type() == at::kBFloat16 && weight.scalar_type() == at::kBFloat16 &&
                       bias.scalar_type() == at::kBFloat16;
  const bool fits = weight.dim() == 2 && input.dim() > 0 && input.size(-1) == weight.size(1) && input.numel() > 0 &&
                    bias.dim() == 1 && bias.size(0) == weight.size(0);
  // What does not fit together is libtorch's to refuse.
  return is_bf16 && fits ? LinearFunction::apply(input, weight, bias) : at::linear(input, weight, bias);
}

Tensor linear_autocast(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCPU);
  return linear_autograd(autocast(input), autocast(weight), autocast(bias));
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(deepspeech, library) {
  library.def("linear(Tensor input, Tensor weight, Tensor bias) -> Tensor");
}

TORCH_LIBRARY_IMPL(deepspeech, AutogradCPU, library) { library.impl("linear", linear_autograd); }
TORCH_LIBRARY_IMPL(deepspeech, AutocastCPU, library) { library.impl("linear", linear_autocast); }
