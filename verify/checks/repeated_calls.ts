/**
 * The same call again and again gives the same bits, whatever is computed in
 * between and whatever the output held: what a kernel keeps of a weight for its
 * next call, or chooses anew after some, must not show.
 *
 * @module
 */
import type { Dimensions } from "../../kernels/checks.ts";
import type { Random } from "../../common/random.ts";
import { type Case, floats, integers, Workspace } from "../check.ts";
import { compareExact, merge, type Outcome } from "../compare.ts";
import { formatDimensions } from "../dimensions.ts";

/** The check that these cases are of. */
export const name = "determinism";

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
