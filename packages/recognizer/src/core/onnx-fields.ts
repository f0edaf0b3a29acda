/** Field numbers of ONNX's files: onnx/onnx.proto3 of the ONNX project. */
export const MODEL = { graph: 7 };
export const GRAPH = { node: 1, initializer: 5, input: 11, output: 12 };
export const NODE = { input: 1, output: 2, opType: 4, attribute: 5 };
export const ATTRIBUTE = { name: 1, float: 2, int: 3, graph: 6, ints: 8 };
export const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9, externalData: 13, dataLocation: 14 };
export const ENTRY = { key: 1, value: 2 };
export const VALUE = { name: 1, type: 2 };
export const TYPE = { tensor: 1 };
export const TENSOR_TYPE = { element: 1 };
/** Of tensors. */
export const DATA_TYPES = { float32: 1, int8: 3, int32: 6, int64: 7, float16: 10 };
/** A tensor's location that is not its own field. */
export const EXTERNAL = 1;
