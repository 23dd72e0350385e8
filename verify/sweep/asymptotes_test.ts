import { assert, assertEquals, assertGreater } from "@std/assert";
import { bitsOf } from "../../common/float_bits.ts";
import { createRandom } from "../../common/random.ts";
import { references } from "../reference_activations.ts";
import { asymptote } from "./asymptotes.ts";
import { bins, pointwise } from "./findings.ts";

const seed = 11;

for (const activation of pointwise) {
  Deno.test(`asymptote() is the reference of ${activation} to the bit, seed ${seed}`, () => {
    const random = createRandom(seed);
    const { value } = references[activation];
    let lines = 0;
    for (let bin = 0; bin < bins; bin++) {
      const line = asymptote(activation, bin);
      if (line === null || (bin & 0xff) === 0xff) continue;
      lines++;
      const mantissas = [0, 1, 2, 0x3fffff, 0x400000, 0x7ffffe, 0x7fffff];
      for (let i = 0; i < 60; i++) mantissas.push(random.integer() >>> 9);
      const bits = Uint32Array.from(mantissas, (mantissa) => bin * 2 ** 23 + mantissa);
      for (const z of new Float32Array(bits.buffer)) {
        const got = line.offset + line.slope * z;
        // Zeros of either sign are one result.
        assert(got === value(z), `${activation}(${z}) is ${value(z)}, the line says ${got}`);
      }
    }
    assertGreater(lines, 200);
  });
}

Deno.test("asymptote() leaves what is curved to the reference", () => {
  const binOf = (z: number) => bitsOf(z) >>> 23;
  for (const activation of pointwise) {
    if (activation === "linear" || activation === "relu") continue;
    for (const z of [-1, -0.1, -1e-7]) assertEquals(asymptote(activation, binOf(z)), null);
  }
  assertEquals(asymptote("sigmoid", binOf(-100)), null);
  assertEquals(asymptote("exponential", binOf(88)), null);
});
