// See bf16_way.h.
#include "bf16_way.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>

#include "addon.h"

namespace {

constexpr int kRounds = 3;
constexpr double kTellingRatio = 1.1;

constexpr struct {
  Bf16Work work;
  const char* name;
} kWorks[] = {{Bf16Work::kProducts, "products"}, {Bf16Work::kConvolutions, "convolutions"}, {Bf16Work::kRecurrences, "recurrences"}};

// By work, for the whole process as what is measured; below 0 where the quickest way is taken.
std::atomic<int> taken[] = {-1, -1, -1};

const Bf16Ways& ways_of(Bf16Work work) {
  switch (work) {
    case Bf16Work::kProducts: return bf16_product_ways();
    case Bf16Work::kConvolutions: return bf16_convolution_ways();
    default: return bf16_recurrence_ways();
  }
}

double seconds_of(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::optional<Bf16Way> forced_way() {
  const char* const asked = std::getenv("DEEPSPEECH_BF16");
  if (asked == nullptr || *asked == '\0') return std::nullopt;
  for (const Bf16Way way : {Bf16Way::kOneDnn, Bf16Way::kHalf, Bf16Way::kFloat32})
    if (std::string(asked) == name_of(way)) return way;
  TORCH_CHECK_VALUE(false, "DEEPSPEECH_BF16 must be onednn, half or float32, found ", asked);
}

// Each once to warm up, then in turns, so that a neighbour's burst falls on all of them.
Bf16Ways measured(const std::vector<Bf16Way>& candidates, double flop, const std::function<void(Bf16Way)>& run) {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCPU);
  const at::NoGradGuard no_grad;
  std::vector<double> least(candidates.size(), std::numeric_limits<double>::infinity());
  for (int round = 0; round <= kRounds; round++)
    for (size_t i = 0; i < candidates.size(); i++) {
      const double seconds = seconds_of([&] { run(candidates[i]); });
      if (round > 0) least[i] = std::min(least[i], seconds);
    }
  Bf16Ways ways;
  for (size_t i = 0; i < candidates.size(); i++) ways.push_back({candidates[i], flop / least[i] / 1e9});
  return ways;
}

Napi::Value ways_to_js(Napi::Env env, Bf16Work work) {
  Bf16Ways ways = ways_of(work);
  std::stable_partition(ways.begin(), ways.end(), [&](const MeasuredWay& each) { return each.way == way_of(work); });
  Napi::Array result = Napi::Array::New(env, ways.size());
  for (size_t i = 0; i < ways.size(); i++) {
    Napi::Object way = Napi::Object::New(env);
    way.Set("way", name_of(ways[i].way));
    if (ways[i].gflops > 0) way.Set("gflops", ways[i].gflops);
    result.Set(static_cast<uint32_t>(i), way);
  }
  return result;
}

Napi::Value bf16_ways(const Napi::CallbackInfo& info) {
  Napi::Object result = Napi::Object::New(info.Env());
  for (const auto& [work, name] : kWorks) result.Set(name, ways_to_js(info.Env(), work));
  return result;
}

// (work, way): whether the processor has that way.
Napi::Value take_bf16_way(const Napi::CallbackInfo& info) {
  const std::string asked_work = info[0].As<Napi::String>(), asked_way = info[1].As<Napi::String>();
  for (const auto& [work, name] : kWorks) {
    if (asked_work != name) continue;
    for (const MeasuredWay& each : ways_of(work)) {
      if (asked_way != name_of(each.way)) continue;
      taken[static_cast<int>(work)] = static_cast<int>(each.way);
      return Napi::Boolean::New(info.Env(), true);
    }
  }
  return Napi::Boolean::New(info.Env(), false);
}

}  // namespace

const char* name_of(Bf16Way way) {
  switch (way) {
    case Bf16Way::kOneDnn: return "onednn";
    case Bf16Way::kHalf: return "half";
    default: return "float32";
  }
}

Bf16Way way_of(Bf16Work work) {
  const int way = taken[static_cast<int>(work)];
  return way < 0 ? ways_of(work).front().way : static_cast<Bf16Way>(way);
}

Bf16Ways choose_way(const std::vector<Bf16Way>& candidates, double flop, const std::function<void(Bf16Way)>& run) {
  if (const auto forced = forced_way()) return {{*forced, 0}};
  if (candidates.size() == 1) return {{candidates.front(), 0}};
  Bf16Ways ways = measured(candidates, flop, run);
  auto best = ways.begin();
  for (auto way = ways.begin(); way != ways.end(); way++)
    if (way->gflops > kTellingRatio * best->gflops) best = way;
  std::rotate(ways.begin(), best, best + 1);
  return ways;
}

void init_bf16_way(Napi::Env, Napi::Object exports) {
  expose<bf16_ways>(exports, "bf16Ways");
  expose<take_bf16_way>(exports, "takeBf16Way");
}
