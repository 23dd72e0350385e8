import { assertEquals } from "@std/assert";
import { parseFields } from "../common/json_fields.ts";
import { affineOf } from "./affine.ts";

Deno.test("Normalization divides a column that is constant by 1e-7, as Keras does", () => {
  const fields = parseFields("{}", (field, text) => {
    throw new Error(`${field} ${text}`);
  });
  const weights = new Map([
    ["mean", new Float32Array([3])],
    ["variance", new Float32Array([0])],
  ]);
  const { scale, shift } = affineOf("Normalization", fields, weights);
  assertEquals([[...scale], [...shift]], [[1e7], [-3e7]]);
});
