// What autograd needs beside the operators: backward, gradients, grad mode, autocast. All modes are the calling thread's.
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/autograd/autograd.h>

#include "addon.h"
#include "convert.h"
#include "handles.h"

namespace {

// backward(outputs[], gradients[] | undefined, retainGraph, createGraph)
Napi::Value backward(const Napi::CallbackInfo& info) {
  torch::autograd::backward(unwrap_tensors(info[0]), unwrap_tensors(info[1]), info[2].ToBoolean().Value(),
                            info[3].ToBoolean().Value());
  return info.Env().Undefined();
}

// gradients(outputs[], inputs[], gradients[] | undefined, retainGraph, createGraph, allowUnused) -> (Tensor | null)[]
Napi::Value gradients(const Napi::CallbackInfo& info) {
  const auto results =
      torch::autograd::grad(unwrap_tensors(info[0]), unwrap_tensors(info[1]), unwrap_tensors(info[2]), info[3].ToBoolean().Value(),
                            info[4].ToBoolean().Value(), info[5].ToBoolean().Value());
  Napi::Array array = Napi::Array::New(info.Env(), results.size());
  for (size_t i = 0; i < results.size(); i++) array.Set(static_cast<uint32_t>(i), wrap_tensor(info.Env(), results[i]));
  return array;
}

Napi::Value grad(const Napi::CallbackInfo& info) { return wrap_tensor(info.Env(), unwrap_tensor(info[0]).grad()); }

Napi::Value set_grad(const Napi::CallbackInfo& info) {
  at::Tensor& tensor = unwrap_tensor(info[0]);
  const bool none = info[1].IsNull() || info[1].IsUndefined();
  const at::Tensor gradient = none ? at::Tensor() : unwrap_tensor(info[1]);
  if (gradient.defined() && gradient.sizes() != tensor.sizes())
    throw_torch_error(info.Env(), "VALUE", c10::str("the gradient has shape ", gradient.sizes(), ", its tensor ", tensor.sizes()));
  tensor.mutable_grad() = gradient;
  return info.Env().Undefined();
}

Napi::Value requires_grad(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), unwrap_tensor(info[0]).requires_grad());
}

Napi::Value set_requires_grad(const Napi::CallbackInfo& info) {
  unwrap_tensor(info[0]).set_requires_grad(info[1].ToBoolean().Value());
  return info.Env().Undefined();
}

Napi::Value is_grad_enabled(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), at::GradMode::is_enabled());
}

Napi::Value set_grad_enabled(const Napi::CallbackInfo& info) {
  at::GradMode::set_enabled(info[0].ToBoolean().Value());
  return info.Env().Undefined();
}

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
bool autocast_enabled(at::DeviceType device) { return at::autocast::is_autocast_enabled(device); }
void enable_autocast(at::DeviceType device, bool enabled, at::ScalarType dtype) {
  at::autocast::set_autocast_enabled(device, enabled);
  at::autocast::set_autocast_dtype(device, dtype);
}
#else
bool autocast_enabled(at::DeviceType device) {
  return device == at::kCPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
}
void enable_autocast(at::DeviceType device, bool enabled, at::ScalarType dtype) {
  if (device == at::kCPU) {
    at::autocast::set_cpu_enabled(enabled);
    at::autocast::set_autocast_cpu_dtype(dtype);
  } else {
    at::autocast::set_enabled(enabled);
    at::autocast::set_autocast_gpu_dtype(dtype);
  }
}
#endif

// setAutocast(device, enabled, dtype) -> whether it was enabled. Leaving clears the cache of cast weights, as PyTorch does.
Napi::Value set_autocast(const Napi::CallbackInfo& info) {
  const at::DeviceType device = at::Device(info[0].As<Napi::String>().Utf8Value()).type();
  const bool enabled = info[1].ToBoolean().Value();
  const bool before = autocast_enabled(device);
  enable_autocast(device, enabled, dtype_from_name(info.Env(), info[2].As<Napi::String>()));
  if (!enabled) at::autocast::clear_cache();
  return Napi::Boolean::New(info.Env(), before);
}

}  // namespace

void init_autograd(Napi::Env, Napi::Object exports) {
  expose<backward>(exports, "backward");
  expose<gradients>(exports, "gradients");
  expose<grad>(exports, "grad");
  expose<set_grad>(exports, "setGrad");
  expose<requires_grad>(exports, "requiresGrad");
  expose<set_requires_grad>(exports, "setRequiresGrad");
  expose<is_grad_enabled>(exports, "isGradEnabled");
  expose<set_grad_enabled>(exports, "setGradEnabled");
  expose<set_autocast>(exports, "setAutocast");
}
