// Typed arrays into tensors and out of them, each with one copy, and what a tensor says of itself.
#include <ATen/ATen.h>

#include "addon.h"
#include "convert.h"
#include "handles.h"

namespace {

struct Bytes {
  void* data;
  size_t length;
};

// Any typed array, a Buffer too.
Bytes bytes_of(const Napi::Value& value) {
  if (value.IsTypedArray()) {
    const auto array = value.As<Napi::TypedArray>();
    return {static_cast<uint8_t*>(array.ArrayBuffer().Data()) + array.ByteOffset(), array.ByteLength()};
  }
  throw_torch_error(value.Env(), "TYPE", "expected a typed array");
}

std::vector<int64_t> shape_of(const Napi::Value& value) {
  const auto array = value.As<Napi::Array>();
  std::vector<int64_t> shape(array.Length());
  for (uint32_t i = 0; i < array.Length(); i++) shape[i] = array.Get(i).As<Napi::Number>().Int64Value();
  return shape;
}

// fromBytes(view, shape, dtype, device): a new tensor holding a copy of the view's bytes. To a CUDA device they go through
// pinned memory, so that the caller need not wait for the device: libtorch keeps such memory until it has been read.
Napi::Value from_bytes(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Bytes bytes = bytes_of(info[0]);
  const auto dtype = dtype_from_name(env, info[2].As<Napi::String>());
  const at::Device device(info[3].As<Napi::String>().Utf8Value());
  const at::Tensor tensor = at::empty(shape_of(info[1]), at::TensorOptions(dtype).pinned_memory(device.is_cuda()));
  if (tensor.nbytes() != bytes.length)
    throw_torch_error(env, "VALUE", "the shape needs " + std::to_string(tensor.nbytes()) + " bytes, found " +
                                        std::to_string(bytes.length));
  std::memcpy(tensor.data_ptr(), bytes.data, bytes.length);
  return wrap_tensor(env, tensor.to(device, dtype, /*non_blocking=*/true));
}

// copyToBytes(tensor, view): writes the tensor's elements, in row-major order, into the view.
Napi::Value copy_to_bytes(const Napi::CallbackInfo& info) {
  const at::Tensor tensor = unwrap_tensor(info[0]).detach().to(at::kCPU).contiguous();
  const Bytes bytes = bytes_of(info[1]);
  if (tensor.nbytes() != bytes.length)
    throw_torch_error(info.Env(), "VALUE", "the tensor holds " + std::to_string(tensor.nbytes()) + " bytes, the array has room for " +
                                               std::to_string(bytes.length));
  std::memcpy(bytes.data, tensor.data_ptr(), bytes.length);
  return info.Env().Undefined();
}

Napi::Value shape(const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = unwrap_tensor(info[0]);
  Napi::Array result = Napi::Array::New(info.Env(), tensor.dim());
  for (int64_t i = 0; i < tensor.dim(); i++)
    result.Set(static_cast<uint32_t>(i), Napi::Number::New(info.Env(), static_cast<double>(tensor.size(i))));
  return result;
}

Napi::Value dtype(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), dtype_name(unwrap_tensor(info[0]).scalar_type()));
}

Napi::Value device(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), unwrap_tensor(info[0]).device().str());
}

Napi::Value is_contiguous(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), unwrap_tensor(info[0]).is_contiguous());
}

Napi::Value item(const Napi::CallbackInfo& info) {
  const at::Scalar scalar = unwrap_tensor(info[0]).item();
  if (scalar.isBoolean()) return Napi::Boolean::New(info.Env(), scalar.toBool());
  return Napi::Number::New(info.Env(), scalar.toDouble());
}

}  // namespace

void init_tensor(Napi::Env, Napi::Object exports) {
  expose<from_bytes>(exports, "fromBytes");
  expose<copy_to_bytes>(exports, "copyToBytes");
  expose<shape>(exports, "shape");
  expose<dtype>(exports, "dtype");
  expose<device>(exports, "device");
  expose<is_contiguous>(exports, "isContiguous");
  expose<item>(exports, "item");
}
