// x86-64 with AVX2 and FMA: 16 registers of 8 floats. CMake gives this file its compiler flags.
#ifdef __AVX2__
#define KERNEL_TABLE kernels_avx2
#define KERNEL_LANES 8
#define KERNEL_ROWS 6
#include "kernels.inc"
#endif
