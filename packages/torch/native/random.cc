// Seeds and generators. A generator's whole state can be saved and restored, which is what exact resume needs.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "addon.h"
#include "handles.h"

namespace {

at::Device device_of(const Napi::Value& value) { return at::Device(value.As<Napi::String>().Utf8Value()); }

uint64_t seed_of(const Napi::Value& value) {
  bool lossless = false;
  if (value.IsBigInt()) return value.As<Napi::BigInt>().Uint64Value(&lossless);
  return static_cast<uint64_t>(value.As<Napi::Number>().Int64Value());
}

// Every default generator of the process: libtorch shares them between threads.
Napi::Value manual_seed(const Napi::CallbackInfo& info) {
  at::manual_seed(seed_of(info[0]));
  return info.Env().Undefined();
}

Napi::Value default_generator(const Napi::CallbackInfo& info) {
  return wrap_generator(info.Env(), at::globalContext().defaultGenerator(device_of(info[0])));
}

// A generator of its own, apart from the process's default one.
Napi::Value create_generator(const Napi::CallbackInfo& info) {
  at::Generator generator = at::globalContext().defaultGenerator(device_of(info[0])).clone();
  generator.set_current_seed(seed_of(info[1]));
  return wrap_generator(info.Env(), generator);
}

Napi::Value generator_state(const Napi::CallbackInfo& info) {
  at::Generator& generator = unwrap_generator(info[0]);
  std::lock_guard<std::mutex> lock(generator.mutex());
  return wrap_tensor(info.Env(), generator.get_state());
}

Napi::Value set_generator_state(const Napi::CallbackInfo& info) {
  at::Generator& generator = unwrap_generator(info[0]);
  std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(unwrap_tensor(info[1]));
  return info.Env().Undefined();
}

}  // namespace

void init_random(Napi::Env, Napi::Object exports) {
  expose<manual_seed>(exports, "manualSeed");
  expose<default_generator>(exports, "defaultGenerator");
  expose<create_generator>(exports, "createGenerator");
  expose<generator_state>(exports, "generatorState");
  expose<set_generator_state>(exports, "setGeneratorState");
}
