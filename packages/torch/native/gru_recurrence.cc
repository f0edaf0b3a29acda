// Each direction of each row is independent of the others, so threads share the work by direction first and by rows
// then, and meet only at the end: no barrier at each step that a neighbour on a core could hold up. Rows are kept from
// the longest to the shortest, so that those still running at a step are always the first ones.
#include "gru_recurrence.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <numeric>

#include "parallel.h"

namespace {

// Part of the work: some rows, in one direction.
struct Task {
  const GruShape& shape;
  int64_t direction;
  std::vector<int64_t> rows;     // longest first
  std::vector<int64_t> lengths;  // theirs

  int64_t longest() const { return lengths.empty() ? 0 : lengths.front(); }

  int64_t running_at(int64_t step) const {
    return std::partition_point(lengths.begin(), lengths.end(), [&](int64_t length) { return length > step; }) -
           lengths.begin();
  }

  // Index into [B, T, D] of the frame that row i meets at a step: the reverse direction counts from the row's end.
  int64_t frame(int64_t i, int64_t step) const {
    const int64_t t = direction == 0 ? step : lengths[i] - 1 - step;
    return (rows[i] * shape.frames + t) * shape.directions + direction;
  }

  // The same into [D, B, T].
  int64_t frame_by_direction(int64_t i, int64_t step) const {
    const int64_t t = direction == 0 ? step : lengths[i] - 1 - step;
    return (direction * shape.batch + rows[i]) * shape.frames + t;
  }
};

constexpr int64_t kLeastRows = 4;  // fewer make a product that waits for its weights

// Dealt out like cards, so that every task of a direction has long and short rows.
std::vector<Task> tasks_for(const GruShape& shape, const std::vector<int64_t>& lengths) {
  std::vector<int64_t> order(shape.batch);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return lengths[a] > lengths[b]; });
  const int64_t most = std::max<int64_t>(1, shape.batch / kLeastRows);
  const int64_t parts = std::clamp<int64_t>(at::get_num_threads() / shape.directions, 1, most);
  std::vector<Task> tasks;
  for (int64_t part = 0; part < parts; part++)
    for (int64_t direction = 0; direction < shape.directions; direction++) {
      Task task{shape, direction, {}, {}};
      for (int64_t i = part; i < shape.batch; i += parts) {
        task.rows.push_back(order[i]);
        task.lengths.push_back(lengths[order[i]]);
      }
      tasks.push_back(std::move(task));
    }
  return tasks;
}

template <class Run>
void run_tasks(const GruShape& shape, const std::vector<int64_t>& lengths, const Run& run) {
  const std::vector<Task> tasks = tasks_for(shape, lengths);
  run_parallel(static_cast<int64_t>(tasks.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) run(tasks[i]);
  });
}

int64_t rounded_up(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

}  // namespace

template <class Element>
void gru_forward(const GruShape& shape, const std::vector<int64_t>& lengths, Element* x,
                 const std::vector<const Element*>& packed_weights, const float* b_hn, Element* output,
                 Element* saved_q) {
  const auto& kernels = gru_kernels<Element>();
  const int64_t hidden = shape.hidden, columns = rounded_up(3 * hidden, kernels.panel_columns);
  run_tasks(shape, lengths, [&](const Task& task) {
    std::vector<float> h(task.rows.size() * hidden), y(task.rows.size() * columns);
    for (int64_t s = 0; s < task.longest(); s++) {
      const int64_t running = task.running_at(s);
      kernels.multiply(running, columns, hidden, h.data(), packed_weights[task.direction], y.data(), false, s % 2 != 0);
      for (int64_t i = 0; i < running; i++) {
        const int64_t frame = task.frame(i, s);
        kernels.step(hidden, x + frame * 3 * hidden, &y[i * columns], b_hn + task.direction * hidden, &h[i * hidden],
                     output + frame * hidden, saved_q == nullptr ? nullptr : saved_q + frame * hidden);
      }
    }
  });
}

template <class Element>
void gru_backward(const GruShape& shape, const std::vector<int64_t>& lengths, const Element* rzn, const Element* q,
                  const Element* output, const Element* grad_output, const std::vector<const Element*>& packed_weights,
                  Element* grad_gates) {
  const auto& kernels = gru_kernels<Element>();
  const int64_t hidden = shape.hidden, columns = rounded_up(hidden, kernels.panel_columns);
  run_tasks(shape, lengths, [&](const Task& task) {
    std::vector<float> carry(task.rows.size() * columns), grad_y(task.rows.size() * 3 * hidden);
    for (int64_t s = task.longest() - 1; s >= 0; s--) {
      const int64_t running = task.running_at(s);
      for (int64_t i = 0; i < running; i++) {
        const int64_t frame = task.frame(i, s);
        kernels.step_backward(hidden, rzn + frame * 3 * hidden, q + frame * hidden,
                              s == 0 ? nullptr : output + task.frame(i, s - 1) * hidden, grad_output + frame * hidden,
                              &carry[i * columns], &grad_y[i * 3 * hidden],
                              grad_gates + task.frame_by_direction(i, s) * 4 * hidden);
      }
      // The state before the first step is zero and has no gradient.
      if (s == 0) break;
      kernels.multiply(running, columns, 3 * hidden, grad_y.data(), packed_weights[task.direction], carry.data(), true,
                       s % 2 != 0);
    }
  });
}

template void gru_forward(const GruShape&, const std::vector<int64_t>&, float*, const std::vector<const float*>&,
                          const float*, float*, float*);
template void gru_forward(const GruShape&, const std::vector<int64_t>&, Bf16*, const std::vector<const Bf16*>&,
                          const float*, Bf16*, Bf16*);
template void gru_backward(const GruShape&, const std::vector<int64_t>&, const float*, const float*, const float*,
                           const float*, const std::vector<const float*>&, float*);
template void gru_backward(const GruShape&, const std::vector<int64_t>&, const Bf16*, const Bf16*, const Bf16*,
                           const Bf16*, const std::vector<const Bf16*>&, Bf16*);
