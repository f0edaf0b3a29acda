// What the machine and its libtorch are: versions, threads, devices.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <torch/csrc/api/include/torch/version.h>

#include "addon.h"
#include "cpu_allocator.h"

namespace {

// The shared library that serves matrix products: which BLAS it is decides the speed of a CPU run.
std::string blas_library() {
  void* symbol = dlsym(RTLD_DEFAULT, "sgemm_");
  Dl_info library;
  return symbol != nullptr && dladdr(symbol, &library) != 0 ? library.dli_fname : "";
}

Napi::Value runtime_info(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object result = Napi::Object::New(env);
  result.Set("version", TORCH_VERSION);
  result.Set("config", at::show_config());
  result.Set("blasLibrary", blas_library());
  result.Set("cudaAvailable", at::hasCUDA());
  result.Set("mkldnnAvailable", at::hasMKLDNN());
  return result;
}

Napi::Value num_threads(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), at::get_num_threads()); }

// OpenMP keeps this number a thread: call it on the thread that computes.
Napi::Value set_num_threads(const Napi::CallbackInfo& info) {
  const int32_t threads = info[0].As<Napi::Number>().Int32Value();
  if (threads < 1) throw_torch_error(info.Env(), "VALUE", "the number of threads must be at least 1, found " + std::to_string(threads));
  at::set_num_threads(threads);
  return info.Env().Undefined();
}

// Denormal floats cost a hundred cycles each on most processors; returns whether this processor can flush them to zero.
Napi::Value set_flush_denormal(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), at::globalContext().setFlushDenormal(info[0].ToBoolean().Value()));
}

// A training step makes and frees thousands of tensors of changing sizes. Above a fixed threshold glibc maps them one by
// one and gives them back at once, instead of letting its heaps grow and fragment with every new size; few heaps (arenas)
// fragment less than one a thread. Tensors that large are cpu_allocator.cc's; what malloc still sees of that size are oneDNN's
// packed matrices of 1 to 4 MB, fifty a step, which stay below the threshold: mapped afresh, they cost 15,000 page faults a step.
void keep_memory_flat() {
#ifdef __GLIBC__
  constexpr int kMegabyte = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, 8 * kMegabyte);
  mallopt(M_TRIM_THRESHOLD, 64 * kMegabyte);
  mallopt(M_TOP_PAD, 4 * kMegabyte);
  mallopt(M_ARENA_MAX, 2);
#endif
}

}  // namespace

void init_runtime(Napi::Env, Napi::Object exports) {
  keep_memory_flat();
  use_caching_allocator();
  expose<runtime_info>(exports, "runtimeInfo");
  expose<num_threads>(exports, "numThreads");
  expose<set_num_threads>(exports, "setNumThreads");
  expose<set_flush_denormal>(exports, "setFlushDenormal");
}
