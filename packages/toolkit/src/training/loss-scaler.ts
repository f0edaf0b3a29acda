/**
 * Loss scaling for fp16 (Micikevicius et al. 2018, arXiv:1710.03740): small gradients vanish below fp16's range, so the
 * loss is multiplied before the backward pass and the gradients divided after it. The factor is found as PyTorch's
 * GradScaler finds it: halved when a gradient overflows, doubled after a long run of steps without one.
 */
const INITIAL_SCALE = 65_536;
const STEPS_TO_GROW = 2000;

/** Plain data, saved with the run. */
export interface LossScale {
  scale: number;
  /** Since the last change. */
  goodSteps: number;
}

export const initialLossScale: LossScale = { scale: INITIAL_SCALE, goodSteps: 0 };

/** The factor for the next step. It never falls below 1: what overflows there is no matter of scaling. */
export function nextLossScale({ scale, goodSteps }: LossScale, overflowed: boolean): LossScale {
  if (overflowed) return { scale: Math.max(1, scale / 2), goodSteps: 0 };
  if (goodSteps + 1 < STEPS_TO_GROW) return { scale, goodSteps: goodSteps + 1 };
  return { scale: scale * 2, goodSteps: 0 };
}
