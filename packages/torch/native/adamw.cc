// deepspeech::adamw_: a step of AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101) over all parameters, each read and
// written once. libtorch 1.13's foreach operators pass over memory nine times.
#include <ATen/ATen.h>
#include <torch/library.h>

#include <cmath>

#include "kernels.h"
#include "parallel.h"

namespace {

using at::Tensor;

constexpr int64_t kGrain = 1 << 15;

float* checked_data(const char* name, const Tensor& tensor, const Tensor& parameter) {
  TORCH_CHECK_VALUE(tensor.is_cpu() && tensor.scalar_type() == at::kFloat && tensor.is_contiguous() &&
                        tensor.sizes() == parameter.sizes(),
                    "deepspeech::adamw_: ", name, " must be contiguous, float32, on the CPU and of its parameter's shape ",
                    parameter.sizes(), ", found ", tensor.toString(), " ", tensor.sizes());
  return tensor.data_ptr<float>();
}

void adamw(at::TensorList parameters, at::TensorList gradients, at::TensorList exp_avg, at::TensorList exp_avg_sq,
           at::ArrayRef<double> weight_decay, double learning_rate, double beta1, double beta2, double eps,
           int64_t steps) {
  const size_t count = parameters.size();
  TORCH_CHECK_VALUE(gradients.size() == count && exp_avg.size() == count && exp_avg_sq.size() == count &&
                        weight_decay.size() == count,
                    "deepspeech::adamw_: needs as many of each as there are parameters, ", count);
  const double t = static_cast<double>(steps);
  const auto narrow = [](double value) { return static_cast<float>(value); };
  const AdamWStep step{narrow(beta1), narrow(beta2), narrow(1 - beta1), narrow(1 - beta2), narrow(eps),
                       narrow(learning_rate / (1 - std::pow(beta1, t))), narrow(std::sqrt(1 - std::pow(beta2, t)))};
  for (size_t i = 0; i < count; i++) {
    const Tensor& parameter = parameters[i];
    const Tensor gradient = gradients[i].contiguous();
    float* const p = checked_data("a parameter", parameter, parameter);
    const float* const g = checked_data("a gradient", gradient, parameter);
    float* const m = checked_data("exp_avg", exp_avg[i], parameter);
    float* const v = checked_data("exp_avg_sq", exp_avg_sq[i], parameter);
    const float keep = narrow(1 - learning_rate * weight_decay[i]);
    run_parallel(parameter.numel(), kGrain, [&](int64_t begin, int64_t end) {
      kernels().adamw(end - begin, step, keep, p + begin, g + begin, m + begin, v + begin);
    });
  }
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(deepspeech, library) {
  // weight_decay: one for each parameter. steps: this one counted, from 1.
  library.def(
      "adamw_(Tensor(a!)[] parameters, Tensor[] gradients, Tensor(b!)[] exp_avg, Tensor(c!)[] exp_avg_sq, "
      "float[] weight_decay, float learning_rate, float beta1, float beta2, float eps, int steps) -> ()");
}

TORCH_LIBRARY_IMPL(deepspeech, CPU, library) { library.impl("adamw_", adamw); }
