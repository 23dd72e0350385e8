/**
 * What a kernel must leave alone: its inputs, and the memory around its
 * outputs; and what it must not look at: the memory beyond its inputs, and what
 * an output held. Guards beside inputs hold NaN, so that what is read there shows
 * even where it is multiplied by zero, and are compared by their bits. Where a
 * kernel's memory is accessible, operands are placed at its very end, beyond
 * which a read traps (MLAS does so with a page that cannot be read).
 *
 * @module
 */
import { bitPatterns } from "../../common/float_bits.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { WasmKernel } from "../../kernels/wasm/wasm_kernel.ts";
import { type Case, type Check, exactMost, integers, shapedCase, Workspace } from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { referenceColumnSums, referenceProduct } from "../reference.ts";

const name = "memory";

/** Beside inputs: quiet NaNs, which show in every sum that they get into. */
const nanBits = 0x7fc5a5a5;
/** Beside outputs: a number, since a NaN that was read and comes back as a result has the same bits. */
const numberBits = 0x4b3c614e;

function canary(length: number, bits = nanBits): Float32Array {
  return new Float32Array(new Uint32Array(length).fill(bits).buffer);
}

/** Tensors between guards, and what each must hold afterwards. */
class Guarded {
  readonly #guards: [Tensor, bits: number][] = [];
  readonly #inputs: [string, Tensor, Float32Array][] = [];

  constructor(readonly space: Workspace) {}

  #guard(bits: number): void {
    this.#guards.push([this.space.tensor([48], canary(48, bits)), bits]);
  }

  input(what: string, shape: readonly number[], values: Float32Array): Tensor {
    this.#guard(nanBits);
    // Between the end of an operand and the next block may lie what was there before.
    this.space.kernel.tensor([values.length + 16], canary(values.length + 16))[Symbol.dispose]();
    const tensor = this.space.tensor(shape, values);
    this.#guard(nanBits);
    this.#inputs.push([what, tensor, values]);
    return tensor;
  }

  output(shape: readonly number[], filled: number): Tensor {
    this.#guard(numberBits);
    const size = shape.reduce((product, axis) => product * axis, 1);
    const tensor = this.space.tensor(shape, new Float32Array(size).fill(filled));
    this.#guard(numberBits);
    return tensor;
  }

  /** Whether inputs and guards are what they were. */
  async untouched(): Promise<Outcome> {
    const inputs = await Promise.all(
      this.#inputs.map(async ([what, tensor, values]) =>
        compareExact(
          `${what} afterwards`,
          bitPatterns(await tensor.read()),
          bitPatterns(values),
          tensor.shape.at(-1) ?? 1,
        )
      ),
    );
    const guards = await Promise.all(this.#guards.map(async ([tensor, bits], i) => {
      const found = bitPatterns(await tensor.read());
      const at = found.findIndex((each) => each !== bits);
      return outcomeOf(
        at < 0
          ? null
          : `element ${at} of guard ${i}, which is no operand, was written: 0x${
            found[at]!.toString(16)
          }`,
      );
    }));
    return merge([...inputs, ...guards]);
  }
}

/** What outputs hold before: neither may show in a result. */
const fillings = [NaN, 1e30];

type GuardedOperation = (
  shape: Dimensions,
  kernel: Kernel,
  guarded: Guarded,
  filled: number,
  integers: (length: number) => Float32Array,
) => (readonly [what: string, got: Tensor, want: ArrayLike<number>, columns: number])[];

/** Every operation, with the right result of each of its outputs. */
const operations: Readonly<Record<string, GuardedOperation>> = {
  dense: ({ m, n, k }, kernel, guarded, filled, integers) => {
    const [x, weight, bias] = [integers(m * k), integers(k * n), integers(n)];
    const want = referenceProduct({ m, n, k }, x, weight, { bias }).value;
    const y = guarded.output([m, n], filled);
    const z = guarded.output([m, n], filled);
    const operands = [
      guarded.input("x", [m, k], x),
      guarded.input("weight", [k, n], weight),
      guarded.input("bias", [n], bias),
    ] as const;
    kernel.dense(...operands, "relu", y, z);
    return [["y", y, want.map((value) => Math.max(0, value)), n], ["z", z, want, n]];
  },
  "matmul-tn": ({ m, n, k }, kernel, guarded, filled, integers) => {
    const [a, b] = [integers(m * k), integers(k * n)];
    const out = guarded.output([m, n], filled);
    kernel.matmul(guarded.input("a", [k, m], a), guarded.input("b", [k, n], b), out, {
      transposeA: true,
    });
    return [["out", out, referenceProduct({ m, n, k }, a, b, { transposeA: true }).value, n]];
  },
  "matmul-nt": ({ m, n, k }, kernel, guarded, filled, integers) => {
    const [a, b] = [integers(m * k), integers(k * n)];
    const out = guarded.output([m, n], filled);
    kernel.matmul(guarded.input("a", [m, k], a), guarded.input("b", [n, k], b), out, {
      transposeB: true,
    });
    return [["out", out, referenceProduct({ m, n, k }, a, b, { transposeB: true }).value, n]];
  },
  "sum-rows": ({ m, n }, kernel, guarded, filled, integers) => {
    const a = integers(m * n);
    const out = guarded.output([n], filled);
    kernel.sumRows(guarded.input("a", [m, n], a), out);
    return [["out", out, referenceColumnSums(m, n, a).value, n]];
  },
  activate: ({ m, n }, kernel, guarded, filled, integers) => {
    const z = integers(m * n);
    const y = guarded.output([m, n], filled);
    kernel.activate("relu", guarded.input("z", [m, n], z), y);
    return [["y", y, z.map((value) => Math.max(0, value)), n]];
  },
  gradient: ({ m, n }, kernel, guarded, filled, integers) => {
    const [y, dy] = [integers(m * n), integers(m * n)];
    const dz = guarded.output([m, n], filled);
    const operands = [guarded.input("y", [m, n], y), guarded.input("dy", [m, n], dy)] as const;
    kernel.activateGradient("relu", null, ...operands, dz);
    return [["dz", dz, dy.map((value, i) => y[i]! > 0 ? value : 0), n]];
  },
};

function guardedCase(operation: string, run: GuardedOperation, shape: Dimensions): Case {
  return shapedCase(`${name}/${operation}`, shape, null, async (shape, kernel, random) => {
    const outcomes: Outcome[] = [];
    for (const filled of fillings) {
      using space = new Workspace(kernel);
      const guarded = new Guarded(space);
      const most = exactMost(shape.k);
      const found = run(shape, kernel, guarded, filled, (length) => integers(length, most, random));
      for (const [what, got, want, columns] of found) {
        outcomes.push(compareExact(`${what} over ${filled}`, await got.read(), want, columns));
      }
      outcomes.push(await guarded.untouched());
    }
    return merge(outcomes);
  });
}

const operands = ["x", "weight", "bias", "y", "z"] as const;

/** Each operand in turn as the last block of the memory: what is read or written beyond it traps. */
function endCase(shape: Dimensions, last: typeof operands[number]): Case {
  return shapedCase(`${name}/${last}-at-end`, shape, null, async (shape, kernel, random) => {
    if (!(kernel instanceof WasmKernel)) return outcomeOf("the kernel's memory is not accessible");
    const { m, n, k } = shape;
    const most = exactMost(k);
    const shapes = { x: [m, k], weight: [k, n], bias: [n], y: [m, n], z: [m, n] };
    const values = {
      x: integers(m * k, most, random),
      weight: integers(k * n, most, random),
      bias: integers(n, most, random),
      y: canary(m * n),
      z: canary(m * n),
    };
    using space = new Workspace(kernel);
    const tensors: Partial<Record<typeof last, Tensor>> = {};
    for (const each of operands) {
      if (each !== last) tensors[each] = space.tensor(shapes[each], values[each]);
    }
    const { heap } = kernel;
    const filler = heap.reserveAllBut(4 * values[last].length);
    tensors[last] = space.tensor(shapes[last], values[last]);
    const outcomes: Outcome[] = [
      outcomeOf(
        heap.endsInBlock ? null : `${last} could not be placed at the end of the memory`,
      ),
    ];
    try {
      const { x, weight, bias, y, z } = tensors as Record<typeof last, Tensor>;
      kernel.dense(x, weight, bias, "linear", y, z);
      const want = referenceProduct(shape, values.x, values.weight, { bias: values.bias }).value;
      outcomes.push(compareExact("y", await y.read(), want, n));
      outcomes.push(compareExact("z", await z.read(), want, n));
    } finally {
      if (filler) heap.free(filler);
    }
    return merge(outcomes);
  });
}

/** The check. */
export const memory: Check = {
  name,
  anyShape: true,
  description:
    "inputs and the memory around operands stay as they are, and nothing beyond an operand is read",
  cases: (kernel, { effort }) => {
    const { mr, nr, kc } = kernel.traits.tile;
    const shapes = effort === "smoke" ? [{ m: 16, n: 5, k: 5 }, { m: mr + 1, n: 2 * nr, k: 4 }] : [
      // Rows of 3 lines, and rows that end in the middle of a vector at the end of whole lines.
      { m: 1, n: 48, k: 4 },
      { m: 16, n: 5, k: 5 },
      { m: 3, n: 16, k: 5 },
      { m: 1, n: 1, k: 1 },
      { m: 1, n: 16, k: 16 },
      // One row that ends in the middle of a vector, as its weight does.
      { m: 1, n: 7, k: 21 },
      { m: 4, n: 16, k: 4 },
      // One more row than whole tiles have, so wide that another would lie behind the slack.
      { m: mr + 1, n: 2 * nr, k: 4 },
      { m: mr + 1, n: nr + 1, k: 5 },
      { m: 2 * mr, n: 2 * nr, k: 16 },
      { m: 2 * mr + 3, n: nr + 5, k: kc + 1 },
      { m: 17, n: 1, k: 33 },
    ];
    return [
      ...Object.entries(operations).flatMap(([operation, run]) =>
        shapes.map((shape) => guardedCase(operation, run, shape))
      ),
      ...(kernel instanceof WasmKernel
        ? shapes.flatMap((shape) => operands.map((last) => endCase(shape, last)))
        : []),
    ];
  },
};
