import { assert, assertEquals, assertLess } from "@std/assert";
import { createRandom, normal } from "../../common/random.ts";
import { createKernel } from "../../kernels/registry.ts";
import { exactly, logSoftmax, rowFunction, softmax } from "./activations.ts";
import { activations } from "./dense_cases.ts";
import { Quantity, type Rules, rulesOf, sumOf } from "./quantity.ts";

await using kernel = await createKernel("naive");
const rules: Rules = rulesOf(kernel.traits);
const { fround } = Math;

const of = (value: number) => new Quantity(rules, value);
const variable = (value: number) => new Quantity(rules, value, 0, 1);

/** A formula in quantities, and the same with every step rounded to float32. */
const formulas: Readonly<
  Record<string, [(x: Quantity, y: Quantity) => Quantity, (x: number, y: number) => number]>
> = {
  "a sum that cancels": [
    (x, y) => x.plus(y).minus(x),
    (x, y) => fround(fround(x + y) - x),
  ],
  "a quotient of products": [
    (x, y) => x.times(y).over(x.squared().plus(y.squared())),
    (x, y) => fround(fround(x * y) / fround(fround(x * x) + fround(y * y))),
  ],
  "a logarithm of an exponential": [
    (x, y) => x.exp().plus(y.exp()).log(),
    (x, y) => fround(Math.log(fround(fround(Math.exp(x)) + fround(Math.exp(y))))),
  ],
  "a root of a sum, and e^x − 1": [
    (x, y) => x.squared().plus(2 ** -10).sqrt().minus(y.expm1()),
    (x, y) => fround(fround(Math.sqrt(fround(fround(x * x) + 2 ** -10))) - fround(Math.expm1(y))),
  ],
  "magnitudes, limits and signs": [
    (x, y) => x.magnitude().atMost(1).times(y.atLeast(-0.5)).plus(y.sign()),
    (x, y) => fround(fround(Math.min(Math.abs(x), 1) * Math.max(y, -0.5)) + Math.sign(y)),
  ],
};

for (const [name, [inQuantities, inFloat32]] of Object.entries(formulas)) {
  Deno.test(`the bound of ${name} holds for float32, and is not much wider than it must be`, () => {
    const random = createRandom(5);
    let [worst, sum] = [0, 0];
    for (let i = 0; i < 2000; i++) {
      const [x, y] = [fround(2 * normal(random)), fround(normal(random))];
      const { value, error } = inQuantities(of(x), of(y));
      const share = Math.abs(inFloat32(x, y) - value) / error;
      worst = Math.max(worst, share);
      sum += share;
    }
    assert(worst <= 1, `${worst} of the bound`);
    assert(worst > 0.05, `the bound is never met nearer than ${worst}`);
    assertLess(sum / 2000, 0.2);
  });

  Deno.test(`the derivative of ${name} is that of central differences`, () => {
    const random = createRandom(6);
    const step = 2 ** -17;
    for (let i = 0; i < 200; i++) {
      const [x, y] = [fround(2 * normal(random)), fround(normal(random))];
      const at = (by: number) => inQuantities(of(x + by), of(y)).value;
      const { slope } = inQuantities(variable(x), of(y));
      const difference = (at(step) - at(-step)) / (2 * step);
      const near = Math.abs(slope - difference) <= 1e-6 * (1 + Math.abs(slope) ** 3);
      // A difference across a kink is none.
      assert(near || Math.abs(Math.abs(x) - 1) < step, `${slope}, ${difference} at ${x}, ${y}`);
    }
  });
}

Deno.test("every activation's derivative is that of central differences", () => {
  const random = createRandom(7);
  const step = 2 ** -17;
  for (const activation of activations) {
    const f = rowFunction(activation);
    for (let trial = 0; trial < 20; trial++) {
      const row = Array.from({ length: 4 }, () => 1.5 * normal(random));
      const along = trial % 4;
      const at = (by: number) => f(row.with(along, row[along]! + by).map(of));
      const [up, down] = [at(step), at(-step)];
      const exact = f(row.map((z, i) => i === along ? variable(z) : of(z)));
      for (const [i, { slope }] of exact.entries()) {
        const difference = (up[i]!.value - down[i]!.value) / (2 * step);
        assert(
          Math.abs(slope - difference) <= 1e-7 * (1 + Math.abs(slope)),
          `${JSON.stringify(activation)}: ${slope}, ${difference} at ${row}`,
        );
      }
    }
  }
});

Deno.test("chooses() takes either where a comparison is a matter of rounding", () => {
  const near = of(1).over(3).minus(fround(1 / 3));
  const chosen = near.chooses(of(5), of(7));
  assert(chosen.error >= 2 && Math.abs(near.value) < near.error);
  assertEquals(of(1e-30).chooses(of(5), of(7)).value, 5);
  assertEquals(of(0).chooses(of(5), of(7)).error, 0);
});

Deno.test("a quotient by what may be 0 has no bound, and nothing is rounded of 0", () => {
  const nothing = of(1).over(3).minus(of(1).over(3));
  assertEquals(of(1).over(nothing).error, Infinity);
  assertEquals(of(0).times(of(1).over(3)).error, 0);
  assertEquals(of(0).plus(of(0.1)).error, 0);
});

Deno.test("softmax() and logSoftmax() are of any size, and sums of their derivatives are 0", () => {
  const row = exactly(rules, [1000, 1001, -1000]).with(0, variable(1000));
  const [y, log] = [softmax(row), logSoftmax(row)];
  assert(Math.abs(y[1]!.value - 1 / (1 + Math.exp(-1))) < 1e-12);
  assert(Math.abs(sumOf(rules, y).slope) < 1e-15);
  assert(Math.abs(log[2]!.value + 2001 + Math.log1p(Math.exp(-1))) < 1e-9);
});
