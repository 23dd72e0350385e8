/**
 * The same call again and again gives the same bits, whatever is computed in
 * between and whatever the output held: what a kernel keeps of a weight for its
 * next call, or chooses anew after some, must not show.
 *
 * @module
 */
import type { Dimensions } from "../../kernels/checks.ts";
import { mul, operand } from "../../kernels/formula/expression.ts";
import { type Formula, formula } from "../../kernels/formula/formula.ts";
import type { NetworkLayer } from "../../kernels/kernel.ts";
import type { Random } from "../../common/random.ts";
import { type Case, floats, integers, Workspace } from "../check.ts";
import { compareExact, merge, type Outcome } from "../compare.ts";
import { formatDimensions } from "../dimensions.ts";

/** The check that these cases are of. */
export const name = "determinism";

/** A formula of one step. */
export const squared: Formula = formula(mul(operand(0), operand(0)));

/** One problem, called again and again while another one is solved in between. */
export function repeatCase(repeats: number, shape: Dimensions): Case {
  const { m, n, k } = shape;
  return {
    id: `${name}/repeat-${repeats}/${formatDimensions(shape)}`,
    run: async (kernel, random) => {
      const x = floats(m * k, -1, 1, random);
      const other = floats(3 * k, -1, 1, random);
      using space = new Workspace(kernel);
      const weight = space.tensor([k, n], floats(k * n, -1, 1, random));
      const all = space.tensor([m, k], x);
      const few = space.tensor([3, k], other);
      const small = space.output([3, n]);
      let first: Float32Array | null = null;
      let before: Float32Array | null = null;
      for (let repeat = 0; repeat < repeats; repeat++) {
        const y = space.output([m, n]);
        if (repeat % 2) y.write(new Float32Array(m * n).fill(1e30));
        kernel.dense(all, weight, null, "tanh", y);
        // Another problem in between would show what is left over from this one.
        kernel.dense(few, weight, null, "linear", small);
        const [found, foundSmall] = await Promise.all([y.read(), small.read()]);
        y[Symbol.dispose]();
        first ??= found;
        before ??= foundSmall;
        const outcome = merge([
          compareExact(`y of repeat ${repeat}`, found, first, n),
          compareExact(`the small y of repeat ${repeat}`, foundSmall, before, n),
        ]);
        if (outcome.problem) return outcome;
      }
      return { worst: 0, problem: null };
    },
  };
}

/** The same products again and again: what is chosen anew after some calls must give the same bits. */
export const oftenCase = (n: number): Case => ({
  id: `${name}/often/${n}`,
  run: async (kernel, random: Random) => {
    using space = new Workspace(kernel);
    const [a, b] = [1, 2].map(() => space.tensor([n, n], floats(n * n, -1, 1, random)));
    const results = [];
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const outputs = [1, 2, 3].map(() => space.output([n, n]));
        for (const [i, calls] of [1, 100, 200].entries()) {
          for (let call = 0; call < calls; call++) {
            kernel.matmul(a!, b!, outputs[i]!, { transposeA, transposeB });
          }
        }
        results.push(await Promise.all(outputs.map((output) => output.read())));
      }
    }
    return merge(
      results.flatMap(([first, ...later]) =>
        later.map((found, i) =>
          compareExact(`a product called ${[100, 300][i]} times`, found, first!, n)
        )
      ),
    );
  },
});

/** Layers of one unit or few on many rows, and of many units: what is kept of a weight for its next call must have room for them. */
const longSides: readonly Dimensions[] = [
  { m: 70001, n: 1, k: 5 },
  { m: 16411, n: 3, k: 5 },
  { m: 1, n: 70001, k: 6 },
  { m: 2, n: 16411, k: 6 },
  { m: 3, n: 1, k: 20011 },
];

export const againCase: Case = {
  id: `${name}/again`,
  run: async (kernel, random: Random) => {
    const outcomes: Outcome[] = [];
    for (const shape of longSides) {
      const { m, n, k } = shape;
      using space = new Workspace(kernel);
      const x = space.tensor([m, k], integers(m * k, 9, random));
      const weight = space.tensor([k, n], integers(k * n, 9, random));
      const bias = space.tensor([n], integers(n, 9, random));
      const results = [1, 2, 3].map(() => {
        const y = space.output([m, n]);
        kernel.dense(x, weight, bias, "relu", y);
        return y.read();
      });
      const [first, ...later] = await Promise.all(results);
      outcomes.push(
        ...later.map((found, i) =>
          compareExact(`y of ${formatDimensions(shape)} of call ${i + 2}`, found, first!, n)
        ),
      );
    }
    return merge(outcomes);
  },
};

/** What a kernel keeps for later calls, and large calls for which it may need the same room. */
export const betweenCase: Case = {
  id: `${name}/large-calls-between`,
  run: async (kernel, random: Random) => {
    using space = new Workspace(kernel);
    const tensorOf = (...shape: [number] | [number, number]) =>
      space.tensor(shape, floats(shape[0] * (shape[1] ?? 1), -1, 1, random));
    const layers: NetworkLayer[] =
      ([[40, 64, "relu"], [64, 64, "tanh"], [64, 10, "softmax"]] as const)
        .map(([inputs, units, activation]) => ({
          weight: tensorOf(inputs, units),
          bias: tensorOf(units),
          activation,
        }));
    const reduce = kernel.traits.formulas && kernel.reduce?.bind(kernel);
    const map = kernel.traits.formulas && kernel.map?.bind(kernel);
    const inputs = [1, 7, 40].map((rows) => tensorOf(rows, 40));
    const small = () =>
      inputs.flatMap((x) => {
        const rows = x.shape[0]!;
        const [y, z, total] = [
          space.output([rows, 10]),
          space.output([rows, 64]),
          space.output([rows]),
        ];
        kernel.network?.(x, layers, y);
        const [{ weight, bias }] = layers as [NetworkLayer];
        kernel.dense(x, weight, bias, "gelu", z);
        reduce?.("sum", "rows", squared, [z], total);
        return [...(kernel.network ? [y] : []), z, ...(reduce ? [total] : [])]
          .map((tensor) => tensor.read());
      });
    const first = await Promise.all(small());
    const [m, n, k] = [131, 203, 601];
    const [a, b, c] = [tensorOf(m, k), tensorOf(k, n), tensorOf(m, n)];
    kernel.dense(a, b, null, "linear", space.output([m, n]));
    kernel.matmul(a, c, space.output([k, n]), { transposeA: true });
    kernel.matmul(c, b, space.output([m, k]), { transposeB: true });
    kernel.dense(tensorOf(1, 20_011), tensorOf(20_011, 3), null, "relu", space.output([1, 3]));
    kernel.dense(tensorOf(20_011, 3), tensorOf(3, 1), null, "relu", space.output([20_011, 1]));
    map?.(squared, [a], [space.output([m, k])]);
    reduce?.("sum", "columns", squared, [a], space.output([k]));
    const again = await Promise.all(small());
    return merge(
      first.map((want, i) =>
        compareExact(`result ${i} after large calls`, again[i]!, want, want.length)
      ),
    );
  },
};
