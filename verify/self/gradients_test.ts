import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Dual } from "../dual.ts";
import { type Derivatives, gradientSelfTest } from "./gradients.ts";
import { references } from "../reference_activations.ts";
import { type Pointwise, pointwise } from "../sweep/findings.ts";

const seed = 4;

const right = Object.fromEntries(
  pointwise.map((name) => [name, references[name].derivative]),
) as Derivatives;

Deno.test("Dual follows the rules of calculus", () => {
  const x = Dual.variable(1.25);
  const close = (got: Dual, value: number, slope: number) => {
    assert(Math.abs(got.value - value) < 1e-14 && Math.abs(got.slope - slope) < 1e-14, `${slope}`);
  };
  close(x.times(x).times(x), 1.953125, 4.6875);
  close(new Dual(1).over(x), 0.8, -0.64);
  close(x.minus(3).times(x.plus(3)), -7.4375, 2.5);
  close(x.exp().log(), 1.25, 1);
  close(x.tanh(), Math.tanh(1.25), 1 - Math.tanh(1.25) ** 2);
  close(x.erf(), 0.9229001282564582, 2 / Math.sqrt(Math.PI) * Math.exp(-1.5625));
});

Deno.test(`gradientSelfTest() finds no fault, seed ${seed}`, () => {
  const { points, worst, failures } = gradientSelfTest(seed);
  assertEquals([...failures], []);
  assertEquals(points, 200 * pointwise.length);
  assert(worst > 0 && worst < 0.5);
});

// Each deliberately wrong derivative.
const wrong: Partial<Record<Pointwise, (z: number) => number>> = {
  linear: () => 1 + 1e-12,
  relu: (z) => Number(z >= -1e-9),
  sigmoid: (z) => right.sigmoid(z) * (1 + 1e-11),
  tanh: (z) => 1 - Math.tanh(z / 2) ** 2,
  gelu: right.gelu_tanh,
  gelu_tanh: right.gelu,
  exponential: (z) => Math.exp(z) - 1e-7,
  elu: (z) => z > 0 ? 1 : references.elu.value(z),
  selu: (z) => right.selu(z) / 1.0507,
  softplus: (z) => z > 20 ? 1 : right.softplus(z),
  silu: (z) => right.sigmoid(z),
  mish: (z) => right.mish(z + 1e-9),
};

for (const [name, derivative] of Object.entries(wrong)) {
  Deno.test(`gradientSelfTest() finds a wrong derivative of ${name}`, () => {
    const { failures } = gradientSelfTest(seed, { ...right, [name]: derivative });
    assertEquals(failures.length, 1);
    assertStringIncludes(failures[0]!, `the derivative of ${name} at`);
  });
}
