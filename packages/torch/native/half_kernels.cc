// See half_kernels.h. CMake compiles this file with AVX512-FP16 where the compiler knows it.
#include "half_kernels.h"

#if defined(__AVX512FP16__)
#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "cpu_features.h"
#include "gru_kernels.h"

namespace {

constexpr int kRows = 12;                          // × 2 vectors of sums: 24 of the 32 registers
constexpr int kLanes = 32;                         // halves in a register
constexpr int kVectors = 2;                        // of a row of B's panel
constexpr int64_t kColumns = kLanes * kVectors;
constexpr int64_t kChunk = 64;                     // terms added up in half precision

float from_bf16(Bf16 number) {
  const uint32_t bits = static_cast<uint32_t>(number.bits) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

uint16_t to_half(float value) {
  const _Float16 half = static_cast<_Float16>(value);
  uint16_t bits;
  std::memcpy(&bits, &half, sizeof bits);
  return bits;
}

// 2⁻ᵉ for a largest magnitude of 2ᵉ⁻¹…2ᵉ; what is infinite or not a number stays so.
float scale_for(uint16_t largest_bits) {
  const int exponent = std::min((largest_bits >> 7) - 126, 126);
  return std::ldexp(1.0f, -std::max(exponent, -126));
}

void scales(int64_t first, int64_t count, int64_t k, const Bf16* matrix, int64_t line_stride, int64_t k_stride,
            float* up) {
  const auto* const bits = reinterpret_cast<const uint16_t*>(matrix) + first * line_stride;
  std::vector<uint16_t> largest(count, 0);
  const auto magnitude = [](uint16_t word) { return static_cast<uint16_t>(word & 0x7fff); };
  if (k_stride == 1) {
    for (int64_t line = 0; line < count; line++) {
      uint16_t most = 0;
      for (int64_t i = 0; i < k; i++) most = std::max(most, magnitude(bits[line * line_stride + i]));
      largest[line] = most;
    }
  } else {
    uint16_t* const most = largest.data();
    for (int64_t i = 0; i < k; i++)
      for (int64_t line = 0; line < count; line++)
        most[line] = std::max(most[line], magnitude(bits[line * line_stride + i * k_stride]));
  }
  for (int64_t line = 0; line < count; line++) up[first + line] = scale_for(largest[line]);
}

// ── Packing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

// 16 numbers, scaled.
__m256i to_halves(const Bf16* from, __m512 scale) {
  const __m256i words = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  const __m512 floats = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(words), 16));
  return _mm256_castph_si256(_mm512_cvtxps_ph(_mm512_mul_ps(floats, scale)));
}

// A line whose numbers lie side by side, as halves.
void convert_line(int64_t k, const Bf16* line, float scale, uint16_t* halves) {
  int64_t i = 0;
  for (; i + 16 <= k; i += 16)
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(halves + i), to_halves(line + i, _mm512_set1_ps(scale)));
  for (; i < k; i++) halves[i] = to_half(from_bf16(line[i]) * scale);
}

// Numbers of one k side by side, as a transposed matrix has them.
template <int Lines, class Stored, class Store>
void pack_across(int64_t count, int64_t k, const Bf16* matrix, int64_t k_stride, const float* up, Stored* panel,
                 const Store& as_stored) {
  float scale[Lines] = {};
  std::copy_n(up, count, scale);
  Bf16 padded[Lines] = {};
  for (int64_t i = 0; i < k; i++, panel += Lines) {
    const Bf16* from = matrix + i * k_stride;
    if (count < Lines) from = static_cast<Bf16*>(std::memcpy(padded, from, count * sizeof(Bf16)));
    for (int line = 0; line < Lines; line++) panel[line] = as_stored(to_half(from_bf16(from[line]) * scale[line]));
  }
}

template <int Lines, class Stored, class Store>
void pack(int64_t count, int64_t k, const Bf16* matrix, int64_t line_stride, int64_t k_stride, const float* up,
          Stored* panel, const Store& as_stored) {
  if (line_stride == 1 && k_stride != 1) return pack_across<Lines>(count, k, matrix, k_stride, up, panel, as_stored);
  if (count < Lines) std::memset(panel, 0, k * Lines * sizeof(Stored));
  constexpr int64_t kBlock = 128;  // whose share of the panel stays in the first cache
  uint16_t halves[kBlock];
  for (int64_t first = 0; first < k; first += kBlock) {
    const int64_t terms = std::min(kBlock, k - first);
    for (int64_t line = 0; line < count; line++) {
      const Bf16* const from = matrix + line * line_stride + first * k_stride;
      if (k_stride == 1) {
        convert_line(terms, from, up[line], halves);
      } else {
        for (int64_t i = 0; i < terms; i++) halves[i] = to_half(from_bf16(from[i * k_stride]) * up[line]);
      }
      for (int64_t i = 0; i < terms; i++) panel[(first + i) * Lines + line] = as_stored(halves[i]);
    }
  }
}

uint32_t twice(uint16_t half) { return half * 0x10001u; }

void pack_a(int64_t count, int64_t k, const Bf16* matrix, int64_t line_stride, int64_t k_stride, const float* up,
            uint32_t* panel) {
  pack<kRows>(count, k, matrix, line_stride, k_stride, up, panel, twice);
}

void pack_b(int64_t count, int64_t k, const Bf16* matrix, int64_t line_stride, int64_t k_stride, const float* up,
            uint16_t* panel) {
  pack<kColumns>(count, k, matrix, line_stride, k_stride, up, panel, [](uint16_t half) { return half; });
}

// ── The product ─────────────────────────────────────────────────────────────────────────────────────────────────────

// Adds the sums of one chunk to c, a row's factor taken out.
template <bool First>
void flush(__m512h sum, float factor, float* c) {
  const __m512i bits = _mm512_castph_si512(sum);
  for (int part = 0; part < 2; part++) {
    const __m256i half = part == 0 ? _mm512_castsi512_si256(bits) : _mm512_extracti64x4_epi64(bits, 1);
    const __m512 floats = _mm512_cvtxph_ps(_mm256_castsi256_ph(half));
    float* const to = c + part * 16;
    const __m512 before = First ? _mm512_setzero_ps() : _mm512_loadu_ps(to);
    _mm512_storeu_ps(to, _mm512_fmadd_ps(floats, _mm512_set1_ps(factor), before));
  }
}

// Terms 0…k, at most kChunk, of Rows × one panel. a: pairs, the rows of one term side by side at a distance of a_stride.
template <int Rows, bool First>
void multiply_chunk(int64_t k, const uint32_t* a, int64_t a_stride, const uint16_t* b, const float* factors, float* c,
                    int64_t c_stride) {
  __m512h sums[Rows][kVectors];
  for (int row = 0; row < Rows; row++)
    for (int v = 0; v < kVectors; v++) sums[row][v] = _mm512_setzero_ph();
  for (int64_t i = 0; i < k; i++) {
    __m512h weights[kVectors];
    for (int v = 0; v < kVectors; v++) weights[v] = _mm512_loadu_ph(b + i * kColumns + v * kLanes);
    for (int row = 0; row < Rows; row++) {
      const __m512h factor = _mm512_castsi512_ph(_mm512_set1_epi32(static_cast<int>(a[i * a_stride + row])));
      for (int v = 0; v < kVectors; v++) sums[row][v] = _mm512_fmadd_ph(factor, weights[v], sums[row][v]);
    }
  }
  for (int row = 0; row < Rows; row++)
    for (int v = 0; v < kVectors; v++) flush<First>(sums[row][v], factors[row], c + row * c_stride + v * kLanes);
}

constexpr float kOnes[kRows] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

void multiply(int64_t k, const uint32_t* a, const uint16_t* b, float* tile) {
  multiply_chunk<kRows, true>(std::min(k, kChunk), a, kRows, b, kOnes, tile, kColumns);
  for (int64_t i = kChunk; i < k; i += kChunk)
    multiply_chunk<kRows, false>(std::min(k - i, kChunk), a + i * kRows, kRows, b + i * kColumns, kOnes, tile, kColumns);
}

Bf16 rounded(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if (value != value) return {0x7fc0};
  return {static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16)};
}

void write(int64_t m, int64_t n, const float* tile, const float* up_a, const float* up_b, const Bf16* bias, Bf16* c,
           int64_t c_stride) {
  float down_b[kColumns], added[kColumns];
  for (int64_t j = 0; j < n; j++) {
    down_b[j] = 1 / up_b[j];
    added[j] = bias == nullptr ? 0 : from_bf16(bias[j]);
  }
  for (int64_t i = 0; i < m; i++) {
    const float down_a = 1 / up_a[i];
    for (int64_t j = 0; j < n; j++) c[i * c_stride + j] = rounded(tile[i * kColumns + j] * down_a * down_b[j] + added[j]);
  }
}

// ── A GRU's steps ───────────────────────────────────────────────────────────────────────────────────────────────────

void to_halves_in_place(int64_t num_panels, int64_t k, Bf16* packed) {
  convert_line(num_panels * k * kColumns, packed, 1, reinterpret_cast<uint16_t*>(packed));
}

// The largest magnitude's upper half. Of bits, because the compiler makes vectors of a maximum of integers.
uint16_t largest_bits(int64_t k, const float* from) {
  uint32_t largest = 0;
  for (int64_t i = 0; i < k; i++) {
    uint32_t bits;
    std::memcpy(&bits, from + i, sizeof bits);
    largest = std::max(largest, bits & 0x7fffffffu);
  }
  return static_cast<uint16_t>(largest >> 16);
}

// Rows of floats as pairs of halves near 1, [k, rows], and what takes the scale out again.
void pack_step(int64_t rows, int64_t k, const float* a, uint32_t* pairs, float* factors) {
  for (int64_t row = 0; row < rows; row++) {
    const float* const from = a + row * k;
    const float up = scale_for(largest_bits(k, from));
    factors[row] = 1 / up;
    int64_t i = 0;
    for (; i + 16 <= k; i += 16) {
      alignas(32) uint16_t halves[16];
      const __m512 scaled = _mm512_mul_ps(_mm512_loadu_ps(from + i), _mm512_set1_ps(up));
      _mm256_store_si256(reinterpret_cast<__m256i*>(halves), _mm256_castph_si256(_mm512_cvtxps_ph(scaled)));
      for (int j = 0; j < 16; j++) pairs[(i + j) * rows + row] = twice(halves[j]);
    }
    for (; i < k; i++) pairs[i * rows + row] = twice(to_half(from[i] * up));
  }
}

template <int Rows = kRows>
void multiply_rows(int64_t rows, int64_t stride, int64_t k, const uint32_t* a, const uint16_t* b, const float* factors,
                   float* c, int64_t c_stride) {
  if (rows == Rows) {
    for (int64_t i = 0; i < k; i += kChunk)
      multiply_chunk<Rows, false>(std::min(k - i, kChunk), a + i * stride, stride, b + i * kColumns, factors, c, c_stride);
  } else if constexpr (Rows > 1) {
    multiply_rows<Rows - 1>(rows, stride, k, a, b, factors, c, c_stride);
  }
}

void multiply_step(int64_t rows, int64_t n, int64_t k, const float* a, const Bf16* w, float* c, bool accumulate,
                   bool backwards) {
  thread_local std::vector<uint32_t> pairs;
  thread_local std::vector<float> factors;
  pairs.resize(rows * k);
  factors.resize(rows);
  pack_step(rows, k, a, pairs.data(), factors.data());
  if (!accumulate) std::fill_n(c, rows * n, 0.0f);
  const auto* const halves = reinterpret_cast<const uint16_t*>(w);
  for_blocks(rows, kRows, n / kColumns, backwards, [&](int64_t panel, int64_t first, int64_t end) {
    multiply_rows(end - first, rows, k, pairs.data() + first, halves + panel * k * kColumns, factors.data() + first,
                  c + first * n + panel * kColumns, n);
  });
}

constexpr HalfKernels kKernels{kRows,    kColumns, scales,             pack_a,       pack_b,
                               multiply, write,    to_halves_in_place, multiply_step};

bool is_wanted() {
  const char* const asked = std::getenv("ATEN_CPU_CAPABILITY");
  return asked == nullptr && cpu_has_avx512_fp16();
}

}  // namespace

const HalfKernels* half_kernels() {
  static const bool wanted = is_wanted();
  return wanted ? &kKernels : nullptr;
}
#else
const HalfKernels* half_kernels() { return nullptr; }
#endif
