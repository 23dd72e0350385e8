/**
 * Every operation with each of its dimensions empty in turn, and with all: the
 * call ends, throws nothing, raises the versions of what it writes, and gives what
 * sums of no terms are, the bias or 0, or what the output held where it
 * accumulates.
 *
 * @module
 */
import { activations } from "../../kernels/activation.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { type Case, Workspace } from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";

/** Rows, columns and what is summed over, of which one or all are 0. */
const sizes = [[0, 3, 2], [3, 0, 2], [3, 2, 0], [0, 0, 2], [0, 0, 0], [1, 5, 0], [
  5,
  1,
  0,
]] as const;

/** Calls on a kernel's tensors, each checked for what it leaves. */
class Trial {
  readonly outcomes: Outcome[] = [];

  constructor(readonly kernel: Kernel, readonly space: Workspace) {}

  of(shape: readonly number[], value: number): Tensor {
    const size = shape.reduce((product, axis) => product * axis, 1);
    return this.space.tensor(shape, new Float32Array(size).fill(value));
  }

  /** An output that held 7, and what it must hold, by columns or everywhere. */
  async call(
    what: string,
    shape: readonly number[],
    want: number | Float32Array,
    run: (out: Tensor) => void,
  ): Promise<void> {
    const out = this.of(shape, 7);
    const { version, size } = out;
    run(out);
    const name = `${what} [${shape.join(", ")}]`;
    // Of no elements, none is written.
    if (size > 0 && out.version <= version) {
      this.outcomes.push(outcomeOf(`the version of ${name} must rise`));
    }
    const columns = shape.at(-1)!;
    const values = Float32Array.from(
      { length: size },
      (_, i) => typeof want === "number" ? want : want[i % columns]!,
    );
    this.outcomes.push(compareExact(name, await out.read(), values, Math.max(1, columns)));
  }
}

async function products(trial: Trial, m: number, n: number, k: number): Promise<void> {
  const { kernel } = trial;
  const [x, weight] = [trial.of([m, k], 1), trial.of([k, n], 1)];
  const values = Float32Array.from({ length: n }, (_, j) => j - 1);
  const bias = trial.space.tensor([n], values);
  await trial.call("y of dense", [m, n], values, (y) => kernel.dense(x, weight, bias, "linear", y));
  await trial.call(
    "y of dense without bias",
    [m, n],
    0,
    (y) => kernel.dense(x, weight, null, "linear", y),
  );
  await trial.call(
    "z of dense",
    [m, n],
    values,
    (z) => kernel.dense(x, weight, bias, "relu", trial.of([m, n], 1), z),
  );
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      const a = transposeA ? trial.of([k, m], 1) : x;
      const b = transposeB ? trial.of([n, k], 1) : weight;
      for (const accumulate of [false, true]) {
        const what = `matmul with ${JSON.stringify({ transposeA, transposeB, accumulate })}`;
        await trial.call(
          what,
          [m, n],
          accumulate ? 7 : 0,
          (out) => kernel.matmul(a, b, out, { transposeA, transposeB, accumulate }),
        );
      }
    }
  }
}

async function rowwise(trial: Trial, rows: number, columns: number): Promise<void> {
  const { kernel } = trial;
  const a = trial.of([rows, columns], 1);
  await trial.call(`sums of ${rows} rows`, [columns], rows, (out) => kernel.sumRows(a, out));
  await trial.call(
    `added sums of ${rows} rows`,
    [columns],
    7 + rows,
    (out) => kernel.sumRows(a, out, { accumulate: true }),
  );
  if (rows * columns > 0) return;
  for (const activation of activations) {
    await trial.call(activation, [rows, columns], 0, (y) => kernel.activate(activation, a, y));
    await trial.call(
      `the gradient of ${activation}`,
      [rows, columns],
      0,
      (dz) => kernel.activateGradient(activation, a, trial.of([rows, columns], 1), a, dz),
    );
  }
}

/** The case, as a part of the check of the contract. */
export const emptyCase: Case = {
  id: "contract/empty",
  run: async (kernel) => {
    using space = new Workspace(kernel);
    const trial = new Trial(kernel, space);
    for (const [m, n, k] of sizes) {
      await products(trial, m, n, k);
      await rowwise(trial, m, n);
    }
    return merge(trial.outcomes);
  },
};
