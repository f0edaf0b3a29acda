/**
 * The part of TensorBoard's protocol buffers that a training run needs: scalars, texts, images, and where a resumed
 * run goes on.
 * Field numbers: tensorboard/compat/proto/{event,summary,tensor,tensor_shape,types}.proto.
 */

import protobuf from "protobufjs/light.js";

const SCHEMA: protobuf.INamespace = {
  nested: {
    Event: {
      oneofs: { what: { oneof: ["fileVersion", "summary", "sessionLog"] } },
      fields: {
        wallTime: { id: 1, type: "double" },
        step: { id: 2, type: "int64" },
        fileVersion: { id: 3, type: "string" },
        summary: { id: 5, type: "Summary" },
        sessionLog: { id: 7, type: "SessionLog" },
      },
    },
    SessionLog: { fields: { status: { id: 1, type: "int32" } } },
    Summary: { fields: { value: { id: 1, rule: "repeated", type: "Value" } } },
    Value: {
      oneofs: { value: { oneof: ["simpleValue", "image", "tensor"] } },
      fields: {
        tag: { id: 1, type: "string" },
        simpleValue: { id: 2, type: "float" },
        image: { id: 4, type: "Image" },
        tensor: { id: 8, type: "Tensor" },
        metadata: { id: 9, type: "SummaryMetadata" },
      },
    },
    Image: {
      fields: {
        height: { id: 1, type: "int32" },
        width: { id: 2, type: "int32" },
        colorspace: { id: 3, type: "int32" },
        encodedImage: { id: 4, type: "bytes" },
      },
    },
    Tensor: {
      fields: {
        dtype: { id: 1, type: "int32" },
        shape: { id: 2, type: "Shape" },
        stringValues: { id: 8, rule: "repeated", type: "bytes" },
      },
    },
    Shape: { fields: { dims: { id: 2, rule: "repeated", type: "Dim" } } },
    Dim: { fields: { size: { id: 1, type: "int64" } } },
    SummaryMetadata: {
      fields: { pluginData: { id: 1, type: "PluginData" }, dataClass: { id: 4, type: "int32" } },
    },
    PluginData: { fields: { pluginName: { id: 1, type: "string" } } },
  },
};

/** The first event of each file holds this text. */
export const FILE_VERSION = "brain.Event:2";

/** DT_STRING of types.proto. */
const STRING_DTYPE = 7;
/** DATA_CLASS_TENSOR of summary.proto. */
const TENSOR_DATA_CLASS = 2;
/** RGB of summary.proto. */
const RGB_COLORSPACE = 3;
/** START of event.proto's SessionLog. */
const SESSION_START = 1;

const eventType = protobuf.Root.fromJSON(SCHEMA).lookupType("Event");

/** One event as its message holds it; a proto3 oneof leaves the other fields absent. */
export interface EventMessage {
  wallTime: number;
  step: number;
  fileVersion?: string;
  summary?: { value: SummaryValue[] };
  sessionLog?: { status: number };
}

/** A picture in a file format that browsers show. */
export interface EncodedImage {
  width: number;
  height: number;
  encodedImage: Uint8Array;
}

/** A tag's value at one step. */
export interface SummaryValue {
  tag: string;
  simpleValue?: number;
  image?: EncodedImage & { colorspace: number };
  tensor?: { dtype?: number; shape?: { dims: { size: number }[] }; stringValues?: Uint8Array[] };
  metadata?: { pluginData?: { pluginName?: string }; dataClass?: number };
}

/** A scalar, shown on TensorBoard's Scalars page. Stored as float32. */
export function scalarValue(tag: string, value: number): SummaryValue {
  return { tag, simpleValue: value };
}

/** A text in Markdown, shown on TensorBoard's Text page. */
export function textValue(tag: string, text: string): SummaryValue {
  return {
    tag,
    tensor: { dtype: STRING_DTYPE, shape: { dims: [] }, stringValues: [Buffer.from(text, "utf8")] },
    metadata: { pluginData: { pluginName: "text" }, dataClass: TENSOR_DATA_CLASS },
  };
}

/** A picture, shown on TensorBoard's Images page. */
export function imageValue(tag: string, image: EncodedImage): SummaryValue {
  return { tag, image: { ...image, colorspace: RGB_COLORSPACE } };
}

/** Says that the run starts (again) with `step`: TensorBoard drops what files of the same folder logged from there on. */
export function sessionStart(step: number, wallTime: number): EventMessage {
  return { wallTime, step, sessionLog: { status: SESSION_START } };
}

/** Encodes an event as TensorBoard's `Event` message. */
export function encodeEvent(event: EventMessage): Uint8Array {
  return eventType.encode(eventType.fromObject(event)).finish();
}

/**
 * Decodes an `Event` message. Fields outside the schema are passed over, as protocol buffers prescribe.
 *
 * @throws RangeError or Error of protobufjs where the bytes are no such message
 */
export function decodeEvent(bytes: Uint8Array): EventMessage {
  const message = eventType.toObject(eventType.decode(bytes), { longs: Number });
  return { wallTime: 0, step: 0, ...message };
}
