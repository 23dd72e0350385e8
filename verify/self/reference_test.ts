import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { references } from "../reference_activations.ts";
import { referenceSelfTest } from "./reference.ts";

const seed = 3;

Deno.test(`referenceSelfTest() finds no fault, at 200 points each, seed ${seed}`, () => {
  const { points, worst, failures, functions } = referenceSelfTest(seed);
  assertEquals([...failures], []);
  for (const each of functions) assert(each.points >= 200, each.name);
  assertEquals(points, functions.reduce((sum, each) => sum + each.points, 0));
  // A worst error of 0 would mean that nothing was compared.
  assert(worst > 2 ** -52);
  assertLess(worst, 2 ** -42);
  assertEquals(functions.length, 17);
});

// Each deliberately wrong function, and the one that it stands for.
const wrong: Record<string, [name: string, compute: (x: number) => number]> = {
  "exp is 2^-38 off": ["exp", (x) => Math.exp(x) * (1 + 2 ** -38)],
  "expm1 is exp - 1": ["expm1", (x) => Math.exp(x) - 1],
  "log1p is log(1 + x)": ["log1p", (x) => Math.log(1 + x)],
  "sinh is half the difference": ["sinh", (x) => (Math.exp(x) - Math.exp(-x)) / 2],
  "erfc is a polynomial of Abramowitz and Stegun": ["erfc", (x) => {
    if (x < 0) return 2;
    const t = 1 / (1 + 0.3275911 * x);
    const terms = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
    return terms.reduce((sum, term) => (sum + term) * t, 0) * Math.exp(-x * x);
  }],
  "sigmoid is 0 below -60": ["sigmoid", (z) => z < -60 ? 0 : references.sigmoid.value(z)],
  "tanh is (e^2z - 1)/(e^2z + 1)": ["tanh", (z) => (Math.exp(2 * z) - 1) / (Math.exp(2 * z) + 1)],
  "gelu is its tanh form": ["gelu", references.gelu_tanh.value],
  "gelu_tanh has another constant": [
    "gelu_tanh",
    (z) => z / (1 + Math.exp(-2 * 0.79788456 * (z + 0.044715 * z ** 3))),
  ],
  "elu is exp - 1": ["elu", (z) => z > 0 ? z : Math.exp(z) - 1],
  "selu has a constant of 8 digits": [
    "selu",
    (z) => z > 0 ? 1.05070099 * z : references.selu.value(z),
  ],
  "softplus is log(1 + e^z)": ["softplus", (z) => Math.log(1 + Math.exp(z))],
  "silu is NaN in its tail": ["silu", (z) => z < -80 ? NaN : references.silu.value(z)],
  "mish has no subnormal results": [
    "mish",
    (z) => Math.abs(z) < 2 ** -126 ? 0 : references.mish.value(z),
  ],
  "relu is leaky": ["relu", (z) => Math.max(z, z * 1e-12)],
};

for (const [what, [name, compute]] of Object.entries(wrong)) {
  Deno.test(`referenceSelfTest() finds that ${what}`, () => {
    const { failures } = referenceSelfTest(seed, { [name]: compute });
    assertEquals(failures.length, 1);
    assertMatch(failures[0]!, new RegExp(`^${name}\\(.*\\) is off by .* of its value; at most`));
  });
}
