import { assert, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, ShapeError } from "../common/errors.ts";
import { activations as ofContract } from "../kernels/activation.ts";
import { add, exp, type Expression, mul, operand } from "../kernels/formula/expression.ts";
import { formula } from "../kernels/formula/formula.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { kernelsHere } from "../kernels/kernels_testing.ts";
import { createKernel, type KernelName } from "../kernels/registry.ts";
import { type ActivationLike, activationNames, getActivation } from "./activations.ts";
import { float32Value, grid, references } from "./activations_testing.ts";

/** Of those here, the kernels that take formulas. */
const names: KernelName[] = [];
for (const name of await kernelsHere()) {
  await using kernel = await createKernel(name);
  if (kernel.traits.formulas) names.push(name);
}

const title = (of: object) => JSON.stringify(of);
const near = (got: number, expected: number, relative: number, absolute = 1e-37) =>
  got === expected || Number.isNaN(got) && Number.isNaN(expected) ||
  Math.abs(got - expected) <= relative * Math.abs(expected) + absolute;

/** f(z) and dy · f'(z) for rows of one matrix. */
async function valuesOf(
  kernel: Kernel,
  of: ActivationLike,
  z: ArrayLike<number>,
  dy: number,
  columns = 1,
) {
  const f = getActivation(of);
  const given = Float32Array.from(z);
  using operand = kernel.tensor([given.length / columns, columns], given);
  const outputs = f.outputColumns(columns);
  using y = kernel.tensor([given.length / columns, outputs]);
  f.apply(kernel, operand, y);
  using gradient = kernel.tensor(
    [given.length / columns, outputs],
    new Float32Array(y.size).fill(dy),
  );
  using dz = kernel.tensor(operand.shape);
  f.gradient(kernel, { z: f.needsZ ? operand : null, y, dy: gradient, dz });
  return [await y.read(), await dz.read()] as const;
}

Deno.test("the activations are Keras's thirty, gelu's second form, and their aliases", () => {
  const keras =
    `relu leaky_relu relu6 softmax celu elu selu softplus softsign squareplus soft_shrink
    sparse_plus silu gelu glu tanh tanh_shrink threshold sigmoid sparse_sigmoid exponential
    hard_sigmoid hard_silu hard_tanh hard_shrink linear mish log_softmax log_sigmoid sparsemax`;
  assertEquals(new Set(activationNames), new Set([...keras.split(/\s+/), "gelu_tanh"]));
  assertEquals(activationNames.length, 31);
  assertEquals(getActivation("swish").name, "silu");
  assertEquals(getActivation("hard_swish").name, "hard_silu");
  assertEquals(getActivation(null).name, "linear");
  for (const name of ofContract) assertEquals(getActivation(name).ofKernel, name);
  assertEquals(getActivation({ name: "gelu", approximate: true }).ofKernel, "gelu_tanh");
  assertEquals(getActivation({ name: "relu", maxValue: null }).ofKernel, "relu");
  assertEquals(getActivation({ name: "elu", alpha: 1 }).ofKernel, "elu");
  // Each elementwise one is tested below.
  const tested = new Set<string>(references.map(({ of }) => of.name));
  for (const name of activationNames) {
    if (name !== "threshold" && getActivation(name).formula) assert(tested.has(name), name);
  }
});

for (const name of names) {
  Deno.test(`${name}: elementwise activations and their gradients are those of float64, on extremes too`, async () => {
    await using kernel = await createKernel(name);
    const relative = kernel.traits.formulas!.arithmetic === "float64" ? 1.2e-7 : 4e-6;
    const z = grid();
    for (const { of, f, slope, kinks = [] } of references) {
      const [y, dz] = await valuesOf(kernel, of, z, 1);
      for (const [i, value] of z.entries()) {
        // In float32 cancellation may leave an error of the size of z's own.
        const absolute = relative > 1e-6 ? 2e-7 * Math.min(Math.abs(value), 1) : 1e-37;
        const expected = Math.fround(f(value));
        assert(
          near(y[i]!, expected, relative, absolute),
          `${title(of)}(${value}) = ${y[i]}, not ${expected}`,
        );
        if (kinks.some((kink) => Math.abs(value - kink) <= 1e-6 * Math.abs(kink))) continue;
        const expectedSlope = Math.fround(slope(value));
        assert(
          near(dz[i]!, expectedSlope, relative, absolute + 1e-37),
          `${title(of)}'(${value}) = ${dz[i]}, not ${expectedSlope}`,
        );
      }
    }
  });

  Deno.test(`${name}: elementwise activations have limits at infinity, and keep NaN`, async () => {
    await using kernel = await createKernel(name);
    for (const { of, f, slope } of references) {
      const [y, dz] = await valuesOf(kernel, of, [Infinity, -Infinity, NaN], 2);
      assertEquals(
        [...y.subarray(0, 2)].map((v) => v + 0),
        [f(Infinity) + 0, f(-Infinity) + 0],
        title(of),
      );
      assertEquals(
        [...dz.subarray(0, 2)].map((v) => v + 0),
        [Math.fround(2 * slope(Infinity)), Math.fround(2 * slope(-Infinity))],
        title(of),
      );
      if (kernel.traits.nan === "propagates") assert(Number.isNaN(y[2]), title(of));
    }
  });

  Deno.test(`${name}: an activation may be a function of an expression, or a formula`, async () => {
    await using kernel = await createKernel(name);
    const square = (z: Expression) => mul(z, z);
    for (const  of of[square, formula(square(operand(0)))] as ActivationLike[]) {
      const [y, dz] = await valuesOf(kernel, of, [3, -2], 10);
      assertEquals([[...y], [...dz]], [[9, 4], [60, -40]]);
    }
    const [y, dz] = await valuesOf(kernel, (z) => add(mul(2, z), 1), [3, -2], 10);
    assertEquals([[...y], [...dz]], [[7, -3], [20, 20]]);
    assertEquals(getActivation(square).name, "square");
  });

  Deno.test(`${name}: log_softmax, sparsemax and glu are right, as are their gradients`, async () => {
    await using kernel = await createKernel(name);
    const z = [
      1,
      2.5,
      3,
      -1,
      0.5,
      0.25,
      700,
      -700,
      0,
      2,
      2,
      2,
      -90,
      80,
      79.5,
      79,
      0.9,
      0.3,
      0.15,
      0,
    ];
    const columns = 4;
    const cases: Record<string, (row: number[]) => number[]> = {
      log_softmax: (row) => {
        const most = Math.max(...row);
        const total = Math.log(row.reduce((sum, v) => sum + Math.exp(v - most), 0));
        return row.map((v) => v - most - total);
      },
      sparsemax: (row) => {
        const sorted = [...row].sort((a, b) => b - a);
        let [sum, tau] = [0, 0];
        for (const [j, v] of sorted.entries()) {
          if (1 + (j + 1) * v <= sum + v) break;
          tau = ((sum += v) - 1) / (j + 1);
        }
        return row.map((v) => Math.max(v - tau, 0));
      },
      glu: (row) => [0, 1].map((i) => row[i]! / (1 + Math.exp(-row[i + 2]!))),
    };
    for (const [activation, of] of Object.entries(cases)) {
      const rows = Array.from({ length: 5 }, (_, i) => z.slice(4 * i, 4 * i + 4));
      const f = getActivation(activation as "glu");
      using input = kernel.tensor([5, columns], z);
      using y = kernel.tensor([5, f.outputColumns(columns)]);
      f.apply(kernel, input, y);
      const values = [...await y.read()];
      const expected = rows.flatMap(of);
      for (const [i, v] of values.entries()) {
        assert(near(v, expected[i]!, 1e-5, 1e-6), `${activation} ${i}: ${v}, not ${expected[i]}`);
      }
      const weights = Array.from({ length: y.size }, (_, i) => (i * 7 % 5 - 2) / 2);
      using dy = kernel.tensor(y.shape, weights);
      using dz = kernel.tensor([5, columns]);
      f.gradient(kernel, { z: f.needsZ ? input : null, y, dy, dz });
      const gradients = [...await dz.read()];
      const loss = (row: number[], r: number) =>
        of(row).reduce((sum, v, i) => sum + v * weights[r * values.length / 5 + i]!, 0);
      for (const [r, row] of rows.entries()) {
        for (let i = 0; i < columns; i++) {
          const h = 1e-6;
          const moved = (by: number) => loss(row.map((v, j) => j === i ? v + by : v), r);
          const slope = (moved(h) - moved(-h)) / (2 * h);
          const got = gradients[r * columns + i]!;
          assert(near(got, slope, 1e-4, 1e-4), `${activation}' ${r},${i}: ${got}, not ${slope}`);
        }
      }
    }
  });

  Deno.test(`${name}: softmax and log_softmax go along any axis, several, or all`, async () => {
    await using kernel = await createKernel(name);
    const shape = [2, 3, 4];
    const values = Array.from({ length: 24 }, (_, i) => (i * 11 % 7) / 3);
    const at = (i: number) => [Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4];
    using z = kernel.tensor(shape, values);
    using y = kernel.tensor(shape);
    using dy = kernel.tensor(shape, values.map((_, i) => i % 5));
    using dz = kernel.tensor(shape);
    for (const axis of [0, 1, 2, -1, -2, [0, 2], [1, 2], [-1, 0], null]) {
      const axes = axis === null ? [0, 1, 2] : [axis].flat().map((a) => (a + 3) % 3);
      const group = (i: number) => at(i).map((v, a) => axes.includes(a) ? "*" : v).join();
      const total = new Map<string, number>();
      for (const [i, v] of values.entries()) {
        total.set(group(i), (total.get(group(i)) ?? 0) + Math.exp(v));
      }
      const soft = values.map((v, i) => Math.exp(v) / total.get(group(i))!);
      getActivation({ name: "softmax", axis }).apply(kernel, z, y);
      (await y.read()).forEach((v, i) => assert(near(v, soft[i]!, 1e-6), `${axis} ${i}`));
      getActivation({ name: "softmax", axis }).gradient(kernel, { z: null, y, dy, dz });
      const weighted = new Map<string, number>();
      soft.forEach((s, i) => weighted.set(group(i), (weighted.get(group(i)) ?? 0) + s * (i % 5)));
      (await dz.read()).forEach((v, i) =>
        assert(near(v, soft[i]! * (i % 5 - weighted.get(group(i))!), 1e-5, 1e-6), `${axis} ${i}`)
      );
      getActivation({ name: "log_softmax", axis }).apply(kernel, z, y);
      (await y.read()).forEach((v, i) => assert(near(v, Math.log(soft[i]!), 1e-5), `${axis} ${i}`));
    }
    const wrong = getActivation({ name: "softmax", axis: 3 });
    assertThrows(() => wrong.apply(kernel, z, y), ShapeError, "softmax has no axis 3");
  });
}

Deno.test("elementwise activations do not fail in float32 arithmetic, where each step is rounded", () => {
  const z = grid();
  for (const { of, f } of references) {
    const made = getActivation(of).formula!;
    for (const value of z) {
      const got = float32Value(made, [value]);
      const expected = Math.fround(f(value));
      // The largest that may be lost is a few units in the last place of z, or of the result.
      const allowed = 4e-7 * Math.min(Math.abs(value), 1);
      assert(
        near(got, expected, 4e-6, allowed),
        `${title(of)}(${value}) = ${got}, not ${expected}`,
      );
    }
    for (const value of [Infinity, -Infinity]) {
      assertEquals(float32Value(made, [value]) + 0, f(value) + 0, title(of));
    }
  }
});

Deno.test("getActivation() refuses what it does not know, by name", () => {
  const cases: readonly (readonly [unknown, string])[] = [
    ["typo", 'Could not interpret activation function identifier: "typo"; there are linear, relu'],
    ["toString", 'identifier: "toString"'],
    ["ReLU", 'identifier: "ReLU"'],
    [
      { name: "relu", alpha: 1 },
      'the activation relu has no option "alpha"; there are negativeSlope, maxValue and threshold',
    ],
    [{ name: "relu", negativeSlope: NaN }, "negativeSlope must be a finite number; got NaN"],
    [{ name: "relu", maxValue: -1 }, "maxValue must be a finite number >= 0, or null; got -1"],
    ["threshold", 'the activation threshold needs threshold: { name: "threshold", threshold: … }'],
    [{ name: "threshold", threshold: 1 }, "needs defaultValue"],
    [{ name: "celu", alpha: 0 }, "other than 0"],
    [{ name: "softmax", axis: 0.5 }, "the axis of softmax is a whole number"],
    [{ name: "glu", axis: 0 }, "axis must be -1, the last"],
    [{ name: 3 }, "identifier: an object"],
    [3, "identifier: 3"],
    [Math.tanh, "takes an expression and gives one, as exp() makes it; got NaN"],
    [() => exp(operand(1)), "operands are counted from 0 without gaps"],
    [formula(add(operand(0), operand(1))), "a formula as activation has one output"],
  ];
  for (const [given, says] of cases) {
    const error = assertThrows(() => getActivation(given as "relu"), ArgumentError, says);
    assertEquals(error.message.includes("\n"), false);
  }
  assertThrows(
    () => getActivation("glu").outputColumns(3),
    ShapeError,
    "axis size must be divisible by 2",
  );
});

Deno.test("an activation says that a kernel computes no formulas", async () => {
  await using kernel = await createKernel("naive");
  const without = Object.create(kernel, {
    traits: { value: { ...kernel.traits, formulas: undefined } },
  });
  assertThrows(
    () => getActivation("celu").check(without),
    ArgumentError,
    'the kernel "naive" computes no formulas, which the activation celu needs',
  );
  assertThrows(
    () => getActivation("sparsemax").check(without),
    ArgumentError,
    "the activation sparsemax needs",
  );
  getActivation("gelu").check(without);
});
