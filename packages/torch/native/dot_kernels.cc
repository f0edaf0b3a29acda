// See dot_kernels.h. CMake compiles this file with AVX512-BF16 where the compiler knows it.
#include "dot_kernels.h"

#if defined(__AVX512BF16__)
#include <immintrin.h>

#include <cstdlib>
#include <cstring>
#include <vector>

#include "cpu_features.h"

namespace {

constexpr int kRows = 12;                          // × 2 vectors of sums: 24 of the 32 registers
constexpr int kLanes = 16;                         // sums in a register, and pairs
constexpr int kVectors = 2;                        // of a panel's row
constexpr int64_t kColumns = kLanes * kVectors;

// ── Two terms ───────────────────────────────────────────────────────────────────────────────────────────────────────

__m512 by_instruction(__m512 sums, __m512i a, __m512i b) {
  return _mm512_dpbf16_ps(sums, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
}

// A pair's first number is the lower half of its 32 bits.
__m512 first_of(__m512i pairs) { return _mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16)); }
__m512 second_of(__m512i pairs) { return _mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32(-0x10000))); }

__m512 by_float32(__m512 sums, __m512i a, __m512i b) {
  return _mm512_fmadd_ps(second_of(a), second_of(b), _mm512_fmadd_ps(first_of(a), first_of(b), sums));
}

template <bool StandingIn>
__m512 add_pair(__m512 sums, __m512i a, __m512i b) {
  return StandingIn ? by_float32(sums, a, b) : by_instruction(sums, a, b);
}

// ── Packing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

// Panels [k, 32] in place, to pairs of terms: [k / 2, 32, 2]. What is left over of k is no pair and stays as it is.
void prepare(int64_t num_panels, int64_t k, Bf16* packed) {
  Bf16 rows[2 * kColumns];
  for (int64_t panel = 0; panel < num_panels; panel++)
    for (int64_t term = 0; term + 2 <= k; term += 2) {
      Bf16* const pair = packed + (panel * k + term) * kColumns;
      std::memcpy(rows, pair, sizeof rows);
      for (int64_t column = 0; column < kColumns; column++) {
        pair[2 * column] = rows[column];
        pair[2 * column + 1] = rows[kColumns + column];
      }
    }
}

// 16 floats as bfloat16, to the nearest and ties to even; what is not a number stays so.
__m256i rounded(__m512 floats) {
  const __m512i bits = _mm512_castps_si512(floats);
  const __m512i even = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i sum = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), even);
  const __mmask16 is_nan = _mm512_cmp_ps_mask(floats, floats, _CMP_UNORD_Q);
  return _mm512_cvtepi32_epi16(_mm512_mask_blend_epi32(is_nan, _mm512_srli_epi32(sum, 16), _mm512_set1_epi32(0x7fc0)));
}

// Rows [rows, k] of floats as pairs of terms, [⌈k / 2⌉, rows]; a term that is lacking is zero.
void pack_step(int64_t rows, int64_t k, const float* a, uint32_t* pairs) {
  for (int64_t row = 0; row < rows; row++)
    for (int64_t first = 0; first < k; first += kLanes) {
      const __mmask16 within = k - first >= kLanes ? 0xffff : static_cast<__mmask16>((1 << (k - first)) - 1);
      alignas(32) uint32_t packed[kLanes / 2];
      const __m512 floats = _mm512_maskz_loadu_ps(within, a + row * k + first);
      _mm256_store_si256(reinterpret_cast<__m256i*>(packed), rounded(floats));
      for (int64_t pair = 0; pair < kLanes / 2 && first + 2 * pair < k; pair++)
        pairs[(first / 2 + pair) * rows + row] = packed[pair];
    }
}

// ── The product ─────────────────────────────────────────────────────────────────────────────────────────────────────

template <int Rows, bool StandingIn>
void add_to_sums(__m512 (&sums)[Rows][kVectors], const uint32_t* a, const __m512i (&weights)[kVectors]) {
  for (int row = 0; row < Rows; row++) {
    const __m512i pair = _mm512_set1_epi32(static_cast<int>(a[row]));
    for (int v = 0; v < kVectors; v++) sums[row][v] = add_pair<StandingIn>(sums[row][v], pair, weights[v]);
  }
}

// Rows × one panel. a: the rows' pairs of one place side by side, at a distance of `stride` from the next place's.
template <int Rows, bool StandingIn>
void multiply_block(int64_t k, const uint32_t* a, int64_t stride, const Bf16* panel, float* c, int64_t n,
                    bool accumulate) {
  __m512 sums[Rows][kVectors];
  for (int row = 0; row < Rows; row++)
    for (int v = 0; v < kVectors; v++)
      sums[row][v] = accumulate ? _mm512_loadu_ps(c + row * n + v * kLanes) : _mm512_setzero_ps();
  __m512i weights[kVectors];
  for (int64_t pair = 0; pair < k / 2; pair++) {
    for (int v = 0; v < kVectors; v++) weights[v] = _mm512_loadu_si512(panel + 2 * (pair * kColumns + v * kLanes));
    add_to_sums<Rows, StandingIn>(sums, a + pair * stride, weights);
  }
  if (k % 2 != 0) {
    const auto* const last = reinterpret_cast<const __m256i*>(panel + (k - 1) * kColumns);
    for (int v = 0; v < kVectors; v++) weights[v] = _mm512_cvtepu16_epi32(_mm256_loadu_si256(last + v));
    add_to_sums<Rows, StandingIn>(sums, a + k / 2 * stride, weights);
  }
  for (int row = 0; row < Rows; row++)
    for (int v = 0; v < kVectors; v++) _mm512_storeu_ps(c + row * n + v * kLanes, sums[row][v]);
}

template <bool StandingIn, int Rows = kRows>
void multiply_rows(int64_t rows, int64_t k, const uint32_t* a, int64_t stride, const Bf16* panel, float* c, int64_t n,
                   bool accumulate) {
  if (rows == Rows) return multiply_block<Rows, StandingIn>(k, a, stride, panel, c, n, accumulate);
  if constexpr (Rows > 1) multiply_rows<StandingIn, Rows - 1>(rows, k, a, stride, panel, c, n, accumulate);
}

template <bool StandingIn>
void multiply(int64_t rows, int64_t n, int64_t k, const float* a, const Bf16* w, float* c, bool accumulate,
              bool backwards) {
  thread_local std::vector<uint32_t> pairs;
  pairs.resize(rows * ((k + 1) / 2));
  pack_step(rows, k, a, pairs.data());
  for_blocks(rows, kRows, n / kColumns, backwards, [&](int64_t panel, int64_t first, int64_t end) {
    multiply_rows<StandingIn>(end - first, k, pairs.data() + first, rows, w + panel * k * kColumns,
                              c + first * n + panel * kColumns, n, accumulate);
  });
}

}  // namespace

bool set_dot_product(GruKernels<Bf16>& kernels, bool standing_in) {
  const bool has_instruction = cpu_has_avx512_bf16();
  if (std::getenv("ATEN_CPU_CAPABILITY") != nullptr || !(has_instruction || (standing_in && cpu_has_avx512()))) return false;
  kernels.panel_columns = kColumns;
  kernels.multiply = has_instruction ? multiply<false> : multiply<true>;
  kernels.prepare = prepare;
  return true;
}
#else
bool set_dot_product(GruKernels<Bf16>&, bool) { return false; }
#endif
