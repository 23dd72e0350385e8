import { assert, assertEquals } from "@std/assert";
import { createRandom } from "../common/random.ts";
import type { Pointwise } from "../kernels/activation.ts";
import { exponential, fixed, over, relativeError } from "./high_precision.ts";
import { references } from "./reference_activations.ts";
import {
  gradientAllowance,
  referenceGradients,
  slopeAt,
  slopeFromY,
} from "./reference_gradients.ts";
import { definitions } from "./self/reference.ts";

const seed = 3;
const bits = 1500n;
/** The step of the differences: its square is far below any result. */
const step = 200n;

const magnitude = (x: bigint) => x < 0n ? -x : x;

/** f'(z) and |f(z)/z| + |f'(z) − f(z)/z|, from the definition alone. */
function exactly(activation: Pointwise, z: number): { slope: bigint; size: bigint } {
  const define = (x: bigint) => definitions[activation](x, bits, z);
  const [x, h] = [fixed(z, bits), 1n << (bits - step)];
  const slope = (define(x + h) - define(x - h)) << (step - 1n);
  const gate = over(define(x), x, bits);
  return { slope, size: magnitude(gate) + magnitude(slope - gate) };
}

for (const activation of ["gelu", "gelu_tanh", "silu", "mish"] as const) {
  Deno.test(`the reference gradient of ${activation} and its size are those of the definition, seed ${seed}`, () => {
    const random = createRandom(seed);
    const { slope, size } = referenceGradients[activation];
    const end = activation === "gelu" ? 14 : activation === "gelu_tanh" ? 10 : 104;
    const points = Array.from({ length: 30 }, (_, i) => {
      const uniform = random.uniform();
      return [-end * uniform, 20 * uniform - 2, 2 ** (-100 * uniform) * (i % 2 ? 1 : -1)][i % 3]!;
    });
    points.push(references[activation].minimum!);
    for (const z of points.map(Math.fround)) {
      const exact = exactly(activation, z);
      const got = slope(z);
      const off = Math.abs(relativeError(got, exact.slope, exact.size, bits));
      assert(off < 2 ** -36, `the slope at ${z} is ${got}, off by ${off} of its size`);
      const offSize = Math.abs(relativeError(size!(z, got), exact.size, exact.size, bits));
      assert(offSize < 2 ** -20, `the size at ${z} is off by ${offSize}`);
    }
  });
}

Deno.test("softplus's gradient from y keeps its digits where y is small", () => {
  for (const y of [1e-45, 1e-30, 1e-8, 0.1, 3, 17].map(Math.fround)) {
    const exact = fixed(1, bits) - exponential(fixed(-y, bits), bits);
    const off = Math.abs(relativeError(slopeFromY.softplus!(y), exact, exact, bits));
    assert(off < 2 ** -48, `${y}: ${off}`);
  }
});

Deno.test("gradientAllowance() is what a kernel declares, or else a few roundings of float32", () => {
  const gradientUlp = Object.fromEntries(
    Object.keys(references).map((name) => [name, 3]),
  ) as Record<Pointwise, number>;
  assertEquals(gradientAllowance("tanh", { gradientUlp }), { ulp: 3, size: null });
  const { ulp, size } = gradientAllowance("tanh", {});
  assertEquals(ulp, 8);
  // 1 − y² in float32 is off by the roundings of numbers near 1.
  const y = 1 - 2 ** -20;
  const naive = Math.fround(1 - Math.fround(y * y));
  assert(Math.abs(naive - (1 - y * y)) <= ulp * 2 ** -24 * size!(y, 1 - y * y));
  assertEquals(gradientAllowance("relu", {}).ulp, 0);
});

Deno.test("slopeAt() takes y or z, as the gradient does", () => {
  assertEquals(slopeAt("sigmoid", NaN, 0.5), 0.25);
  assertEquals(slopeAt("silu", 1000, NaN), 1);
  assertEquals(slopeAt("linear", NaN, NaN), 1);
});
