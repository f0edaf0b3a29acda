#include "handles.h"

void Environment::retain(Napi::Env env, const at::Tensor& tensor) {
  live_tensors++;
  if (!tensor.has_storage()) return;
  StorageUse& use = storages[tensor.storage().unsafeGetStorageImpl()];
  if (use.handles++ > 0) return;
  // Device memory is not the process's memory: V8 need not hurry its collector for it.
  use.bytes = tensor.is_cpu() ? static_cast<int64_t>(tensor.storage().nbytes()) : 0;
  live_bytes += use.bytes;
  tell(env);
}

void Environment::release(Napi::Env env, const c10::StorageImpl* storage) {
  live_tensors--;
  const auto found = storages.find(storage);
  if (found == storages.end() || --found->second.handles > 0) return;
  live_bytes -= found->second.bytes;
  storages.erase(found);
  tell(env);
}

void Environment::tell(Napi::Env env) {
  if (is_scoped || live_bytes == told_bytes) return;
  Napi::MemoryManagement::AdjustExternalMemory(env, live_bytes - told_bytes);
  told_bytes = live_bytes;
}

namespace {

void empty_handle(Napi::Env env, TensorHandle* handle) {
  if (!handle->tensor.defined()) return;
  handle->tensor.reset();
  handle->environment->release(env, handle->storage);
  handle->storage = nullptr;
}

void finalize_tensor(Napi::Env env, TensorHandle* handle) {
  empty_handle(env, handle);
  delete handle;
}

TensorHandle& tensor_handle(const Napi::Value& value) {
  return unwrap_handle<TensorHandle>(value, HandleKind::tensor, "a Tensor");
}

Napi::Value dispose(const Napi::CallbackInfo& info) {
  empty_handle(info.Env(), &tensor_handle(info[0]));
  return info.Env().Undefined();
}

Napi::Value is_disposed(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), !tensor_handle(info[0]).tensor.defined());
}

// Identity of the tensor, not of the handle: an in-place operator returns a second handle to the same tensor.
Napi::Value is_same(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), unwrap_tensor(info[0]).is_same(unwrap_tensor(info[1])));
}

// Called when a thread's outermost scope opens, and when it has closed.
Napi::Value set_scoped(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  environment.is_scoped = info[0].ToBoolean();
  environment.tell(info.Env());
  return info.Env().Undefined();
}

Napi::Value live_memory(const Napi::CallbackInfo& info) {
  const Environment& environment = Environment::of(info.Env());
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("tensors", static_cast<double>(environment.live_tensors));
  result.Set("bytes", static_cast<double>(environment.live_bytes));
  return result;
}

}  // namespace

Napi::Value wrap_tensor(Napi::Env env, at::Tensor tensor) {
  if (!tensor.defined()) return env.Null();
  auto* handle = new TensorHandle();
  handle->storage = tensor.has_storage() ? tensor.storage().unsafeGetStorageImpl() : nullptr;
  handle->tensor = std::move(tensor);
  handle->environment = Environment::shared(env);
  handle->environment->retain(env, handle->tensor);
  return Napi::External<TensorHandle>::New(env, handle, finalize_tensor);
}

Napi::Value wrap_generator(Napi::Env env, at::Generator generator) {
  auto* handle = new GeneratorHandle();
  handle->generator = std::move(generator);
  return Napi::External<GeneratorHandle>::New(env, handle, [](Napi::Env, GeneratorHandle* data) { delete data; });
}

at::Tensor& unwrap_tensor(const Napi::Value& value) {
  TensorHandle& handle = tensor_handle(value);
  if (!handle.tensor.defined())
    throw_torch_error(value.Env(), "DISPOSED", "the tensor was disposed: keep() it, or return it from its scope");
  return handle.tensor;
}

at::Generator& unwrap_generator(const Napi::Value& value) {
  return unwrap_handle<GeneratorHandle>(value, HandleKind::generator, "a Generator").generator;
}

std::vector<at::Tensor> unwrap_tensors(const Napi::Value& value) {
  std::vector<at::Tensor> tensors;
  if (!value.IsArray()) return tensors;
  const auto array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) {
    const Napi::Value item = array.Get(i);
    tensors.push_back(item.IsNull() || item.IsUndefined() ? at::Tensor() : unwrap_tensor(item));
  }
  return tensors;
}

bool is_handle(const Napi::Value& value) { return value.IsExternal(); }

void init_handles(Napi::Env, Napi::Object exports) {
  expose<dispose>(exports, "dispose");
  expose<is_disposed>(exports, "isDisposed");
  expose<is_same>(exports, "isSame");
  expose<live_memory>(exports, "liveMemory");
  expose<set_scoped>(exports, "setScoped");
}
