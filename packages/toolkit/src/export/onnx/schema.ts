/**
 * The part of ONNX's protocol buffers that a model graph needs. Field numbers: onnx/onnx.proto3 of the ONNX project.
 * No package of ONNX's own is kept up for JavaScript, and this subset is short.
 */
import protobuf from "protobufjs/light.js";

const repeated = (id: number, type: string) => ({ id, type, rule: "repeated" as const });

const SCHEMA: protobuf.INamespace = {
  nested: {
    Model: {
      fields: {
        irVersion: { id: 1, type: "int64" },
        producerName: { id: 2, type: "string" },
        producerVersion: { id: 3, type: "string" },
        graph: { id: 7, type: "Graph" },
        opsetImport: repeated(8, "OperatorSet"),
      },
    },
    OperatorSet: { fields: { domain: { id: 1, type: "string" }, version: { id: 2, type: "int64" } } },
    Graph: {
      fields: {
        node: repeated(1, "Node"),
        name: { id: 2, type: "string" },
        initializer: repeated(5, "Tensor"),
        input: repeated(11, "ValueInfo"),
        output: repeated(12, "ValueInfo"),
      },
    },
    Node: {
      fields: {
        input: repeated(1, "string"),
        output: repeated(2, "string"),
        name: { id: 3, type: "string" },
        opType: { id: 4, type: "string" },
        attribute: repeated(5, "Attribute"),
      },
    },
    Attribute: {
      fields: {
        name: { id: 1, type: "string" },
        f: { id: 2, type: "float" },
        i: { id: 3, type: "int64" },
        s: { id: 4, type: "bytes" },
        t: { id: 5, type: "Tensor" },
        g: { id: 6, type: "Graph" },
        ints: repeated(8, "int64"),
        strings: repeated(9, "bytes"),
        type: { id: 20, type: "int32" },
      },
    },
    Tensor: {
      fields: {
        dims: repeated(1, "int64"),
        dataType: { id: 2, type: "int32" },
        name: { id: 8, type: "string" },
        rawData: { id: 9, type: "bytes" },
      },
    },
    ValueInfo: { fields: { name: { id: 1, type: "string" }, type: { id: 2, type: "Type" } } },
    Type: { fields: { tensorType: { id: 1, type: "TensorType" } } },
    TensorType: { fields: { elemType: { id: 1, type: "int32" }, shape: { id: 2, type: "Shape" } } },
    Shape: { fields: { dim: repeated(1, "Dimension") } },
    Dimension: {
      oneofs: { value: { oneof: ["dimValue", "dimParam"] } },
      fields: { dimValue: { id: 1, type: "int64" }, dimParam: { id: 2, type: "string" } },
    },
  },
};

const modelType = protobuf.Root.fromJSON(SCHEMA).lookupType("Model");

/** TensorProto.DataType. */
export const DATA_TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
export type DataType = keyof typeof DATA_TYPES;

/** AttributeProto.AttributeType. */
export const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, graph: 5, ints: 7, strings: 8 } as const;

export interface ModelMessage {
  irVersion: number;
  producerName: string;
  producerVersion: string;
  graph: GraphMessage;
  opsetImport: { domain: string; version: number }[];
}

export interface GraphMessage {
  name: string;
  node: NodeMessage[];
  initializer: TensorMessage[];
  input: ValueInfoMessage[];
  output: ValueInfoMessage[];
}

export interface NodeMessage {
  name: string;
  opType: string;
  input: string[];
  output: string[];
  attribute: AttributeMessage[];
}

export interface AttributeMessage {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: TensorMessage;
  g?: GraphMessage;
  ints?: number[];
  strings?: Uint8Array[];
}

export interface TensorMessage {
  name: string;
  dims: number[];
  dataType: number;
  /** Little-endian values, row-major. */
  rawData: Uint8Array;
}

export interface ValueInfoMessage {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: { dimValue?: number; dimParam?: string }[] } } };
}

/** The bytes of an .onnx file. */
export function encodeModel(model: ModelMessage): Uint8Array<ArrayBuffer> {
  return modelType.encode(model).finish() as Uint8Array<ArrayBuffer>;
}

/** Reads an .onnx file back; what is outside the subset is passed over. */
export function decodeModel(bytes: Uint8Array): ModelMessage {
  return modelType.toObject(modelType.decode(bytes), { longs: Number, arrays: true }) as ModelMessage;
}
