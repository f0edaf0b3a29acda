// See bf16_way.h.
#include "bf16_way.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <optional>

#include "addon.h"

namespace {

constexpr int kRounds = 3;
constexpr double kTellingRatio = 1.1;

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

Napi::Value ways_to_js(Napi::Env env, const Bf16Ways& ways) {
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
  result.Set("products", ways_to_js(info.Env(), bf16_product_ways()));
  result.Set("convolutions", ways_to_js(info.Env(), bf16_convolution_ways()));
  result.Set("recurrences", ways_to_js(info.Env(), bf16_recurrence_ways()));
  return result;
}

}  // namespace

const char* name_of(Bf16Way way) {
  switch (way) {
    case Bf16Way::kOneDnn: return "onednn";
    case Bf16Way::kHalf: return "half";
    default: return "float32";
  }
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

void init_bf16_way(Napi::Env, Napi::Object exports) { expose<bf16_ways>(exports, "bf16Ways"); }
