// How JavaScript holds native objects: an External that owns a handle. A handle can be emptied long before the
// garbage collector finds it (dispose), and V8 is told how many bytes of storage its thread keeps alive.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <napi.h>

#include <memory>
#include <unordered_map>
#include <vector>

#include "addon.h"

// State of the add-on in one JavaScript thread.
struct Environment {
  struct StorageUse {
    int64_t handles = 0;
    int64_t bytes = 0;
  };

  Napi::FunctionReference error_class;
  // Views share storage, so bytes are counted once a storage, however many handles look at it.
  std::unordered_map<const c10::StorageImpl*, StorageUse> storages;
  int64_t live_tensors = 0;
  int64_t live_bytes = 0;
  int64_t told_bytes = 0;
  // Within a scope, tensors are freed when it closes and not by V8's collector, which need not run because of them.
  bool is_scoped = false;

  static const std::shared_ptr<Environment>& shared(Napi::Env env) {
    return *env.GetInstanceData<std::shared_ptr<Environment>>();
  }
  static Environment& of(Napi::Env env) { return *shared(env); }

  void retain(Napi::Env env, const at::Tensor& tensor);
  void release(Napi::Env env, const c10::StorageImpl* storage);
  // Tells V8 of the bytes that live now, unless a scope is open.
  void tell(Napi::Env env);
};

// Every kind of handle begins with a tag, so that a wrong External is refused and not dereferenced.
enum class HandleKind : uint32_t {
  tensor = 0x7e450001,
  generator = 0x7e450002,
  store = 0x7e450003,
  process_group = 0x7e450004,
  gradient_buckets = 0x7e450005,
};

struct TensorHandle {
  HandleKind kind = HandleKind::tensor;
  at::Tensor tensor;
  const c10::StorageImpl* storage = nullptr;
  // At a thread's end its instance data may go before its last handles: each handle keeps the books open.
  std::shared_ptr<Environment> environment;
};

struct GeneratorHandle {
  HandleKind kind = HandleKind::generator;
  at::Generator generator;
};

// What an External holds, where it is of the kind. Throws TorchError TYPE for anything else.
template <typename Handle>
Handle& unwrap_handle(const Napi::Value& value, HandleKind kind, const char* expected) {
  auto* const data = value.IsExternal() ? value.As<Napi::External<HandleKind>>().Data() : nullptr;
  if (data == nullptr || *data != kind) throw_torch_error(value.Env(), "TYPE", std::string("expected ") + expected);
  return *reinterpret_cast<Handle*>(data);
}

// Wraps a tensor for JavaScript; an undefined tensor becomes null.
Napi::Value wrap_tensor(Napi::Env env, at::Tensor tensor);
Napi::Value wrap_generator(Napi::Env env, at::Generator generator);

// The tensor behind a handle. Throws TorchError DISPOSED for an emptied handle and TYPE for anything else.
at::Tensor& unwrap_tensor(const Napi::Value& value);
at::Generator& unwrap_generator(const Napi::Value& value);
// The tensors of an array, undefined ones for null; none where there is no array.
std::vector<at::Tensor> unwrap_tensors(const Napi::Value& value);
bool is_handle(const Napi::Value& value);
