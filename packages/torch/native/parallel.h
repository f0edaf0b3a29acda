// Loops on libtorch's own threads, whichever compiler compiles this. at::parallel_for is a template of libtorch's headers:
// compiled with another OpenMP than libtorch's it would start threads of its own, and without any it runs on one.
#pragma once

#include <c10/util/FunctionRef.h>

#include <cstdint>

// Calls f(begin, end) for disjoint ranges that cover [0, count), each but the last a multiple of `grain` long; at once where
// libtorch has several threads and is not within such a loop already. What f throws is thrown here, once.
void run_parallel(int64_t count, int64_t grain, c10::function_ref<void(int64_t begin, int64_t end)> f);
