/** What goes into a model's graph and comes out of it, as plain data: it crosses from thread to thread. */
export interface TensorData {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** A graph's inputs or outputs by their names. */
export type Tensors = Readonly<Record<string, TensorData>>;
