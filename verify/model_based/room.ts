/**
 * A tensor for which there is no room: a MemoryError (or a ShapeError, since no
 * array is so long), after which everything is as it was.
 *
 * @module
 */
import { DensemarkError, MemoryError, ShapeError } from "../../common/errors.ts";
import { WasmKernel } from "../../kernels/wasm/wasm_kernel.ts";
import { type Case, Workspace } from "../check.ts";
import { compareExact, type Outcome, outcomeOf } from "../compare.ts";

/** The case, as a part of a check of that name. */
export function roomCase(name: string): Case {
  return {
    id: `${name}/room`,
    run: async (kernel): Promise<Outcome> => {
      using space = new Workspace(kernel);
      const kept = space.tensor([3], Float32Array.of(1, 2, 3));
      const { version } = kept;
      const before = kernel.memory?.();
      // A heap of 4 GiB has no room for the second one. Elsewhere it might be given, and take minutes to fill.
      const shapes = [[2 ** 20, 2 ** 20], ...(kernel instanceof WasmKernel ? [[2 ** 30]] : [])];
      for (const shape of shapes) {
        let thrown: unknown = null;
        try {
          space.use(kernel.tensor(shape));
        } catch (error) {
          thrown = error;
        }
        if (!(thrown instanceof MemoryError || thrown instanceof ShapeError)) {
          return outcomeOf(
            `tensor([${shape}]) must throw a MemoryError or a ShapeError; got ${
              thrown instanceof DensemarkError ? thrown.name : thrown ?? "no error"
            }`,
          );
        }
        if (kernel.memory?.() !== before || kept.version !== version) {
          return outcomeOf(`tensor([${shape}]) threw, but changed memory() or another tensor`);
        }
      }
      const after = space.tensor([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
      const sums = space.output([3]);
      kernel.sumRows(after, sums);
      const [found, old] = await Promise.all([sums.read(), kept.read()]);
      const outcome = compareExact("the sum of rows afterwards", found, [5, 7, 9], 3);
      return outcome.problem ? outcome : compareExact("a tensor afterwards", old, [1, 2, 3], 3);
    },
  };
}
