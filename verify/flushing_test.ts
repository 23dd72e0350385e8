import { assertEquals } from "@std/assert";
import { smallestNormal } from "./float32.ts";
import { mayFlushOperand, mayFlushResult } from "./flushing.ts";

Deno.test("operands are flushed below the smallest normal number, results from it on, and neither is 0 or kept", () => {
  const flushed = { denormals: "flushed" } as const;
  const values = [0, -0, 2 ** -149, -smallestNormal / 2, smallestNormal, 2 * smallestNormal, NaN];
  const operands = values.map((value) => mayFlushOperand(value, flushed));
  assertEquals(operands, [false, false, true, true, false, false, false]);
  const results = values.map((value) => mayFlushResult(value, flushed));
  assertEquals(results, [false, false, true, true, true, false, false]);
  for (const value of values) {
    assertEquals(mayFlushOperand(value, { denormals: "kept" }), false);
    assertEquals(mayFlushResult(value, { denormals: "kept" }), false);
  }
});
