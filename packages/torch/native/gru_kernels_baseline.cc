// Any processor: vectors of 4 floats, as SSE2 (16 registers) and NEON (32 registers) have them.
#define GRU_KERNELS gru_kernels_baseline
#define GRU_LANES 4
#ifdef __aarch64__
#define GRU_ROWS 8
#else
#define GRU_ROWS 4
#endif
#include "gru_kernels.inc"
