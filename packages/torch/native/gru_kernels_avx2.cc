// x86-64 with AVX2 and FMA: 16 registers of 8 floats. CMake gives this file its compiler flags.
#ifdef __AVX2__
#define GRU_KERNELS gru_kernels_avx2
#define GRU_LANES 8
#define GRU_ROWS 6
#include "gru_kernels.inc"
#endif
