/**
 * Mutants that only a sequence of calls, or hundreds of them, can show: what is
 * kept of an operand, of the caller's arrays, and faults that are rare.
 *
 * @module
 */
import type { Tensor } from "../../kernels/kernel.ts";
import { altered, dataOf, type Mutant } from "./mutant.ts";

/** All of them. */
export const stateMutants: readonly Mutant[] = [
  altered("the copy of a bias is stale after a sum of rows was written to it", "sequences", (
    original,
  ) => {
    const copies = new WeakMap<Tensor, { version: number; values: Float32Array }>();
    return {
      sumRows: (a, out, options) => {
        original.sumRows(a, out, options);
        const copy = copies.get(out);
        if (copy) copy.version = out.version;
      },
      dense: (x, weight, bias, activation, y, z) => {
        if (!bias || bias.disposed || bias.kernel !== y.kernel) {
          return original.dense(x, weight, bias, activation, y, z);
        }
        const { version } = bias;
        const old = copies.get(bias);
        const kept = old?.version === version ? old.values : dataOf(bias).slice();
        copies.set(bias, { version, values: kept });
        const now = dataOf(bias).slice();
        dataOf(bias).set(kept);
        try {
          original.dense(x, weight, bias, activation, y, z);
        } finally {
          dataOf(bias).set(now);
        }
      },
    };
  }, { key: true }),
  altered("reading gives the elements themselves, not a copy", "sequences", (original) => ({
    tensor: (shape, data) => {
      const tensor = original.tensor(shape, data);
      const read = tensor.read.bind(tensor);
      tensor.read = () => tensor.disposed ? read() : Promise.resolve(dataOf(tensor));
      return tensor;
    },
  })),
  altered("a product of a tensor with itself squares its elements", "sequences", (original) => ({
    matmul: (a, b, out, options) => {
      original.matmul(a, b, out, options);
      if (a !== b || out.size !== a.size) return;
      dataOf(out).set(dataOf(a).map((value) => value * value));
    },
  })),
  altered(
    "an accumulated product of a tensor with itself replaces",
    "combinations",
    (original) => ({
      matmul: (a, b, out, options) =>
        original.matmul(a, b, out, {
          ...options,
          accumulate: options?.accumulate === true && a !== b,
        }),
    }),
  ),
  altered("one sum of rows in 300 loses a row", "sequences", (original) => {
    let calls = 0;
    return {
      sumRows: (a, out, options) => {
        original.sumRows(a, out, options);
        if (++calls % 300 === 0 && out.size > 0) dataOf(out)[0]! -= dataOf(a)[0] ?? 0;
      },
    };
  }),
];
