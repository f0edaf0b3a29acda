// The add-on's table of contents: libtorch for Node, one Init a topic.
//
// The binding is thin on purpose. libtorch registers every operator with a schema in its dispatcher; dispatch.cc
// calls any of them by name, so none is bound by hand. The other files hold what the dispatcher does not offer.
// The add-on is loaded once in every thread that imports it: its state lives in Environment (handles.h), never in statics.
#include "addon.h"

#include "handles.h"

namespace {

using SharedEnvironment = std::shared_ptr<Environment>;

void close_environment(Napi::Env, SharedEnvironment* environment) {
  (*environment)->error_class.Reset();
  delete environment;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData<SharedEnvironment, close_environment>(new SharedEnvironment(std::make_shared<Environment>()));
  init_errors(env, exports);            // TorchError, and the one place that turns C++ exceptions into it
  init_handles(env, exports);           // tensor handles: dispose, aliveness, native memory held
  init_dispatch(env, exports);          // call(name, overload, args, kwargs) and the schemas
  init_tensor(env, exports);            // typed arrays in and out, shape, dtype, device
  init_autograd(env, exports);          // backward, gradients, grad mode, autocast
  init_random(env, exports);            // seeds and generators
  init_runtime(env, exports);           // versions, threads, devices, memory
  init_bf16_way(env, exports);          // how bfloat16 is multiplied here, as measured
  init_recording(env, exports);         // which operators run
  init_process_group(env, exports);     // several processes: store and groups
  init_gradient_buckets(env, exports);  // gradients of several processes, added while the backward pass runs
  return exports;
}

}  // namespace

NODE_API_MODULE(torch, init)
