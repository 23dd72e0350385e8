/**
 * What an HDF5 object says of its values: their type and their shape (HDF5 File
 * Format Specification 3.0, IV.A.2.b and d). Numbers are read in the formats of
 * IEEE 754 and in two's complement, in either order of bytes.
 *
 * @module
 */
import { shapeOf } from "../stored_array.ts";
import type { Hdf5Bytes } from "./bytes.ts";

/** The type of values. */
export type Datatype =
  | {
    readonly kind: "number";
    /** Under safetensors' names. */
    readonly key: string;
    readonly bytes: number;
    readonly bigEndian: boolean;
  }
  | { readonly kind: "string"; readonly bytes: number }
  | { readonly kind: "variable string"; readonly bytes: 16 }
  | { readonly kind: "other"; readonly name: string; readonly bytes: number };

const classes = [
  "integers",
  "floating point",
  "times",
  "texts",
  "bit fields",
  "opaque data",
  "compounds",
  "references",
  "enumerations",
  "values of variable length",
  "arrays",
];

/** Precision, and the places and sizes of exponent and mantissa, and the bias, of the floats that are read. */
const floats: Readonly<Record<string, string>> = {
  "2:16,10,5,0,10,15": "F16",
  "2:16,7,8,0,7,127": "BF16",
  "4:32,23,8,0,23,127": "F32",
  "8:64,52,11,0,52,1023": "F64",
};

function numberOf(file: Hdf5Bytes, at: number, type: number, size: number): Datatype {
  const what = "a datatype";
  const bits = file.uint8(at + 1, what);
  const other = { kind: "other", name: `unusual ${classes[type]}`, bytes: size } as const;
  const offset = file.uint16(at + 8, what);
  const precision = file.uint16(at + 10, what);
  if (offset !== 0) return other;
  if (type === 0) {
    if (precision !== 8 * size || ![1, 2, 4, 8].includes(size)) return other;
    const key = `${bits & 0x08 ? "I" : "U"}${8 * size}`;
    return { kind: "number", key, bytes: size, bigEndian: (bits & 1) !== 0 };
  }
  const form = [
    precision,
    ...[12, 13, 14, 15].map((place) => file.uint8(at + place, what)),
    file.uint32(at + 16, what),
  ];
  const key = floats[`${size}:${form}`];
  // Bit 6 is set for the order of the VAX.
  if (key === undefined || bits & 0x40) return other;
  return { kind: "number", key, bytes: size, bigEndian: (bits & 1) !== 0 };
}

/** The datatype whose message is at a place. */
export function datatypeAt(file: Hdf5Bytes, at: number): Datatype {
  const what = "a datatype";
  const type = file.uint8(at, what) & 0x0f;
  const bits = file.uint8(at + 1, what);
  const bytes = file.uint32(at + 4, what);
  if (type === 0 || type === 1) return numberOf(file, at, type, bytes);
  if (type === 3) return { kind: "string", bytes };
  if (type === 9 && (bits & 0x0f) === 1 && bytes === 16) {
    return { kind: "variable string", bytes };
  }
  if (type === 8) {
    // h5py's bool: an enumeration of FALSE and TRUE as one byte.
    const members = file.uint16(at + 1, what);
    const isBool = members === 2 && bytes === 1 && (file.uint8(at + 8, what) & 0x0f) === 0;
    if (isBool) return { kind: "number", key: "BOOL", bytes, bigEndian: false };
  }
  return { kind: "other", name: classes[type] ?? `the unknown class ${type}`, bytes };
}

/** The shape that a dataspace says; null for one without values. */
export function dataspaceAt(file: Hdf5Bytes, at: number): number[] | null {
  const what = "a dataspace";
  const version = file.uint8(at, what);
  if (version !== 1 && version !== 2) {
    file.fail(`${what} has the version ${version}; 1 and 2 are read`);
  }
  const axes = file.uint8(at + 1, what);
  if (version === 2 && file.uint8(at + 3, what) === 2) return null;
  const start = at + (version === 1 ? 8 : 4);
  const shape = Array.from({ length: axes }, (_, i) => file.uint64(start + 8 * i, what));
  return shapeOf(shape, `${file.name}: ${what}`);
}
