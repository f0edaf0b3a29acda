// Any processor: vectors of 4 floats, as SSE2 (16 registers) and NEON (32 registers) have them.
#define KERNEL_TABLE kernels_baseline
#define KERNEL_LANES 4
#ifdef __aarch64__
#define KERNEL_ROWS 8
#else
#define KERNEL_ROWS 4
#endif
#include "kernels.inc"
