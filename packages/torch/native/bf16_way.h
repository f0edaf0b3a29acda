// How bfloat16 is multiplied on this processor: by the quickest of the ways that it has, measured once a process.
//
// What a processor's instructions are called does not tell: AVX512-BF16's own is half as fast as float32's on Intel's Sapphire
// Rapids and twice as fast on AMD's Zen 5. DEEPSPEECH_BF16 (onednn, half or float32) forces a way.
#pragma once

#include <functional>
#include <vector>

enum class Bf16Way {
  kOneDnn,   // the processor's own bfloat16, as oneDNN takes it: AMX or AVX512-BF16
  kHalf,     // AVX512-FP16 (half_kernels.h)
  kFloat32,  // converted there and back
};

const char* name_of(Bf16Way way);

// What it is multiplied for: matrices (bf16_product.cc), convolutions (conv2d.cc), and the steps of a GRU (kernels.cc), which have
// kernels of their own in each of the ways.
enum class Bf16Work { kProducts, kConvolutions, kRecurrences };

// The way that is taken: the quickest, unless JavaScript has taken another, that of an earlier process whose work goes on.
Bf16Way way_of(Bf16Work work);

struct MeasuredWay {
  Bf16Way way;
  double gflops;  // 0 where nothing was measured: it is forced, or the only one
};

// The quickest first.
using Bf16Ways = std::vector<MeasuredWay>;

// `run` multiplies once in that way, `flop` operations. Of the candidates a later one must be a tenth quicker, so that two that
// are alike do not take turns from one process to the next, which would be seen in the last digits of a training.
Bf16Ways choose_way(const std::vector<Bf16Way>& candidates, double flop, const std::function<void(Bf16Way)>& run);

// What was measured of each work.
const Bf16Ways& bf16_product_ways();
const Bf16Ways& bf16_convolution_ways();
const Bf16Ways& bf16_recurrence_ways();
