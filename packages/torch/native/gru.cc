// deepspeech::gru: a GRU layer on the CPU, in one direction or both, over rows of different lengths.
//
//   r = σ(W_ir x + b_ir + W_hr h + b_hr)            x: input of a frame, h: state before it
//   z = σ(W_iz x + b_iz + W_hz h + b_hz)
//   n = tanh(W_in x + b_in + r ∘ q)                 q = W_hn h + b_hn
//   h' = (1 − z) ∘ n + z ∘ h
//
// libtorch's own gru on the CPU makes a matrix product and a dozen small tensors a frame, and on the way back a product
// a frame for each weight's gradient. Here only W_hh h stays within the loop over time (gru_recurrence.cc); W_ih x of
// all frames and directions is one product before it, each gradient of a weight and of the input one after it. This is
// cuDNN's plan: Appleyard et al. 2016, arXiv:1604.01946.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>
#include <type_traits>

#include "autocast.h"
#include "bf16_product.h"
#include "gru_recurrence.h"
#include "tensor_data.h"

namespace {

using at::Tensor;
using Lengths = std::vector<int64_t>;

enum Parameter { kWeightIh, kWeightHh, kBiasIh, kBiasHh, kParameters };

// ── Arguments ───────────────────────────────────────────────────────────────────────────────────────────────────────

void check_shape(const char* name, const Tensor& tensor, at::IntArrayRef expected) {
  TORCH_CHECK_VALUE(tensor.sizes() == expected, "deepspeech::gru: ", name, " must be ", expected, ", found ",
                    tensor.sizes());
}

GruShape checked_shape(const Tensor& input, at::TensorList parameters) {
  TORCH_CHECK_VALUE(input.dim() == 3, "deepspeech::gru: input must be [B, T, inputSize], found ", input.sizes());
  TORCH_CHECK_VALUE(parameters.size() == kParameters || parameters.size() == 2 * kParameters,
                    "deepspeech::gru: needs 4 parameters for each of 1 or 2 directions, found ", parameters.size());
  TORCH_CHECK_TYPE(input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16,
                   "deepspeech::gru: input must be float32 or bfloat16, found ", input.scalar_type());
  const int64_t directions = static_cast<int64_t>(parameters.size()) / kParameters;
  const int64_t hidden = parameters[kBiasHh].numel() / 3;
  TORCH_CHECK_VALUE(hidden > 0, "deepspeech::gru: bias_hh must be [3 * hiddenSize], found ",
                    parameters[kBiasHh].sizes());
  for (size_t i = 0; i < parameters.size(); i++) {
    static constexpr const char* kNames[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
    const char* name = kNames[i % kParameters];
    TORCH_CHECK_TYPE(parameters[i].scalar_type() == input.scalar_type(), "deepspeech::gru: ", name, " must be ",
                     input.scalar_type(), " as the input is, found ", parameters[i].scalar_type());
    TORCH_CHECK_VALUE(parameters[i].is_cpu(), "deepspeech::gru: ", name, " must be on the CPU, found ",
                      parameters[i].device());
    const bool is_weight = i % kParameters <= kWeightHh;
    const int64_t columns = i % kParameters == kWeightIh ? input.size(2) : hidden;
    check_shape(name, parameters[i], is_weight ? at::IntArrayRef{3 * hidden, columns} : at::IntArrayRef{3 * hidden});
  }
  return {input.size(0), input.size(1), directions, hidden};
}

Lengths checked_lengths(const GruShape& shape, const at::OptionalIntArrayRef& lengths) {
  if (!lengths.has_value()) return Lengths(shape.batch, shape.frames);
  TORCH_CHECK_VALUE(static_cast<int64_t>(lengths->size()) == shape.batch, "deepspeech::gru: found ", lengths->size(),
                    " lengths for a batch of ", shape.batch);
  for (const int64_t length : *lengths)
    TORCH_CHECK_VALUE(length >= 0 && length <= shape.frames, "deepspeech::gru: lengths must be in 0…", shape.frames,
                      ", found ", length);
  return lengths->vec();
}

// ── Tensors for the loops ───────────────────────────────────────────────────────────────────────────────────────────

// Matrices [n, k], each packed for `multiply`: [⌈n / panel⌉, k, panel], the last panel filled up with zeros.
template <class Element>
struct PackedWeights {
  std::vector<Tensor> tensors;
  std::vector<const Element*> pointers;

  void add(const Tensor& matrix) {
    const auto& kernels = gru_kernels<Element>();
    const int64_t panel = kernels.panel_columns, rest = (panel - matrix.size(0) % panel) % panel;
    const Tensor filled = rest == 0 ? matrix : at::constant_pad_nd(matrix, {0, 0, 0, rest});
    tensors.push_back(
        filled.reshape({-1, panel, matrix.size(1)}).transpose(1, 2).clone(at::MemoryFormat::Contiguous));
    Element* const packed = data<Element>(tensors.back());
    if (kernels.prepare != nullptr) kernels.prepare(filled.size(0) / panel, filled.size(1), packed);
    pointers.push_back(packed);
  }
};

// Frames beyond a row's length are never written: they must be zero from the start, where there are any.
Tensor zeros_beyond(const GruShape& shape, const Lengths& lengths, at::IntArrayRef sizes, const Tensor& like) {
  const bool full = std::all_of(lengths.begin(), lengths.end(), [&](int64_t length) { return length == shape.frames; });
  return full ? at::empty(sizes, like.options()) : at::zeros(sizes, like.options());
}

// ── Forward ─────────────────────────────────────────────────────────────────────────────────────────────────────────

struct GruResult {
  Tensor output;   // [B, T, D·H]
  Tensor rzn;      // [B, T, D, 3H]
  Tensor saved_q;  // [B, T, D, H], undefined unless asked for
};

// W_ih x of all frames and directions, with every bias but b_hn, which r multiplies: [B·T, D·3H]
Tensor projected_input(const GruShape& shape, const Tensor& input, at::TensorList parameters) {
  std::vector<Tensor> weights, biases;
  for (size_t i = 0; i < parameters.size(); i += kParameters) {
    weights.push_back(parameters[i + kWeightIh]);
    Tensor bias = parameters[i + kBiasIh].clone();
    bias.narrow(0, 0, 2 * shape.hidden).add_(parameters[i + kBiasHh].narrow(0, 0, 2 * shape.hidden));
    biases.push_back(bias);
  }
  return product(input.reshape({-1, input.size(2)}), at::cat(weights).t(), at::cat(biases));
}

GruResult forward(const GruShape& shape, const Lengths& lengths, const Tensor& input, at::TensorList parameters,
                  bool save) {
  const auto [batch, frames, directions, hidden] = shape;
  GruResult result;
  result.output = zeros_beyond(shape, lengths, {batch, frames, directions * hidden}, input);
  result.rzn = projected_input(shape, input, parameters);
  if (save) result.saved_q = at::empty({batch, frames, directions, hidden}, input.options());
  std::vector<Tensor> b_hn;
  for (int64_t d = 0; d < directions; d++)
    b_hn.push_back(parameters[d * kParameters + kBiasHh].narrow(0, 2 * hidden, hidden));
  const Tensor b_hn_floats = at::cat(b_hn).to(at::kFloat);
  with_element_type(input, [&](auto* element) {
    using Element = std::remove_pointer_t<decltype(element)>;
    PackedWeights<Element> weights;
    for (int64_t d = 0; d < shape.directions; d++) weights.add(parameters[d * kParameters + kWeightHh]);
    gru_forward(shape, lengths, data<Element>(result.rzn), weights.pointers, data<float>(b_hn_floats),
                data<Element>(result.output), data<Element>(result.saved_q));
  });
  return result;
}

// ── Backward ────────────────────────────────────────────────────────────────────────────────────────────────────────

// ∂L/∂(n, r, z, q), the sums that enter the gates' functions: [D, B·T, 4H]
Tensor gate_gradients(const GruShape& shape, const Lengths& lengths, const GruResult& saved, const Tensor& grad_output,
                      at::TensorList parameters) {
  const auto [batch, frames, directions, hidden] = shape;
  const Tensor gradients = zeros_beyond(shape, lengths, {directions, batch * frames, 4 * hidden}, grad_output);
  with_element_type(grad_output, [&](auto* element) {
    using Element = std::remove_pointer_t<decltype(element)>;
    PackedWeights<Element> weights;
    for (int64_t d = 0; d < shape.directions; d++) weights.add(parameters[d * kParameters + kWeightHh].t());
    gru_backward(shape, lengths, data<const Element>(saved.rzn), data<const Element>(saved.saved_q),
                 data<const Element>(saved.output), data<const Element>(grad_output), weights.pointers,
                 data<Element>(gradients));
  });
  return gradients;
}

// The state before each frame's step: the output of the frame before it, or after it in the reverse direction. [B·T, H]
Tensor previous_states(const GruShape& shape, const Tensor& output, int64_t direction) {
  const Tensor states = output.narrow(2, direction * shape.hidden, shape.hidden);
  const int64_t one = std::min<int64_t>(1, shape.frames), shift = direction == 0 ? one : -one;
  return at::constant_pad_nd(states, {0, 0, shift, -shift}).reshape({-1, shape.hidden});
}

// Rows (n, r, z) become (r, z, n), the order of the parameters.
Tensor in_parameter_order(const Tensor& rows, int64_t hidden) { return at::roll(rows, -hidden, 0); }

class GruFunction : public torch::autograd::Function<GruFunction> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& input, at::TensorList parameters,
                        const Lengths& lengths) {
    const GruShape shape = checked_shape(input, parameters);
    const GruResult result = ::forward(shape, lengths, input, parameters, true);
    std::vector<Tensor> saved{input, result.output, result.rzn, result.saved_q};
    saved.insert(saved.end(), parameters.begin(), parameters.end());
    context->save_for_backward(std::move(saved));
    context->saved_data["lengths"] = lengths;
    return result.output;
  }

  static std::vector<Tensor> backward(torch::autograd::AutogradContext* context, std::vector<Tensor> grad_outputs) {
    TORCH_CHECK(!at::GradMode::is_enabled(),
                "deepspeech::gru has no second derivative: call backward without createGraph");
    const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCPU);
    const std::vector<Tensor> saved = context->get_saved_variables();
    const Tensor& input = saved[0];
    const GruResult result{saved[1], saved[2], saved[3]};
    const at::TensorList parameters = at::TensorList(saved).slice(4);
    const GruShape shape = checked_shape(input, parameters);
    const Lengths lengths = context->saved_data["lengths"].toIntVector();
    const Tensor gates = gate_gradients(shape, lengths, result, grad_outputs[0].contiguous(), parameters);

    const Tensor frames = input.reshape({-1, input.size(2)});
    std::vector<Tensor> gradients(1 + parameters.size() + 1);  // input, parameters, lengths
    for (int64_t d = 0; d < shape.directions; d++) {
      const int64_t hidden = shape.hidden, first = d * kParameters;
      const Tensor grad_x = gates[d].narrow(1, 0, 3 * hidden), grad_y = gates[d].narrow(1, hidden, 3 * hidden);
      if (context->needs_input_grad(0)) {
        const Tensor weight = at::roll(parameters[first + kWeightIh], hidden, 0);
        gradients[0] = d == 0 ? product(grad_x, weight) : gradients[0].add_(product(grad_x, weight));
      }
      const auto wanted = [&](Parameter p) { return context->needs_input_grad(1 + first + p); };
      Tensor* const parameter_gradients = &gradients[1 + first];
      if (wanted(kWeightIh)) parameter_gradients[kWeightIh] = in_parameter_order(product(grad_x.t(), frames), hidden);
      if (wanted(kWeightHh))
        parameter_gradients[kWeightHh] = product(grad_y.t(), previous_states(shape, result.output, d));
      if (wanted(kBiasIh)) parameter_gradients[kBiasIh] = in_parameter_order(grad_x.sum(0), hidden);
      if (wanted(kBiasHh)) parameter_gradients[kBiasHh] = grad_y.sum(0);
    }
    if (gradients[0].defined()) gradients[0] = gradients[0].view_as(input);
    return gradients;
  }
};

// ── Registration ────────────────────────────────────────────────────────────────────────────────────────────────────

// Without gradients nothing is kept for a backward pass.
Tensor gru_cpu(const Tensor& input, at::TensorList parameters, at::OptionalIntArrayRef lengths) {
  const GruShape shape = checked_shape(input, parameters);
  return forward(shape, checked_lengths(shape, lengths), input, parameters, false).output;
}

Tensor gru_autograd(const Tensor& input, at::TensorList parameters, at::OptionalIntArrayRef lengths) {
  const auto requires_grad = [](const Tensor& tensor) { return tensor.requires_grad(); };
  const bool recorded = at::GradMode::is_enabled() &&
                        (requires_grad(input) || std::any_of(parameters.begin(), parameters.end(), requires_grad));
  if (recorded)
    return GruFunction::apply(input, parameters, checked_lengths(checked_shape(input, parameters), lengths));
  const at::AutoDispatchBelowADInplaceOrView below;
  return gru_cpu(input, parameters, lengths);
}

// Under autocast the layer runs in the lower precision, as libtorch's gru does.
Tensor gru_autocast(const Tensor& input, at::TensorList parameters, at::OptionalIntArrayRef lengths) {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCPU);
  std::vector<Tensor> cast;
  for (const Tensor& parameter : parameters) cast.push_back(autocast(parameter));
  return gru_autograd(autocast(input), cast, lengths);
}

}  // namespace

TORCH_LIBRARY(deepspeech, library) {
  // input [B, T, inputSize] → [B, T, H · directions], zero beyond each length. parameters: weight_ih [3H, inputSize],
  // weight_hh [3H, H], bias_ih [3H], bias_hh [3H], with gates in the order r, z, n; then the same for the reverse
  // direction, where there is one. lengths [B]: frames of each row; all T where not given.
  library.def("gru(Tensor input, Tensor[] parameters, int[]? lengths=None) -> Tensor");
}

TORCH_LIBRARY_IMPL(deepspeech, CPU, library) { library.impl("gru", gru_cpu); }
TORCH_LIBRARY_IMPL(deepspeech, AutogradCPU, library) { library.impl("gru", gru_autograd); }
TORCH_LIBRARY_IMPL(deepspeech, AutocastCPU, library) { library.impl("gru", gru_autocast); }
