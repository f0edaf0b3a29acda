// See amx_kernels.h. CMake compiles this file with AMX where the compiler knows it.
#include "amx_kernels.h"

#if defined(__AMX_BF16__) && defined(__linux__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr int64_t kTileRows = 16;
constexpr int64_t kTileTerms = 32;                             // numbers of k in a tile
constexpr int64_t kTileColumns = 16;                           // of B and C
constexpr int64_t kTiles = 4;                                  // of C side by side: a panel
constexpr int64_t kColumns = kTiles * kTileColumns;
constexpr int64_t kTileNumbers = kTileTerms * kTileColumns;    // in a tile of B
constexpr int64_t kRowBytes = 64;                              // of any tile's full row

// ── Packing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

// Up to 32 rows [terms, 64 columns] as 4 tiles of [16 pairs of terms, 16 columns, 2]; terms that are lacking are zero.
void to_tiles(int64_t terms, const Bf16* rows, Bf16* tiles) {
  for (int64_t tile = 0; tile < kTiles; tile++)
    for (int64_t term = 0; term < kTileTerms; term++)
      for (int64_t column = 0; column < kTileColumns; column++)
        tiles[tile * kTileNumbers + term / 2 * 2 * kTileColumns + 2 * column + term % 2] =
            term < terms ? rows[term * kColumns + tile * kTileColumns + column] : Bf16{0};
}

// Panels [k, 64] in place. What is left over of k is no whole tile and stays as it is.
void prepare(int64_t num_panels, int64_t k, Bf16* packed) {
  Bf16 rows[kTileTerms * kColumns];
  for (int64_t panel = 0; panel < num_panels; panel++)
    for (int64_t first = 0; first + kTileTerms <= k; first += kTileTerms) {
      Bf16* const block = packed + (panel * k + first) * kColumns;
      std::memcpy(rows, block, sizeof rows);
      to_tiles(kTileTerms, rows, block);
    }
}

// Floats [rows, k] as two bfloat16 numbers each, [rows, padded]. Their sum has 16 significant bits.
void split(int64_t rows, int64_t k, int64_t padded, const float* a, uint16_t* high, uint16_t* low) {
  for (int64_t row = 0; row < rows; row++)
    for (int64_t i = 0; i < padded; i++) {
      const float value = i < k ? a[row * k + i] : 0.0f;
      uint32_t bits;
      std::memcpy(&bits, &value, sizeof bits);
      const uint32_t upper = bits & 0xffff0000u;
      float first;
      std::memcpy(&first, &upper, sizeof first);
      const float rest = value - first;
      uint32_t rest_bits;
      std::memcpy(&rest_bits, &rest, sizeof rest_bits);
      high[row * padded + i] = static_cast<uint16_t>(upper >> 16);
      low[row * padded + i] = static_cast<uint16_t>(rest_bits >> 16);
    }
}

// ── The product ─────────────────────────────────────────────────────────────────────────────────────────────────────

// Tiles 0 to 3 are C's, 4 and 5 A's two parts, 6 and 7 B's.
struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};

  explicit TileConfig(int64_t rows_of_a) {
    for (int tile = 0; tile < 8; tile++) {
      row_bytes[tile] = kRowBytes;
      rows[tile] = static_cast<uint8_t>(tile < 6 ? rows_of_a : kTileRows);
    }
  }
};

// C += A's 32 terms · four tiles of B.
void add_block(const uint16_t* high, const uint16_t* low, int64_t a_stride, const Bf16* tiles) {
  const int64_t stride = a_stride * static_cast<int64_t>(sizeof *high);
  _tile_loadd(4, high, stride);
  _tile_loadd(5, low, stride);
  _tile_loadd(6, tiles, kRowBytes);
  _tile_dpbf16ps(0, 4, 6);
  _tile_dpbf16ps(0, 5, 6);
  _tile_loadd(7, tiles + kTileNumbers, kRowBytes);
  _tile_dpbf16ps(1, 4, 7);
  _tile_dpbf16ps(1, 5, 7);
  _tile_loadd(6, tiles + 2 * kTileNumbers, kRowBytes);
  _tile_dpbf16ps(2, 4, 6);
  _tile_dpbf16ps(2, 5, 6);
  _tile_loadd(7, tiles + 3 * kTileNumbers, kRowBytes);
  _tile_dpbf16ps(3, 4, 7);
  _tile_dpbf16ps(3, 5, 7);
}

// The tiles of C from memory or zero, and back.
void load_sums(const float* c, int64_t n, bool accumulate) {
  const int64_t stride = n * static_cast<int64_t>(sizeof *c);
  if (!accumulate) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    return;
  }
  _tile_loadd(0, c, stride);
  _tile_loadd(1, c + kTileColumns, stride);
  _tile_loadd(2, c + 2 * kTileColumns, stride);
  _tile_loadd(3, c + 3 * kTileColumns, stride);
}

void store_sums(float* c, int64_t n) {
  const int64_t stride = n * static_cast<int64_t>(sizeof *c);
  _tile_stored(0, c, stride);
  _tile_stored(1, c + kTileColumns, stride);
  _tile_stored(2, c + 2 * kTileColumns, stride);
  _tile_stored(3, c + 3 * kTileColumns, stride);
}

void multiply_panel(int64_t n, int64_t k, const uint16_t* high, const uint16_t* low, int64_t padded, const Bf16* panel,
                    float* c, bool accumulate) {
  load_sums(c, n, accumulate);
  int64_t first = 0;
  for (; first + kTileTerms <= k; first += kTileTerms)
    add_block(high + first, low + first, padded, panel + first * kColumns);
  if (first < k) {
    Bf16 tiles[kTiles * kTileNumbers];
    to_tiles(k - first, panel + first * kColumns, tiles);
    add_block(high + first, low + first, padded, tiles);
  }
  store_sums(c, n);
}

void multiply(int64_t rows, int64_t n, int64_t k, const float* a, const Bf16* w, float* c, bool accumulate,
              bool backwards) {
  thread_local std::vector<uint16_t> parts;
  const int64_t padded = (k + kTileTerms - 1) / kTileTerms * kTileTerms;
  parts.resize(2 * rows * padded);
  uint16_t* const high = parts.data();
  uint16_t* const low = high + rows * padded;
  split(rows, k, padded, a, high, low);
  const int64_t num_blocks = (rows + kTileRows - 1) / kTileRows, num_panels = n / kColumns;
  for (int64_t block = 0; block < num_blocks; block++) {
    const int64_t first = rows * block / num_blocks, end = rows * (block + 1) / num_blocks;
    const TileConfig config(end - first);
    _tile_loadconfig(&config);
    for (int64_t i = 0; i < num_panels; i++) {
      const int64_t panel = backwards ? num_panels - 1 - i : i;
      multiply_panel(n, k, high + first * padded, low + first * padded, padded, w + panel * k * kColumns,
                     c + first * n + panel * kColumns, accumulate);
    }
  }
  _tile_release();
}

// Linux gives a process the tiles' registers when it first asks for them.
bool is_allowed() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return std::getenv("ATEN_CPU_CAPABILITY") == nullptr && has_amx() &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace

bool set_amx_product(GruKernels<Bf16>& kernels) {
  static const bool allowed = is_allowed();
  if (!allowed) return false;
  kernels.panel_columns = kColumns;
  kernels.multiply = multiply;
  kernels.prepare = prepare;
  return true;
}
#else
bool set_amx_product(GruKernels<Bf16>&) { return false; }
#endif
