import { assertEquals, assertThrows } from "@std/assert";
import { ArgumentError } from "../../common/errors.ts";
import { derivative } from "./derivative.ts";
import { type Expression, mul, operand } from "./expression.ts";

Deno.test("derivative() refuses what is no expression", () => {
  const z = operand(0);
  for (const wrong of ["x", undefined, null, {}, () => z] as unknown as Expression[]) {
    assertThrows(() => derivative(wrong, z), ArgumentError, "an expression is a number or made by");
    assertThrows(() => derivative(mul(z, z), wrong), ArgumentError, "an expression is");
  }
  assertEquals(derivative(mul(z, 3), z).kind, "constant");
});
