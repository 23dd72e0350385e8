/**
 * For tests: kernels that are wrong in what they refuse, in operands that are
 * unusual, and once in hundreds of calls.
 *
 * @module
 */
import { MemoryError, OwnershipError } from "../../common/errors.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { dataOf } from "../mutants/mutant.ts";
import { type Broken, broken, memoryOf, withoutVersions, withTensors } from "./broken_testing.ts";

/** One call in hundreds of an operation is wrong in one element. */
function rare(
  operation: "dense" | "matmul" | "activate" | "activateGradient" | "sumRows" | "write" | "tensor",
  only: (...call: readonly unknown[]) => boolean = () => true,
  detail = "",
  period = 300,
): Broken {
  return broken(`one call in ${period} of ${operation}${detail} is wrong`, (original) => {
    let calls = 0;
    const spoil = (out: Tensor, ...call: readonly unknown[]) => {
      if (!only(...call) || ++calls % period > 0 || out.size === 0) return;
      dataOf(out)[calls % out.size]! += 1;
    };
    const all: Partial<Kernel> = {
      dense: (x, weight, bias, activation, y, z) => {
        original.dense(x, weight, bias, activation, y, z);
        spoil(z ?? y, activation, z);
      },
      matmul: (a, b, out, options) => {
        original.matmul(a, b, out, options);
        spoil(out, options);
      },
      activate: (activation, z, y) => {
        original.activate(activation, z, y);
        spoil(y, activation);
      },
      activateGradient: (activation, z, y, dy, dz) => {
        original.activateGradient(activation, z, y, dy, dz);
        spoil(dz, activation);
      },
      sumRows: (a, out, options) => {
        original.sumRows(a, out, options);
        spoil(out, options);
      },
    };
    if (operation === "write" || operation === "tensor") {
      return withTensors((tensor) => {
        if (operation === "tensor") return spoil(tensor);
        const write = tensor.write.bind(tensor);
        tensor.write = (values) => {
          write(values);
          spoil(tensor);
        };
      })(original);
    }
    return { [operation]: all[operation] };
  });
}

const refusals: readonly Broken[] = [
  broken("matmul() accepts an operand as its output", (original) => ({
    matmul: (a, b, out, options) => {
      if ((out === a || out === b) && !out.disposed) return;
      original.matmul(a, b, out, options);
    },
  })),
  broken("dense() accepts one tensor as y and z", (original) => ({
    dense: (x, weight, bias, activation, y, z) =>
      original.dense(x, weight, bias, activation, y, z === y ? undefined : z),
  })),
  broken("a call that is refused for its shapes clears the output", (original) => ({
    matmul: (a, b, out, options) => {
      try {
        original.matmul(a, b, out, options);
      } catch (error) {
        if (!out.disposed && dataOf(out) && out !== a && out !== b) dataOf(out).fill(0);
        throw error;
      }
    },
  })),
  broken("dense() writes z before it refuses the bias", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      if (bias && z && !bias.disposed && bias.shape.at(-1) !== weight.shape.at(-1)) {
        withoutVersions(() => original.dense(x, weight, null, "linear", z), z);
      }
      original.dense(x, weight, bias, activation, y, z);
    },
  })),
  broken("kernels are told apart by their names", (original) => ({
    sumRows: (a, out, options) => {
      if (a.kernel === out.kernel || a.kernel.name !== out.kernel.name) {
        return original.sumRows(a, out, options);
      }
      using own = original.tensor(a.shape);
      original.sumRows(own, out, options);
    },
  })),
  broken("a disposed operand is refused with the wrong error", (original) => ({
    activate: (activation, z, y) => {
      if (z.disposed) throw new MemoryError("gone");
      original.activate(activation, z, y);
    },
  })),
  broken("a shape that does not fit is refused as another kernel's", (original) => ({
    activate: (activation, z, y) => {
      if (z.size !== y.size) throw new OwnershipError("no");
      original.activate(activation, z, y);
    },
  })),
  broken("rows are summed of a tensor of another kernel of its kind", (original) => ({
    sumRows: (a, out, options) => {
      if (a.kernel === out.kernel || a.disposed || a.constructor !== out.constructor) {
        return original.sumRows(a, out, options);
      }
      using copy = out.kernel.tensor(a.shape, dataOf(a));
      original.sumRows(copy, out, options);
    },
  })),
  broken(
    "a tensor can be written after its disposal",
    withTensors((tensor) => {
      const write = tensor.write.bind(tensor);
      tensor.write = (values) => {
        if (!tensor.disposed) write(values);
      };
    }),
  ),
];

const operands: readonly Broken[] = [
  broken("softmax of three axes is taken over the last two", (original) => ({
    activate: (activation, z, y) => {
      original.activate(activation, z, y);
      const [rows = 1, ...rest] = z.shape;
      if (activation !== "softmax" || rest.length < 2) return;
      using input = original.tensor([rows, z.size / Math.max(1, rows)], dataOf(z));
      using output = original.tensor(input.shape);
      original.activate(activation, input, output);
      dataOf(y).set(dataOf(output));
    },
  })),
  broken("sumRows() of three axes sums the first one only", (original) => ({
    sumRows: (a, out, options) => {
      original.sumRows(a, out, options);
      if (a.shape.length < 3) return;
      using first = original.tensor(
        [a.shape[0]!, a.shape.at(-1)!],
        dataOf(a).slice(0, a.shape[0]! * a.shape.at(-1)!),
      );
      if (!options?.accumulate) withoutVersions(() => original.sumRows(first, out), out);
    },
  })),
  broken("a tensor times itself is taken for its square by elements", (original) => ({
    matmul: (a, b, out, options) => {
      original.matmul(a, b, out, options);
      const squared = dataOf(a).map((value) => value * value);
      if (a === b && out.size === a.size) dataOf(out).set(squared);
    },
  })),
  broken("the bias is not added where it is x", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      if (bias !== x) return;
      withoutVersions(() => original.dense(x, weight, null, activation, y, z), y, z);
    },
  })),
  broken("of three axes only the first ones' rows are computed", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      const before = y.disposed || y.kernel !== x.kernel ? null : dataOf(y).slice();
      original.dense(x, weight, bias, activation, y, z);
      if (!before || x.shape.length < 3) return;
      const done = x.shape[0]! * y.shape.at(-1)!;
      dataOf(y).set(before.subarray(done), done);
    },
  })),
  broken("gradients are wrong where dy is y", (original) => ({
    activateGradient: (activation, z, y, dy, dz) => {
      original.activateGradient(activation, z, y, dy, dz);
      if (dy === y) dataOf(dz).fill(0);
    },
  })),
  broken("what is added to is what the output held before it was written", (original) => {
    const before = new WeakMap<Tensor, Float32Array>();
    return {
      ...withTensors((tensor) => {
        const write = tensor.write.bind(tensor);
        tensor.write = (values) => {
          if (!tensor.disposed) before.set(tensor, dataOf(tensor).slice());
          write(values);
        };
      })(original),
      sumRows: (a, out, options) => {
        const old = before.get(out);
        original.sumRows(a, out, options);
        if (!options?.accumulate || !old) return;
        before.delete(out);
        dataOf(out).set(old);
        withoutVersions(() => original.sumRows(a, out, options), out);
      },
    };
  }),
];

const rareFaults: readonly Broken[] = [
  rare("dense"),
  rare("dense", (_, z) => z !== undefined, " with z"),
  rare("dense", (activation) => activation === "silu", " with silu"),
  rare("matmul"),
  rare(
    "matmul",
    (options) => (options as { transposeB?: boolean })?.transposeB === true,
    " with b transposed",
  ),
  rare(
    "matmul",
    (options) => (options as { accumulate?: boolean })?.accumulate === true,
    " that accumulates",
  ),
  rare("activate"),
  rare("activate", (activation) => activation === "softplus", " with softplus"),
  rare("activateGradient"),
  rare("activateGradient", (activation) => activation === "mish", " with mish"),
  rare("sumRows"),
  rare("write"),
  rare("tensor"),
  broken("one call in 300 of sumRows writes nothing", (original) => {
    let calls = 0;
    return {
      sumRows: (a, out, options) => {
        const before = out.disposed ? null : out;
        const values = before && ++calls % 300 === 0 && before.kernel === a.kernel
          ? dataOf(before).slice()
          : null;
        original.sumRows(a, out, options);
        if (values) dataOf(out).set(values);
      },
    };
  }),
  rare("sumRows", () => true, "", 700),
  rare("matmul", () => true, "", 900),
  broken("one tensor in 500 stays in memory", (original) => {
    let [count, kept] = [0, 0];
    return {
      memory(this: Kernel) {
        return memoryOf(this) + kept;
      },
      ...withTensors((tensor) => {
        const dispose = tensor[Symbol.dispose].bind(tensor);
        tensor[Symbol.dispose] = () => {
          if (!tensor.disposed && ++count % 500 === 0) kept += 4 * tensor.size;
          dispose();
        };
      })(original),
    };
  }),
  broken("what is queued beyond 256 products since a read or a write is dropped", (original) => {
    let queued = 0;
    return {
      matmul: (a, b, out, options) => {
        if (++queued <= 256) return original.matmul(a, b, out, options);
        // Arguments are checked, and versions rise, as ever.
        const before = dataOf(out).slice();
        original.matmul(a, b, out, options);
        dataOf(out).set(before);
      },
      ...withTensors((tensor) => {
        for (const method of ["read", "write"] as const) {
          const call = tensor[method].bind(tensor) as (...given: unknown[]) => never;
          tensor[method] = (...given: unknown[]) => {
            queued = 0;
            return call(...given);
          };
        }
      })(original),
    };
  }),
  broken("one refusal in 300 is forgotten", (original) => {
    let calls = 0;
    return {
      activate: (activation, z, y) => {
        if (z === y && ++calls % 300 === 0) return;
        original.activate(activation, z, y);
      },
    };
  }),
];

/** All of them. */
export const brokenCalls: readonly Broken[] = [...refusals, ...operands, ...rareFaults];
