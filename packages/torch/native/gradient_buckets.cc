// Gradients of several processes, added up while the backward pass still runs. Parameters are grouped into buckets, one
// flat tensor each; a hook on every parameter notes its gradient, and a bucket that has all of them is handed to a thread
// that adds it up with the other processes' (method: Li et al. 2020, "PyTorch Distributed", VLDB 13(12), section 3.2).
//
// Gloo adds in an order that depends on the number of processes. Here each round adds the sums of two processes, and
// a + b has the bits of b + a: 2^k processes add in one and the same binary tree, whatever k.
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "addon.h"
#include "handles.h"
#include "process_group.h"

namespace {

using Tensors = std::vector<at::Tensor>;

class Buckets : public std::enable_shared_from_this<Buckets> {
 public:
  explicit Buckets(std::vector<size_t> bucket_of)
      : bucket_of_(std::move(bucket_of)), used_(bucket_of_.size()), sizes_(1 + *std::max_element(bucket_of_.begin(), bucket_of_.end())) {
    for (const size_t bucket : bucket_of_) sizes_[bucket]++;
  }

#ifdef USE_C10D_GLOO
  // Rounds of two processes each, in order. The thread ends with `stop`; what it waits for then, it waits for alone.
  void talk_to(std::vector<ProcessGroup> rounds) {
    rounds_ = std::move(rounds);
    std::thread([self = shared_from_this()] { self->add_up(); }).detach();
  }
#endif

  // From now on every bucket is handed over once its parameters have their gradients. `chains` has for each bucket the
  // flat tensors in which sums wait: the first takes the gradients, each is added to the next, the last goes to the others.
  void begin(std::vector<Tensors> chains) {
    const std::lock_guard<std::mutex> lock(mutex_);
    chains_ = std::move(chains);
    missing_ = sizes_;
    handed_over_.assign(sizes_.size(), false);
    done_ = 0;
  }

  void arrived(size_t parameter) {
    used_[parameter] = true;
    if (chains_.empty()) return;
    const size_t bucket = bucket_of_[parameter];
    if (--missing_[bucket] == 0) hand_over(bucket);
  }

  // Hands over what had no gradient, waits for all, and tells which parameters had one since the last time.
  std::vector<bool> finish() {
    for (size_t bucket = 0; bucket < chains_.size(); bucket++)
      if (missing_[bucket] > 0) hand_over(bucket);
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return done_ == chains_.size() || failure_; });
    chains_.clear();
    if (failure_) std::rethrow_exception(failure_);
    return std::exchange(used_, std::vector<bool>(used_.size()));
  }

  void stop() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_stopped_ = true;
    changed_.notify_all();
  }

 private:
  void hand_over(size_t bucket) {
    const at::NoGradGuard no_grad;
    const Tensors& chain = chains_[bucket];
    for (size_t i = 1; i < chain.size(); i++) chain[i].add_(chain[i - 1]);
    const std::lock_guard<std::mutex> lock(mutex_);
    handed_over_[bucket] = true;
#ifdef USE_C10D_GLOO
    if (!rounds_.empty()) return changed_.notify_all();
#endif
    done_++;
  }

#ifdef USE_C10D_GLOO
  // All processes take the buckets in the same order, in whichever order they become ready.
  void add_up() {
    try {
      while (true) {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [&] { return is_stopped_ || (done_ < chains_.size() && handed_over_[done_]); });
        if (is_stopped_) return;
        Tensors sum{chains_[done_].back()};
        lock.unlock();
        for (const ProcessGroup& round : rounds_) round->allreduce(sum)->wait();
        lock.lock();
        done_++;
        changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex_);
      failure_ = std::current_exception();
      changed_.notify_all();
    }
  }

  std::vector<ProcessGroup> rounds_;
#endif

  const std::vector<size_t> bucket_of_;
  std::vector<bool> used_;
  std::vector<size_t> sizes_;
  std::vector<Tensors> chains_;
  std::vector<size_t> missing_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> handed_over_;
  size_t done_ = 0;
  bool is_stopped_ = false;
  std::exception_ptr failure_;
};

struct ArrivalHook : torch::autograd::FunctionPostHook {
  ArrivalHook(std::weak_ptr<Buckets> buckets, size_t parameter) : buckets(std::move(buckets)), parameter(parameter) {}

  torch::autograd::variable_list operator()(const torch::autograd::variable_list& outputs,
                                            const torch::autograd::variable_list&) override {
    if (const auto alive = buckets.lock()) alive->arrived(parameter);
    return outputs;
  }

  std::weak_ptr<Buckets> buckets;
  size_t parameter;
};

// A variable holds its accumulator weakly: whoever has a hook there keeps it.
struct BucketsHandle {
  HandleKind kind = HandleKind::gradient_buckets;
  std::shared_ptr<Buckets> buckets;
  std::vector<std::pair<std::shared_ptr<torch::autograd::Node>, uintptr_t>> hooks;

  void close() {
    if (!buckets) return;
    for (const auto& [accumulator, key] : hooks) accumulator->del_post_hook(key);
    hooks.clear();
    buckets->stop();
    buckets.reset();
  }
};

BucketsHandle& unwrap_buckets(const Napi::Value& value) {
  return unwrap_handle<BucketsHandle>(value, HandleKind::gradient_buckets, "GradientBuckets");
}

Buckets& open_buckets(const Napi::Value& value) {
  const BucketsHandle& handle = unwrap_buckets(value);
  if (!handle.buckets) throw_torch_error(value.Env(), "DISPOSED", "the buckets were closed");
  return *handle.buckets;
}

// openBuckets(parameters[], bucketOf[], rounds[])
Napi::Value open_gradient_buckets(const Napi::CallbackInfo& info) {
  const auto places = info[1].As<Napi::Array>();
  std::vector<size_t> bucket_of;
  for (uint32_t i = 0; i < places.Length(); i++) bucket_of.push_back(places.Get(i).As<Napi::Number>().Uint32Value());
  auto handle = std::make_unique<BucketsHandle>();
  handle->buckets = std::make_shared<Buckets>(std::move(bucket_of));
  const Tensors parameters = unwrap_tensors(info[0]);
  for (size_t i = 0; i < parameters.size(); i++) {
    auto accumulator = torch::autograd::impl::grad_accumulator(parameters[i]);
    const uintptr_t key = accumulator->add_post_hook(std::make_unique<ArrivalHook>(handle->buckets, i));
    handle->hooks.emplace_back(std::move(accumulator), key);
  }
#ifdef USE_C10D_GLOO
  const auto groups = info[2].As<Napi::Array>();
  std::vector<ProcessGroup> rounds;
  for (uint32_t i = 0; i < groups.Length(); i++) rounds.push_back(unwrap_group(groups.Get(i)));
  if (!rounds.empty()) handle->buckets->talk_to(std::move(rounds));
#endif
  const auto close = [](Napi::Env, BucketsHandle* data) {
    data->close();
    delete data;
  };
  return Napi::External<BucketsHandle>::New(info.Env(), handle.release(), close);
}

// beginBuckets(buckets, chains[bucket][])
Napi::Value begin_buckets(const Napi::CallbackInfo& info) {
  const auto array = info[1].As<Napi::Array>();
  std::vector<Tensors> chains;
  for (uint32_t i = 0; i < array.Length(); i++) chains.push_back(unwrap_tensors(array.Get(i)));
  open_buckets(info[0]).begin(std::move(chains));
  return info.Env().Undefined();
}

// finishBuckets(buckets) -> for each parameter, whether it had a gradient since the last time
Napi::Value finish_buckets(const Napi::CallbackInfo& info) {
  Buckets& buckets = open_buckets(info[0]);
  std::vector<bool> used;
#ifdef USE_C10D_GLOO
  try {
    used = buckets.finish();
  } catch (const std::exception& error) {
    throw_collective_error(info.Env(), error);
  }
#else
  used = buckets.finish();
#endif
  Napi::Array result = Napi::Array::New(info.Env(), used.size());
  for (size_t i = 0; i < used.size(); i++)
    result.Set(static_cast<uint32_t>(i), Napi::Boolean::New(info.Env(), used[i]));
  return result;
}

Napi::Value close_buckets(const Napi::CallbackInfo& info) {
  unwrap_buckets(info[0]).close();
  return info.Env().Undefined();
}

}  // namespace

void init_gradient_buckets(Napi::Env, Napi::Object exports) {
  expose<open_gradient_buckets>(exports, "openBuckets");
  expose<begin_buckets>(exports, "beginBuckets");
  expose<finish_buckets>(exports, "finishBuckets");
  expose<close_buckets>(exports, "closeBuckets");
}
