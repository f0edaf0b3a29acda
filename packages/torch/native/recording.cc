// Which operators libtorch runs: those that JavaScript calls, those that they call, and those of a backward pass.
#include <ATen/record_function.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <mutex>

#include "addon.h"

namespace {

const c10::DebugInfoKind kLog = c10::DebugInfoKind::TEST_INFO_2;

// libtorch hands it on to the threads that run backward passes of other devices.
struct OperatorLog : c10::DebugInfoBase {
  std::mutex mutex;
  std::vector<std::string> names;
};

std::unique_ptr<at::ObserverContext> note(const at::RecordFunction& function) {
  auto* const log = static_cast<OperatorLog*>(c10::ThreadLocalDebugInfo::get(kLog));
  if (log == nullptr) return nullptr;
  const std::lock_guard<std::mutex> lock(log->mutex);
  log->names.emplace_back(function.name());
  return nullptr;
}

// Within another recording the callback is there already, and finds the newest log.
class Recording {
 public:
  explicit Recording(std::shared_ptr<OperatorLog> log)
      : is_outermost_(c10::ThreadLocalDebugInfo::get(kLog) == nullptr), guard_(kLog, std::move(log)) {
    if (is_outermost_)
      handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(note).scopes({at::RecordScope::FUNCTION}));
  }
  ~Recording() {
    if (is_outermost_) at::removeCallback(handle_);
  }

 private:
  bool is_outermost_;
  c10::DebugInfoGuard guard_;
  at::CallbackHandle handle_ = at::INVALID_CALLBACK_HANDLE;
};

// recordOperators(body) -> the operators' names, in the order in which they began.
Napi::Value record_operators(const Napi::CallbackInfo& info) {
  const auto log = std::make_shared<OperatorLog>();
  {
    const Recording recording(log);
    info[0].As<Napi::Function>().Call({});
  }
  Napi::Array result = Napi::Array::New(info.Env(), log->names.size());
  for (size_t i = 0; i < log->names.size(); i++)
    result.Set(static_cast<uint32_t>(i), Napi::String::New(info.Env(), log->names[i]));
  return result;
}

}  // namespace

void init_recording(Napi::Env, Napi::Object exports) { expose<record_operators>(exports, "recordOperators"); }
