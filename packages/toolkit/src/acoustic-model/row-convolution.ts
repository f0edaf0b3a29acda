/**
 * The row convolution of Wang et al. 2016 ("Lookahead convolution layer for unidirectional recurrent neural networks",
 * ICLR workshop) and of DeepSpeech 2, section 3.6: each feature of a frame, by weights of its own, together with the same
 * feature of the frames that follow.
 *
 *   y[t, i] = Σ_{j = 0…ahead} W[i, j] · x[t + j, i]
 */
import { call, nn, noGrad, type Tensor, zeros } from "@deepspeech-ts/torch";

export class RowConvolution extends nn.Module {
  /** [size, ahead + 1]; starts as if the layer were not there, so that a model learns from its first step on. */
  readonly weight: Tensor;

  constructor(
    readonly size: number,
    readonly ahead: number,
  ) {
    super();
    this.weight = this.parameter("weight", zeros([size, ahead + 1]));
    noGrad(() => this.weight.select(1, 0).fill_(1));
  }

  /** @param input [B, T, size], zero beyond each utterance's length @returns the same shape */
  forward(input: Tensor): Tensor {
    const padded = call("constant_pad_nd", [input.transpose(1, 2), [0, this.ahead], 0]); // [B, size, T + ahead]
    const rows = call("conv1d", [padded, this.weight.unsqueeze(1), null, [1], [0], [1], this.size]); // [B, size, T]
    return rows.transpose(1, 2);
  }
}
