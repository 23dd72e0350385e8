/**
 * The tensors of an ONNX file: their numbers in `raw_data`, or in one of the
 * lists by type that the format has besides (onnx.proto, TensorProto), or in a
 * file beside it (onnx_external.ts).
 *
 * @module
 */
import { quote } from "../common/text.ts";
import { isExternal } from "./onnx_external.ts";
import type { Message } from "./protobuf.ts";
import {
  type Dtype,
  dtypes,
  elementsOf,
  expectReadable,
  nativeOf,
  shapeOf,
} from "./stored_array.ts";
import type { StoredWeight } from "./stored_model.ts";

/** Fields of TensorProto. */
const field = {
  dims: 1,
  dataType: 2,
  floatData: 4,
  int32Data: 5,
  int64Data: 7,
  name: 8,
  rawData: 9,
  doubleData: 10,
} as const;

/** TensorProto.DataType, and the list that has such numbers where there is no `raw_data`. */
const types: ReadonlyMap<number, readonly [key: string, list: number]> = new Map([
  [1, ["F32", field.floatData]],
  [2, ["U8", field.int32Data]],
  [3, ["I8", field.int32Data]],
  [4, ["U16", field.int32Data]],
  [5, ["I16", field.int32Data]],
  [6, ["I32", field.int32Data]],
  [7, ["I64", field.int64Data]],
  [9, ["BOOL", field.int32Data]],
  [10, ["F16", field.int32Data]],
  [11, ["F64", field.doubleData]],
  [16, ["BF16", field.int32Data]],
]);

// Integers in such lists are shapes and axes; weights are raw.
const mostListed = 2 ** 16;
const mostAxes = 32;

/** Numbers of a list of integers as the bytes that `raw_data` would have. */
function bytesOfIntegers(
  values: readonly number[],
  { bytes: size }: Dtype,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) {
    if (size === 1) view.setUint8(i, value);
    else if (size === 2) view.setUint16(2 * i, value, true);
    else if (size === 4) view.setInt32(4 * i, value, true);
    else view.setBigInt64(8 * i, BigInt(value), true);
  }
  return bytes;
}

/** What was read from other files for tensors that have their data there. */
const elsewhere = new WeakMap<Message, Uint8Array>();

/** Notes the data of a tensor that has them in another file. */
export function giveData(tensor: Message, bytes: Uint8Array): void {
  elsewhere.set(tensor, bytes);
}

/** The name of a tensor. */
export function tensorName(tensor: Message): string {
  return tensor.text(field.name);
}

/** A tensor's numbers. @throws {ModelFileError} where they are not all there. */
export function readTensor(tensor: Message, name = tensorName(tensor)): StoredWeight {
  const shape = shapeOf(tensor.integers(field.dims, mostAxes), tensor.what);
  const given = elsewhere.get(tensor);
  if (!given && isExternal(tensor)) {
    tensor.fail(
      "its data are in another file, which is opened for a graph's initializers alone; save the model with its data inside",
    );
  }
  const code = tensor.integer(field.dataType, 0);
  const [key = "", list = 0] = types.get(code) ?? [];
  const dtype = dtypes.get(key);
  if (!dtype) tensor.fail(`its data type is ${code}, which is not read`);
  const count = elementsOf(shape);
  expectReadable(tensor.what, count);
  const needed = count * dtype.bytes;
  const raw = given ?? tensor.bytes(field.rawData).at(-1);
  const bytes = raw && raw.length > 0
    ? new Uint8Array(raw)
    : list === field.floatData
    ? tensor.packed(list, 4)
    : list === field.doubleData
    ? tensor.packed(list, 8)
    : bytesOfIntegers(tensor.integers(list, mostListed), dtype);
  if (bytes.length !== needed) {
    tensor.fail(
      `its shape [${
        shape.join(", ")
      }] of ${dtype.name} needs ${needed} bytes; it has ${bytes.length}`,
    );
  }
  return { name: name || quote(name), shape, dtype: dtype.name, values: nativeOf(dtype, bytes) };
}
