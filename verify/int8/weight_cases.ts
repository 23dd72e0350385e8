/**
 * Weights that are quantized by columns, as the library does it before a kernel is
 * asked: each multiplier and each number to the bit, halves and the largest numbers
 * among them, and what is refused.
 *
 * @module
 */
import { DensemarkError } from "../../common/errors.ts";
import type { Random } from "../../common/random.ts";
import { quantizeWeight } from "../../kernels/int8/quantize.ts";
import { type Case, floats } from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { multiplierOf, nearestWhole } from "./reference.ts";
import { name } from "./running.ts";

const { fround } = Math;

function reference(weight: Float32Array, n: number) {
  const scale = new Float32Array(n);
  for (let j = 0; j < n; j++) {
    const column = weight.filter((_, i) => i % n === j);
    scale[j] = multiplierOf(column.reduce((most, each) => Math.max(most, Math.abs(each)), 0));
  }
  const whole = (value: number, i: number) => nearestWhole(fround(value * scale[i % n]!));
  const values = Float32Array.from(
    weight,
    (value, i) => Math.max(-127, Math.min(127, whole(value, i))),
  );
  return { values, scale };
}

/** Weights of n columns by their names: their largest number is of either sign, early and late. */
function weightsOf(k: number, n: number, random: Random): Readonly<Record<string, Float32Array>> {
  const real = floats(k * n, -1, 1, random).slice();
  const falling = real.map((value, i) => value / (1 + Math.floor(i / n)));
  // Of a column whose largest number is 127 halves stay halves, but for the epsilon.
  const halves = Float32Array.from(
    { length: k * n },
    (_, i) => i < n ? -127 * 2 ** 20 : (random.between(-253, 253) / 2) * 2 ** 20,
  );
  const wide = real.map((value) => value * 2 ** random.between(-140, 120));
  return {
    real,
    falling,
    rising: falling.toReversed(),
    halves,
    wide,
    zeros: new Float32Array(k * n),
  };
}

function compareWeight(what: string, weight: Float32Array, n: number): Outcome {
  const before = weight.slice();
  const { values, scale } = quantizeWeight(weight, n);
  const want = reference(weight, n);
  return merge([
    compareExact(`numbers of a weight of ${what}`, Float32Array.from(values), want.values, n),
    compareExact(`multipliers of a weight of ${what}`, scale, want.scale, n),
    compareExact(`a weight of ${what} afterwards`, weight, before, n),
  ]);
}

const sizes = [[1, 1], [5, 1], [1, 4], [7, 3], [64, 17]] as const;

const odd: Readonly<Record<string, () => unknown>> = {
  "no weight": () => quantizeWeight(undefined as unknown as Float32Array, 1),
  "an array": () => quantizeWeight([1, 2] as unknown as Float32Array, 1),
  "doubles": () => quantizeWeight(new Float64Array(2) as unknown as Float32Array, 1),
  "a row that is cut off": () => quantizeWeight(new Float32Array(5), 2),
  "less than a row": () => quantizeWeight(new Float32Array(2), 3),
  "numbers without columns": () => quantizeWeight(new Float32Array(2), 0),
  "a negative number of columns": () => quantizeWeight(new Float32Array(2), -1),
  "half a column": () => quantizeWeight(new Float32Array(2), 0.5),
  "columns as text": () => quantizeWeight(new Float32Array(2), "1" as unknown as number),
  "more columns than an array holds": () => quantizeWeight(new Float32Array(0), 2 ** 40),
  "NaN": () => quantizeWeight(Float32Array.of(1, NaN), 2),
  "infinity": () => quantizeWeight(Float32Array.of(1, 2, 3, Infinity), 2),
  "minus infinity": () => quantizeWeight(Float32Array.of(-Infinity), 1),
};

function refused(): Outcome {
  for (const [what, call] of Object.entries(odd)) {
    let thrown: unknown = null;
    try {
      call();
    } catch (error) {
      thrown = error;
    }
    if (thrown instanceof DensemarkError) continue;
    return outcomeOf(
      `quantizeWeight() of ${what} must throw a DensemarkError; got ${thrown ?? "no error"}`,
    );
  }
  const { values, scale } = quantizeWeight(new Float32Array(0), 0);
  return outcomeOf(values.length + scale.length > 0 ? "a weight of no columns has numbers" : null);
}

/** The cases. */
export const weightCases: readonly Case[] = [
  {
    id: `${name}/quantize-weight`,
    run: (_kernel, random) =>
      Promise.resolve(merge(
        sizes.flatMap(([k, n]) =>
          Object.entries(weightsOf(k, n, random)).map(([what, weight]) =>
            compareWeight(`${what} [${k}, ${n}]`, weight, n)
          )
        ),
      )),
  },
  { id: `${name}/quantize-weight-refusals`, run: () => Promise.resolve(refused()) },
];
