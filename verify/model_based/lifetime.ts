/**
 * A kernel that is disposed while another one of its kind, of the same name,
 * goes on: the first one's tensors are disposed with it, what it is asked is
 * refused, and the other one loses nothing.
 *
 * @module
 */
import { OwnershipError } from "../../common/errors.ts";
import type { Kernel, KernelOptions } from "../../kernels/kernel.ts";
import { type Case, Workspace } from "../check.ts";
import { compareExact, type Outcome, outcomeOf } from "../compare.ts";

async function errorOf(run: () => unknown): Promise<unknown> {
  try {
    await run();
    return null;
  } catch (error) {
    return error;
  }
}

/** The case, as a part of a check of that name. */
export function lifetimeCase(
  name: string,
  create: (options: KernelOptions) => Promise<Kernel>,
): Case {
  return {
    id: `${name}/lifetime`,
    run: async (kernel): Promise<Outcome> => {
      using space = new Workspace(kernel);
      const [a, b] = [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8)];
      const [left, right] = [space.tensor([2, 2], a), space.tensor([2, 2], b)];
      const out = space.output([2, 2]);
      const multiply = async () => {
        kernel.matmul(left, right, out);
        return compareExact("the other kernel's product", await out.read(), [19, 22, 43, 50], 2);
      };
      const second = await create({ serialBelow: 0 });
      const gone = second.tensor([2, 2], b);
      const result = second.tensor([2, 2]);
      second.matmul(gone, gone, result);
      const square = compareExact("a product", await result.read(), [67, 78, 91, 106], 2);
      const before = await multiply();
      await second[Symbol.asyncDispose]();
      await second[Symbol.asyncDispose]();
      if (square.problem) return square;
      if (before.problem) return before;
      if (!gone.disposed) return outcomeOf("a tensor must be disposed together with its kernel");
      const attempts: Readonly<Record<string, () => unknown>> = {
        "tensor()": () => second.tensor([1]),
        "matmul()": () => second.matmul(gone, gone, result),
        "write()": () => gone.write(a),
        "read()": () => gone.read(),
      };
      for (const [what, attempt] of Object.entries(attempts)) {
        const error = await errorOf(attempt);
        if (error instanceof OwnershipError) continue;
        return outcomeOf(
          `${what} of a disposed kernel must throw an OwnershipError; got ${error ?? "no error"}`,
        );
      }
      gone[Symbol.dispose]();
      return await multiply();
    },
  };
}
