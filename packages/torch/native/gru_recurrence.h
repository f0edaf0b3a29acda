// A GRU's loops over time: what remains when the products over all frames are taken out (gru.cc).
#pragma once

#include <cstdint>
#include <vector>

#include "kernels.h"

struct GruShape {
  int64_t batch;
  int64_t frames;
  int64_t directions;  // 1, or 2 of which the second runs from each row's last frame to its first
  int64_t hidden;
};

// x [B, T, D, 3H]: W_ih x and every bias but b_hn; with saved_q [B, T, D, H] it becomes (r, z, n), for gru_backward.
// packed_weights: for each direction W_hhᵀ, packed as `multiply` wants it. b_hn [D, H]. lengths [B].
// output [B, T, D, H] is written within the lengths only.
template <class Element>
void gru_forward(const GruShape& shape, const std::vector<int64_t>& lengths, Element* x,
                 const std::vector<const Element*>& packed_weights, const float* b_hn, Element* output,
                 Element* saved_q);

// rzn, q and output as gru_forward left them; packed_weights: for each direction W_hh.
// grad_gates [D, B, T, 4H], as `step_backward` orders them, is written within the lengths only.
template <class Element>
void gru_backward(const GruShape& shape, const std::vector<int64_t>& lengths, const Element* rzn, const Element* q,
                  const Element* output, const Element* grad_output, const std::vector<const Element*>& packed_weights,
                  Element* grad_gates);
