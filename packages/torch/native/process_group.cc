// Several processes: c10d's store, by which they meet, and its groups, by which they add and hand round tensors: Gloo's for
// the processor's, NCCL's for cards'. Every function blocks its thread until it is done, or until the time limit of its store or group.
#include "process_group.h"

#ifdef USE_C10D_GLOO

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <cstdlib>
#endif

#include <future>
#include <thread>

namespace {

using Store = c10::intrusive_ptr<c10d::Store>;
using std::chrono::milliseconds;

struct StoreHandle {
  HandleKind kind = HandleKind::store;
  Store store;
  uint16_t port;
  milliseconds timeout;
  // One request was given up, and its answer may still come: nobody can tell it from that of the next.
  bool gave_up = false;
};

struct GroupHandle {
  HandleKind kind = HandleKind::process_group;
  ProcessGroup group;
};

template <typename Handle>
Napi::Value wrap(Napi::Env env, Handle* handle) {
  return Napi::External<Handle>::New(env, handle, [](Napi::Env, Handle* data) { delete data; });
}

StoreHandle& unwrap_store(const Napi::Value& value) {
  StoreHandle& handle = unwrap_handle<StoreHandle>(value, HandleKind::store, "a Store");
  if (!handle.store) throw_torch_error(value.Env(), "DISPOSED", "the store was closed");
  return handle;
}

milliseconds milliseconds_of(const Napi::Value& value) { return milliseconds(value.As<Napi::Number>().Int64Value()); }

std::string text_of(const Napi::Value& value) { return value.As<Napi::String>().Utf8Value(); }

std::vector<std::string> texts_of(const Napi::Value& value) {
  const auto array = value.As<Napi::Array>();
  std::vector<std::string> texts;
  for (uint32_t i = 0; i < array.Length(); i++) texts.push_back(text_of(array.Get(i)));
  return texts;
}

// Runs what talks to other processes; what they or the network failed with becomes a typed error.
template <typename Body>
auto talk(Napi::Env env, Body body) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw_collective_error(env, error);
  }
}

// Has the store do something. Its own time limits are for what it waits for on purpose; an answer from a process that was
// stopped never comes. So a thread of its own asks, and is left behind when the time is over.
template <typename Body>
auto ask(Napi::Env env, StoreHandle& handle, Body body) {
  if (handle.gave_up) throw_torch_error(env, "TIMEOUT", "the store did not answer before");
  using Result = decltype(body(*handle.store));
  std::packaged_task<Result()> task([store = handle.store, body = std::move(body)] { return body(*store); });
  std::future<Result> answer = task.get_future();
  std::thread(std::move(task)).detach();
  // A little more, so that the store's own error comes first where there is one.
  if (answer.wait_for(handle.timeout + milliseconds(250)) != std::future_status::ready) {
    handle.gave_up = true;
    throw_torch_error(env, "TIMEOUT", "the store does not answer");
  }
  return talk(env, [&] { return answer.get(); });
}

// openStore(host, port, isServer, timeoutMs): port 0 lets the system choose one for a server
Napi::Value open_store(const Napi::CallbackInfo& info) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(info[1].As<Napi::Number>().Uint32Value());
  options.isServer = info[2].ToBoolean();
  options.waitWorkers = false;
  options.timeout = milliseconds_of(info[3]);
  return talk(info.Env(), [&] {
    auto store = c10::make_intrusive<c10d::TCPStore>(text_of(info[0]), options);
    const uint16_t port = store->getPort();
    return wrap(info.Env(), new StoreHandle{HandleKind::store, std::move(store), port, options.timeout});
  });
}

Napi::Value store_port(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), unwrap_store(info[0]).port);
}

Napi::Value store_set(const Napi::CallbackInfo& info) {
  const auto bytes = info[2].As<Napi::Uint8Array>();
  const std::vector<uint8_t> value(bytes.Data(), bytes.Data() + bytes.ByteLength());
  ask(info.Env(), unwrap_store(info[0]), [key = text_of(info[1]), value](c10d::Store& store) { store.set(key, value); });
  return info.Env().Undefined();
}

// storeGet(store, key) -> bytes, as soon as there are any
Napi::Value store_get(const Napi::CallbackInfo& info) {
  const std::vector<uint8_t> value = ask(
      info.Env(), unwrap_store(info[0]), [key = text_of(info[1])](c10d::Store& store) { return store.get(key); });
  auto bytes = Napi::Uint8Array::New(info.Env(), value.size());
  std::copy_n(value.data(), value.size(), bytes.Data());
  return bytes;
}

Napi::Value store_add(const Napi::CallbackInfo& info) {
  const int64_t amount = info[2].As<Napi::Number>().Int64Value();
  const int64_t sum = ask(info.Env(), unwrap_store(info[0]), [key = text_of(info[1]), amount](c10d::Store& store) {
    return store.add(key, amount);
  });
  return Napi::Number::New(info.Env(), static_cast<double>(sum));
}

Napi::Value store_has(const Napi::CallbackInfo& info) {
  const bool has = ask(info.Env(), unwrap_store(info[0]),
                       [keys = texts_of(info[1])](c10d::Store& store) { return store.check(keys); });
  return Napi::Boolean::New(info.Env(), has);
}

Napi::Value close_store(const Napi::CallbackInfo& info) {
  unwrap_handle<StoreHandle>(info[0], HandleKind::store, "a Store").store.reset();
  return info.Env().Undefined();
}

struct Members {
  Store store;
  int rank;
  int size;
  milliseconds timeout;
};

// `host` is the own address by which the others reach this process.
ProcessGroup gloo_group(const Members& members, const std::string& host) {
  auto options = c10d::ProcessGroupGloo::Options::create(members.timeout);
  options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(host));
  options->threads = 1;
  return c10::make_intrusive<c10d::ProcessGroupGloo>(members.store, members.rank, members.size, std::move(options));
}

#ifdef USE_C10D_NCCL
ProcessGroup nccl_group(const Members& members) {
  // Only then does NCCL heed the time limit; libtorch 2 has another name for it.
  for (const char* name : {"NCCL_BLOCKING_WAIT", "TORCH_NCCL_BLOCKING_WAIT"}) setenv(name, "1", 0);
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = members.timeout;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(members.store, members.rank, members.size, std::move(options));
}
#endif

// openGroup(store, prefix, rank, size, timeoutMs, host): one for the tensors of cards where `host` is "", which NCCL finds itself
Napi::Value open_group(const Napi::CallbackInfo& info) {
  return talk(info.Env(), [&] {
    const Members members{c10::make_intrusive<c10d::PrefixStore>(text_of(info[1]), unwrap_store(info[0]).store),
                          info[2].As<Napi::Number>().Int32Value(), info[3].As<Napi::Number>().Int32Value(),
                          milliseconds_of(info[4])};
    const std::string host = text_of(info[5]);
#ifdef USE_C10D_NCCL
    ProcessGroup group = host.empty() ? nccl_group(members) : gloo_group(members, host);
#else
    ProcessGroup group = gloo_group(members, host);
#endif
    return wrap(info.Env(), new GroupHandle{HandleKind::process_group, std::move(group)});
  });
}

Napi::Value close_group(const Napi::CallbackInfo& info) {
  unwrap_handle<GroupHandle>(info[0], HandleKind::process_group, "a ProcessGroup").group.reset();
  return info.Env().Undefined();
}

// groupSum(group, tensor): in place, on every rank
Napi::Value group_sum(const Napi::CallbackInfo& info) {
  std::vector<at::Tensor> tensors{unwrap_tensor(info[1])};
  talk(info.Env(), [&] { unwrap_group(info[0])->allreduce(tensors)->wait(); });
  return info.Env().Undefined();
}

// groupBroadcast(group, tensor, root): in place
Napi::Value group_broadcast(const Napi::CallbackInfo& info) {
  std::vector<at::Tensor> tensors{unwrap_tensor(info[1])};
  c10d::BroadcastOptions options;
  options.rootRank = info[2].As<Napi::Number>().Int32Value();
  talk(info.Env(), [&] { unwrap_group(info[0])->broadcast(tensors, options)->wait(); });
  return info.Env().Undefined();
}

// groupGather(group, tensor, outputs[]): every rank's tensor on every rank, all of one shape
Napi::Value group_gather(const Napi::CallbackInfo& info) {
  std::vector<at::Tensor> inputs{unwrap_tensor(info[1])};
  std::vector<std::vector<at::Tensor>> outputs{unwrap_tensors(info[2])};
  talk(info.Env(), [&] { unwrap_group(info[0])->allgather(outputs, inputs)->wait(); });
  return info.Env().Undefined();
}

Napi::Value group_barrier(const Napi::CallbackInfo& info) {
  talk(info.Env(), [&] { unwrap_group(info[0])->barrier()->wait(); });
  return info.Env().Undefined();
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

ProcessGroup unwrap_group(const Napi::Value& value) {
  const ProcessGroup& group = unwrap_handle<GroupHandle>(value, HandleKind::process_group, "a ProcessGroup").group;
  if (!group) throw_torch_error(value.Env(), "DISPOSED", "the group was closed");
  return group;
}

// Neither c10d nor Gloo has types for these: their words are all there is.
void throw_collective_error(Napi::Env env, const std::exception& error) {
  const auto* const own = dynamic_cast<const c10::Error*>(&error);
  const std::string whole = own ? own->what_without_backtrace() : error.what();
  const std::string message = whole.substr(0, whole.find("\nException raised from"));
  if (contains(message, "imed out") || contains(message, "imeout")) throw_torch_error(env, "TIMEOUT", message);
  for (const char* sign : {"onnection", "roken pipe", "reset by peer", "socket"})
    if (contains(message, sign)) throw_torch_error(env, "PEER_LOST", message);
  throw_torch_error(env, "LIBTORCH", message);
}

void init_process_group(Napi::Env env, Napi::Object exports) {
  exports.Set("processGroups", Napi::Boolean::New(env, true));
#ifdef USE_C10D_NCCL
  exports.Set("cardGroups", Napi::Boolean::New(env, true));
#else
  exports.Set("cardGroups", Napi::Boolean::New(env, false));
#endif
  expose<open_store>(exports, "openStore");
  expose<store_port>(exports, "storePort");
  expose<store_set>(exports, "storeSet");
  expose<store_get>(exports, "storeGet");
  expose<store_add>(exports, "storeAdd");
  expose<store_has>(exports, "storeHas");
  expose<close_store>(exports, "closeStore");
  expose<open_group>(exports, "openGroup");
  expose<close_group>(exports, "closeGroup");
  expose<group_sum>(exports, "groupSum");
  expose<group_broadcast>(exports, "groupBroadcast");
  expose<group_gather>(exports, "groupGather");
  expose<group_barrier>(exports, "groupBarrier");
}

#else

#include "addon.h"

void init_process_group(Napi::Env env, Napi::Object exports) {
  exports.Set("processGroups", Napi::Boolean::New(env, false));
  exports.Set("cardGroups", Napi::Boolean::New(env, false));
}

#endif
