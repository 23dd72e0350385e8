/**
 * For tests: random edits of a file's bytes, as fast-check draws and shrinks them.
 *
 * @module
 */
import { type Arbitrary, array, constantFrom, double, oneof, record, uint8Array } from "fast-check";
import { concat, type Edit } from "./files_testing.ts";

// What such files are made of, and what breaks readers.
const words = [
  "{",
  "}",
  "[",
  "]",
  "(",
  ")",
  ",",
  ":",
  "'",
  '"',
  "\\",
  "0",
  "-1",
  "99999999999999999999",
  "1e999",
  "null",
  "True",
  "<f4",
  ">f4",
  "|O",
  "F32",
  "F64",
  "BF16",
  "shape",
  "'shape': (",
  "data_offsets",
  "dtype",
  "__metadata__",
  "__proto__",
  "constructor",
  "layers",
  "units",
  "\u202e",
  "\0",
  "\n",
  "Dense",
  "Lambda",
  "TREE",
  "\xff\xff\xff\xff\xff\xff\xff\xff",
  "\x00\x00\x00\x00",
  "\x01",
].map((word) => concat(word)); // deno-fmt-ignore

/** One to four edits. */
export const edits: Arbitrary<Edit[]> = array(
  record<Edit>({
    kind: constantFrom("overwrite", "insert", "remove", "cut"),
    at: double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    bytes: oneof(uint8Array({ minLength: 1, maxLength: 8 }), constantFrom(...words)),
  }),
  { minLength: 1, maxLength: 4 },
);
