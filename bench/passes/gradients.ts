/**
 * The backward pass of a layer, and a whole step of training: forward, the
 * gradient of ½·Σ(y − t)², backward, and w ← w − rate·dw, b ← b − rate·db. The
 * loss and the update are JavaScript on the host's copies, which works on any
 * kernel. Data are whole numbers of which every sum is exact, so that all results
 * are verified: products by Freivalds' check, all else element by element.
 *
 * @module
 */
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { createRandom, seedOf } from "../../common/random.ts";
import { integers } from "../../verify/check.ts";
import { compareExact } from "../../verify/compare.ts";
import { findWrongRow } from "../../verify/freivalds.ts";
import { referenceColumnSums } from "../../verify/reference.ts";
import type { CheckedCell } from "../contender.ts";
import { passOf, type Workload } from "../workload.ts";

// The rate of a step that is checked: it changes every weight, and exactly.
const checkedRate = 2 ** -6;
// The rate of the steps that are timed: all work is done, but rounds to no change, so that every step computes the same bits.
const timedRate = 2 ** -60;

/** The largest whole number of the data for which all sums stay within 24 bits. */
function mostOf(workload: Workload): number {
  const { m, n, k } = workload;
  const terms = Math.max(m, n, k) + 1;
  return passOf(workload) === "backward"
    ? Math.min(1023, Math.floor(Math.sqrt(2 ** 24 / terms)))
    // dy is y − t, sums of k products already.
    : Math.min(255, Math.floor(Math.cbrt(2 ** 24 / ((k + 2) * Math.max(m, n)))));
}

function transposed(rows: number, columns: number, values: Float32Array): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j]!;
  }
  return out;
}

/** What a step reads and writes: the tensors, and the host's copies of what it updates. */
class Step implements Disposable {
  readonly #tensors = new DisposableStack();
  readonly x: Float32Array;
  readonly target: Float32Array;
  /** For the backward pass alone; a training step computes its own. */
  readonly givenDy: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array | null;
  readonly unit: number;
  readonly at: Readonly<Record<"x" | "weight" | "y" | "dy" | "dz" | "dw" | "db" | "dx", Tensor>>;
  readonly biasAt: Tensor | null;

  constructor(readonly kernel: Kernel, readonly workload: Workload, seed: number) {
    const { m, n, k, useBias } = workload;
    const most = mostOf(workload);
    if (most < 1) throw new Error("too large for exact sums");
    // x, weight and dy are whole numbers times this, in [-1, 1].
    const unit = 2 ** -Math.ceil(Math.log2(most));
    this.unit = unit;
    const random = createRandom(seedOf(`${workload.name}/${passOf(workload)}`, seed));
    // None may be 0, which the timed rate would change.
    const values = (length: number, scale: number) =>
      integers(length, most, random).map((value) => value * scale);
    this.x = values(m * k, unit);
    this.weight = values(k * n, unit);
    this.bias = useBias ? values(n, unit * unit) : null;
    this.target = values(m * n, unit * unit);
    this.givenDy = values(m * n, unit);
    using made = new DisposableStack();
    const input = (shape: number[], data: Float32Array) => made.use(kernel.tensor(shape, data));
    const output = (shape: number[], length: number) =>
      input(shape, new Float32Array(length).fill(NaN));
    this.at = {
      x: input([m, k], this.x),
      weight: input([k, n], this.weight),
      y: output([m, n], m * n),
      dy: input([m, n], this.givenDy),
      dz: output([m, n], m * n),
      dw: output([k, n], k * n),
      db: output([n], n),
      dx: output([m, k], m * k),
    };
    this.biasAt = this.bias && input([n], this.bias);
    this.#tensors.use(made.move());
  }

  forward(z?: Tensor): void {
    const { x, weight, y } = this.at;
    this.kernel.dense(x, weight, this.biasAt, this.workload.activation, y, z);
  }

  backward(): void {
    const { kernel, at, workload: { activation } } = this;
    const dz = activation === "linear" ? at.dy : at.dz;
    if (activation !== "linear") kernel.activateGradient(activation, null, at.y, at.dy, dz);
    kernel.matmul(at.x, dz, at.dw, { transposeA: true });
    if (this.biasAt) kernel.sumRows(dz, at.db);
    kernel.matmul(dz, at.weight, at.dx, { transposeB: true });
  }

  async train(rate: number): Promise<void> {
    this.forward();
    const dy = await this.at.y.read();
    for (let i = 0; i < dy.length; i++) dy[i]! -= this.target[i]!;
    this.at.dy.write(dy);
    this.backward();
    await descend(this.at.weight, this.weight, this.at.dw, rate);
    if (this.biasAt && this.bias) await descend(this.biasAt, this.bias, this.at.db, rate);
  }

  [Symbol.dispose](): void {
    this.#tensors.dispose();
  }
}

/** Stochastic gradient descent on a copy: values ← values − rate·gradient. */
async function descend(
  tensor: Tensor,
  values: Float32Array,
  gradient: Tensor,
  rate: number,
): Promise<void> {
  const change = await gradient.read();
  for (let i = 0; i < values.length; i++) values[i]! -= rate * change[i]!;
  tensor.write(values);
}

/** A layer's backward pass or training step, ready to be timed. */
export function prepareGradients(kernel: Kernel, workload: Workload, seed: number): CheckedCell {
  const step = new Step(kernel, workload, seed);
  const training = passOf(workload) === "training";
  // Backward needs the y of a forward call, once.
  if (!training) step.forward();
  const names = [
    ...(training ? ["y", "weight"] as const : []),
    ...["dw", "dx"] as const,
    ...(step.biasAt ? ["db"] as const : []),
  ];
  return {
    run: training ? () => step.train(timedRate) : () => step.backward(),
    finished: () => kernel.finished(),
    output: async () => {
      const parts = await Promise.all(names.map((name) => step.at[name].read()));
      const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return all;
    },
    check: async (seed) => {
      const before = { weight: step.weight.slice(), bias: step.bias?.slice() ?? null };
      if (training) await step.train(checkedRate);
      else step.backward();
      const problem = await problemOf(step, before, training, seed);
      step.weight.set(before.weight);
      step.at.weight.write(before.weight);
      if (before.bias) {
        step.bias?.set(before.bias);
        step.biasAt?.write(before.bias);
      }
      return {
        status: problem === null ? "passed" : "failed",
        detail: problem ??
          `${training ? "y, " : ""}dw, db and dx${
            training ? ", new w and b" : ""
          } exact, every element`,
        worst: problem === null ? 0 : null,
      };
    },
    [Symbol.dispose]: () => step[Symbol.dispose](),
  };
}

/** What is wrong with the results of a step, or null. */
async function problemOf(
  step: Step,
  before: { weight: Float32Array; bias: Float32Array | null },
  training: boolean,
  seed: number,
): Promise<string | null> {
  const { workload, at, x, unit } = step;
  const { m, n, k, activation } = workload;
  const y = await at.y.read();
  const after = { weight: await at.weight.read(), bias: await step.biasAt?.read() ?? null };
  // z was not kept: computed again, from the same weights, it must give the same y.
  const [dw, db, dx] = [await at.dw.read(), await at.db.read(), await at.dx.read()];
  at.weight.write(before.weight);
  if (before.bias) step.biasAt?.write(before.bias);
  using zAt = step.kernel.tensor([m, n], new Float32Array(m * n).fill(NaN));
  step.forward(zAt);
  const z = await zAt.read();
  const operands = { x, weight: before.weight, bias: before.bias, unitX: unit, unitWeight: unit };
  const wrongZ = findWrongRow(workload, operands, z, seed);
  if (wrongZ !== null) return wrongZ;
  const exact = (what: string, got: ArrayLike<number>, want: ArrayLike<number>, columns: number) =>
    compareExact(what, got, want, columns).problem;
  const wantY = activation === "relu" ? z.map((value) => Math.max(0, value)) : z;
  const dy = training ? y.map((value, i) => value - step.target[i]!) : step.givenDy;
  const dz = activation === "relu" ? dy.map((value, i) => y[i]! > 0 ? value : 0) : dy;
  const unitDz = training ? unit * unit : unit;
  const product = (
    what: string,
    shape: { m: number; n: number; k: number },
    left: Float32Array,
    unitX: number,
    right: Float32Array,
    unitWeight: number,
    got: Float32Array,
  ) => {
    const wrong = findWrongRow(
      shape,
      { x: left, weight: right, bias: null, unitX, unitWeight },
      got,
      seed,
    );
    return wrong === null ? null : `${what}: ${wrong.replace("x·w + b", "the product")}`;
  };
  const updated = (what: string, old: Float32Array, gradient: Float32Array, got: Float32Array) =>
    exact(what, got, old.map((value, i) => value - checkedRate * gradient[i]!), n);
  return exact("y", y, wantY, n) ??
    product("dw", { m: k, n, k: m }, transposed(m, k, x), unit, dz, unitDz, dw) ??
    product("dx", { m, n: k, k: n }, dz, unitDz, transposed(k, n, before.weight), unit, dx) ??
    (before.bias ? exact("db", db, referenceColumnSums(m, n, dz).value, n) : null) ??
    (training ? updated("w", before.weight, dw, after.weight) : null) ??
    (training && before.bias && after.bias ? updated("b", before.bias, db, after.bias) : null);
}
