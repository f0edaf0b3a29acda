// x86-64 with AVX-512: 32 registers of 16 floats. CMake gives this file its compiler flags.
#ifdef __AVX512BW__
#define GRU_KERNELS gru_kernels_avx512
#define GRU_LANES 16
#define GRU_ROWS 8
#include "gru_kernels.inc"
#endif
