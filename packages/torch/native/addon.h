// What every topic file shares: its Init, and `guard`, through which every exported function runs.
#pragma once

#include <napi.h>

void init_errors(Napi::Env env, Napi::Object exports);
void init_handles(Napi::Env env, Napi::Object exports);
void init_dispatch(Napi::Env env, Napi::Object exports);
void init_tensor(Napi::Env env, Napi::Object exports);
void init_autograd(Napi::Env env, Napi::Object exports);
void init_random(Napi::Env env, Napi::Object exports);
void init_runtime(Napi::Env env, Napi::Object exports);
void init_bf16_way(Napi::Env env, Napi::Object exports);
void init_recording(Napi::Env env, Napi::Object exports);
void init_process_group(Napi::Env env, Napi::Object exports);
void init_gradient_buckets(Napi::Env env, Napi::Object exports);

// Rethrows the exception in flight as a JavaScript TorchError {code, message}; a JavaScript exception passes unchanged.
[[noreturn]] void rethrow_as_js(Napi::Env env);

// Throws a TorchError with the given code.
[[noreturn]] void throw_torch_error(Napi::Env env, const char* code, const std::string& message);

using NativeFunction = Napi::Value (*)(const Napi::CallbackInfo&);

// Wraps a native function so that no C++ exception crosses into V8.
template <NativeFunction F>
Napi::Value guard(const Napi::CallbackInfo& info) {
  try {
    return F(info);
  } catch (...) {
    rethrow_as_js(info.Env());
  }
}

template <NativeFunction F>
void expose(Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New(exports.Env(), guard<F>, name));
}
