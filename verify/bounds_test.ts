import { assertEquals } from "@std/assert";
import { unitInLastPlace } from "./bounds.ts";

Deno.test("unitInLastPlace() is the distance to the next float32 number, in every binade", () => {
  const bits = new Uint32Array(2);
  const floats = new Float32Array(bits.buffer);
  for (let field = 0; field < 255; field++) {
    for (const mantissa of [0, 1, 0x400000, 0x7ffffe]) {
      bits[0] = field * 2 ** 23 + mantissa;
      bits[1] = bits[0] + 1;
      const [y = NaN, next = NaN] = floats;
      assertEquals(unitInLastPlace(y), next - y, `at ${y}`);
      assertEquals(unitInLastPlace(-y), next - y, `at ${-y}`);
    }
  }
});

Deno.test("unitInLastPlace() goes up at a power of two, not a float64 before it", () => {
  for (const power of [2 ** -126, 0.5, 1, 2 ** 29, 2 ** 127]) {
    const below = power * (1 - 2 ** -53);
    const half = power === 2 ** -126 ? 1 : 0.5;
    assertEquals(unitInLastPlace(power), power * 2 ** -23);
    assertEquals(unitInLastPlace(below), power * 2 ** -23 * half);
  }
});

Deno.test("unitInLastPlace() of infinities and NaN is that of the largest number", () => {
  for (const y of [Infinity, -Infinity, NaN]) assertEquals(unitInLastPlace(y), 2 ** 104);
  assertEquals(unitInLastPlace(2 ** 128), 2 ** 105);
  assertEquals(unitInLastPlace(1e-300), 2 ** -149);
});
