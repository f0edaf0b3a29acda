// The arithmetic of one GRU step.
#pragma once

#include "bf16.h"

// Calls block(panel, first row, end row) for every panel of a product, as `multiply` below walks them, and every block of at
// most `max_rows` rows. Blocks are nearly alike: nine rows run as five and four rather than as eight and one. It is static
// because each file that includes it has a processor of its own.
template <class Block>
static void for_blocks(int64_t rows, int64_t max_rows, int64_t num_panels, bool backwards, const Block& block) {
  const int64_t num_blocks = (rows + max_rows - 1) / max_rows;
  for (int64_t i = 0; i < num_panels; i++) {
    const int64_t panel = backwards ? num_panels - 1 - i : i;
    for (int64_t j = 0; j < num_blocks; j++) block(panel, rows * j / num_blocks, rows * (j + 1) / num_blocks);
  }
}

// Element is the dtype of tensors in memory, float or Bf16; whatever a step keeps to itself is float32.
template <class Element>
struct GruKernels {
  // Columns of one panel of a packed matrix.
  int64_t panel_columns;

  // c[rows, n] (+)= a[rows, k] · w[k, n], row-major, with n a multiple of panel_columns and w packed as
  // [n / panel_columns, k, panel_columns]. Each element of c is one sum in the order of k: it does not depend on
  // which rows run together. `backwards` walks the panels from the last to the first: a caller that turns around at
  // each step finds in the cache what it read last.
  void (*multiply)(int64_t rows, int64_t n, int64_t k, const float* a, const Element* w, float* c, bool accumulate,
                   bool backwards);

  // Converts packed weights [num_panels, k, panel_columns] in place to what `multiply` reads. May be null.
  void (*prepare)(int64_t num_panels, int64_t k, Element* packed);

  // One row of one step, H = hidden size:
  //   r = σ(x_r + y_r)    z = σ(x_z + y_z)    q = y_n + b_hn    n = tanh(x_n + r ∘ q)    h ← n + z ∘ (h − n)
  // x [3H]: W_ih x and every bias but b_hn. y [3H]: W_hh h. Where `saved_q` [H] is given, x becomes (r, z, n) and
  // saved_q becomes q, for the backward pass.
  void (*step)(int64_t hidden, Element* x, const float* y, const float* b_hn, float* h, Element* output,
               Element* saved_q);

  // Its derivative. `carry` [H] holds ∂L/∂h as later steps see it and becomes ∂L/∂h ∘ z, the share of the step before
  // that does not pass through W_hh. With e = carry + grad_output:
  //   ∂n = e ∘ (1 − z) ∘ (1 − n²)    ∂z = e ∘ (h − n) ∘ z ∘ (1 − z)    ∂r = ∂n ∘ q ∘ r ∘ (1 − r)    ∂q = ∂n ∘ r
  // grad_gates [4H] receives (∂n, ∂r, ∂z, ∂q): the first three belong to W_ih x, the last three to W_hh h, and are
  // also left in grad_y [3H]. h is the state before the step, null where that is zero.
  void (*step_backward)(int64_t hidden, const Element* rzn, const Element* q, const Element* h,
                        const Element* grad_output, float* carry, float* grad_y, Element* grad_gates);
};
