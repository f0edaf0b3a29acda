// See parallel.h. An iterator's loop was compiled with libtorch. It walks over one byte for each part of the range; none is
// read or written, and where a thread's share begins tells which parts are its own.
#include "parallel.h"

#include <ATen/ATen.h>
#include <ATen/TensorIterator.h>

#include <algorithm>

void run_parallel(int64_t count, int64_t grain, c10::function_ref<void(int64_t begin, int64_t end)> f) {
  if (count <= grain) {
    if (count > 0) f(0, count);
    return;
  }
  const at::Tensor parts = at::detail::empty_cpu({(count + grain - 1) / grain}, at::TensorOptions(at::kByte));
  const char* const first = static_cast<const char*>(parts.data_ptr());
  at::TensorIterator iterator = at::TensorIterator::nullary_op(const_cast<at::Tensor&>(parts));
  iterator.for_each(
      [&](char** data, const int64_t*, int64_t length) {
        const int64_t begin = data[0] - first;
        f(begin * grain, std::min((begin + length) * grain, count));
      },
      1);
}
