/**
 * Many calls that are queued without a read between them, first with a write before
 * each, then without: a call that a full queue loses, does twice or does with a
 * later write changes the one sum that is read at the end.
 *
 * @module
 */
import type { Kernel } from "../../kernels/kernel.ts";
import { type Case, Workspace } from "../check.ts";
import { compareExact, merge } from "../compare.ts";

/** The case of so many rounds, as a part of a check of that name; every sum stays exact in float32. */
export function longQueueCase(name: string, rounds: number): Case {
  return {
    id: `${name}/queue/${rounds}`,
    run: async (kernel: Kernel) => {
      using space = new Workspace(kernel);
      const one = space.tensor([1, 1], new Float32Array([1]));
      const term = space.output([1, 1]);
      const copy = space.output([1, 1]);
      const products = space.tensor([1, 1], new Float32Array(1));
      const sums = space.tensor([1], new Float32Array(1));
      let want = 0;
      for (let i = 1; i <= rounds; i++) {
        // Small, and of no regular order, so that no two losses cancel.
        const value = i * 7 % 31 + 1;
        want += value;
        term.write(new Float32Array([value]));
        kernel.dense(term, one, null, "linear", copy);
        kernel.matmul(copy, one, products, { accumulate: true });
        kernel.sumRows(copy, sums, { accumulate: true });
      }
      // A write may empty the queue.
      const count = space.tensor([1, 1], new Float32Array(1));
      for (let i = 0; i < rounds; i++) kernel.matmul(one, one, count, { accumulate: true });
      const counted = await count.read();
      const expected = new Float32Array([want]);
      return merge([
        compareExact("queued products", counted, new Float32Array([rounds]), 1),
        compareExact("products of queued calls", await products.read(), expected, 1),
        compareExact("sums of queued calls", await sums.read(), expected, 1),
      ]);
    },
  };
}
