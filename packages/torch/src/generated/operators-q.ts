// Made by tools/generate-operators.mjs from libtorch's schemas. Do not edit.
import type { Dtype, Operator, Scalar, Tensor } from "../operator-types.js";

export interface OperatorsQ {
  "q_per_channel_axis": Operator<[self: Tensor], {  }, number>;
  "q_per_channel_scales": Operator<[self: Tensor], {  }, Tensor>;
  "q_per_channel_zero_points": Operator<[self: Tensor], {  }, Tensor>;
  "q_scale": Operator<[self: Tensor], {  }, number>;
  "q_zero_point": Operator<[self: Tensor], {  }, number>;
  "qr": Operator<[self: Tensor, some?: boolean], { some?: boolean }, [Tensor, Tensor]>;
  "qr.Q": Operator<[self: Tensor, some?: boolean], { some?: boolean; Q: Tensor; R: Tensor }, [Tensor, Tensor]>;
  "quantile": Operator<[self: Tensor, q: Tensor, dim?: number | null, keepdim?: boolean], { dim?: number | null; keepdim?: boolean; interpolation?: string }, Tensor>;
  "quantile.scalar": Operator<[self: Tensor, q: number, dim?: number | null, keepdim?: boolean], { dim?: number | null; keepdim?: boolean; interpolation?: string }, Tensor>;
  "quantize_per_channel": Operator<[self: Tensor, scales: Tensor, zero_points: Tensor, axis: number, dtype: Dtype], {  }, Tensor>;
  "quantize_per_tensor": Operator<[self: Tensor, scale: number, zero_point: number, dtype: Dtype], {  }, Tensor>;
  "quantize_per_tensor.tensor_qparams": Operator<[self: Tensor, scale: Tensor, zero_point: Tensor, dtype: Dtype], {  }, Tensor>;
  "quantize_per_tensor.tensors": Operator<[tensors: readonly Tensor[], scales: Tensor, zero_points: Tensor, dtype: Dtype], {  }, Tensor[]>;
  "quantize_per_tensor_dynamic": Operator<[self: Tensor, dtype: Dtype, reduce_range: boolean], {  }, Tensor>;
  "quantized_batch_norm": Operator<[input: Tensor, weight: Tensor | null | undefined, bias: Tensor | null | undefined, mean: Tensor, var_: Tensor, eps: number, output_scale: number, output_zero_point: number], {  }, Tensor>;
  "quantized_gru.data_legacy": Operator<[data: Tensor, batch_sizes: Tensor, hx: Tensor, params: readonly Tensor[], has_biases: boolean, num_layers: number, dropout: number, train: boolean, bidirectional: boolean], {  }, [Tensor, Tensor]>;
  "quantized_gru.input_legacy": Operator<[input: Tensor, hx: Tensor, params: readonly Tensor[], has_biases: boolean, num_layers: number, dropout: number, train: boolean, bidirectional: boolean, batch_first: boolean], {  }, [Tensor, Tensor]>;
  "quantized_gru_cell": Operator<[input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor, packed_ih: Tensor, packed_hh: Tensor, col_offsets_ih: Tensor, col_offsets_hh: Tensor, scale_ih: Scalar, scale_hh: Scalar, zero_point_ih: Scalar, zero_point_hh: Scalar], {  }, Tensor>;
  "quantized_lstm.data_legacy": Operator<[data: Tensor, batch_sizes: Tensor, hx: readonly Tensor[], params: readonly Tensor[], has_biases: boolean, num_layers: number, dropout: number, train: boolean, bidirectional: boolean], { dtype?: Dtype | null; use_dynamic?: boolean }, [Tensor, Tensor, Tensor]>;
  "quantized_lstm.input_legacy": Operator<[input: Tensor, hx: readonly Tensor[], params: readonly Tensor[], has_biases: boolean, num_layers: number, dropout: number, train: boolean, bidirectional: boolean, batch_first: boolean], { dtype?: Dtype | null; use_dynamic?: boolean }, [Tensor, Tensor, Tensor]>;
  "quantized_lstm_cell": Operator<[input: Tensor, hx: readonly Tensor[], w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor, packed_ih: Tensor, packed_hh: Tensor, col_offsets_ih: Tensor, col_offsets_hh: Tensor, scale_ih: Scalar, scale_hh: Scalar, zero_point_ih: Scalar, zero_point_hh: Scalar], {  }, [Tensor, Tensor]>;
  "quantized_max_pool1d": Operator<[self: Tensor, kernel_size: number | readonly number[], stride?: number | readonly number[], padding?: number | readonly number[], dilation?: number | readonly number[], ceil_mode?: boolean], { stride?: number | readonly number[]; padding?: number | readonly number[]; dilation?: number | readonly number[]; ceil_mode?: boolean }, Tensor>;
  "quantized_max_pool2d": Operator<[self: Tensor, kernel_size: number | readonly number[], stride?: number | readonly number[], padding?: number | readonly number[], dilation?: number | readonly number[], ceil_mode?: boolean], { stride?: number | readonly number[]; padding?: number | readonly number[]; dilation?: number | readonly number[]; ceil_mode?: boolean }, Tensor>;
  "quantized_rnn_relu_cell": Operator<[input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor, packed_ih: Tensor, packed_hh: Tensor, col_offsets_ih: Tensor, col_offsets_hh: Tensor, scale_ih: Scalar, scale_hh: Scalar, zero_point_ih: Scalar, zero_point_hh: Scalar], {  }, Tensor>;
  "quantized_rnn_tanh_cell": Operator<[input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor, packed_ih: Tensor, packed_hh: Tensor, col_offsets_ih: Tensor, col_offsets_hh: Tensor, scale_ih: Scalar, scale_hh: Scalar, zero_point_ih: Scalar, zero_point_hh: Scalar], {  }, Tensor>;
}
