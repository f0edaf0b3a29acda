// x86-64 with AVX-512: 32 registers of 16 floats. CMake gives this file its compiler flags.
#ifdef __AVX512BW__
#define KERNEL_TABLE kernels_avx512
#define KERNEL_LANES 16
#define KERNEL_ROWS 8
#include "kernels.inc"
#endif
