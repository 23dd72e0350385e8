/**
 * For tests: kernels that are right, but unusual in their state: that queue their
 * work, count versions otherwise, know no memory, or have errors of their own.
 *
 * @module
 */
import { OwnershipError } from "../../common/errors.ts";
import { checkTensorAlive } from "../../kernels/checks.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { alter, dataOf } from "../mutants/mutant.ts";
import { kernelOfProduct } from "../product_kernel.ts";
import { type Broken, broken, versioned, withoutVersions, withTensors } from "./broken_testing.ts";

/** Work is done in batches, later: at a read, at finished(), at a write and at a disposal. */
const queueing: Broken = broken("work is queued until a read or a wait", (original) => {
  const queue: (() => void)[] = [];
  const flush = () => {
    for (const work of queue.splice(0)) work();
  };
  /** Does it now for its errors and versions, takes it back, and does it again when its turn has come. */
  const later = (run: () => void, ...outputs: readonly (Tensor | undefined)[]) => {
    flush();
    const before = outputs.map((out) =>
      out && !out.disposed && "data" in out ? dataOf(out).slice() : null
    );
    run();
    const after = outputs.map((out) => out && dataOf(out).slice());
    for (const [i, out] of outputs.entries()) if (out) dataOf(out).set(before[i]!);
    queue.push(() => {
      for (const [i, out] of outputs.entries()) if (out) dataOf(out).set(after[i]!);
    });
  };
  return {
    ...withTensors((tensor) => {
      const [read, write] = [tensor.read.bind(tensor), tensor.write.bind(tensor)];
      const dispose = tensor[Symbol.dispose].bind(tensor);
      tensor.read = async () => {
        flush();
        const values = await read();
        await new Promise((resolve) => setTimeout(resolve));
        return values;
      };
      tensor.write = (values) => {
        flush();
        write(values);
      };
      tensor[Symbol.dispose] = () => {
        flush();
        dispose();
      };
    })(original),
    dense: (x, weight, bias, activation, y, z) =>
      later(() => original.dense(x, weight, bias, activation, y, z), y, z),
    matmul: (a, b, out, options) => later(() => original.matmul(a, b, out, options), out),
    activate: (activation, z, y) => later(() => original.activate(activation, z, y), y),
    activateGradient: (activation, z, y, dy, dz) =>
      later(() => original.activateGradient(activation, z, y, dy, dz), dz),
    sumRows: (a, out, options) => later(() => original.sumRows(a, out, options), out),
    finished: async () => {
      await Promise.resolve();
      flush();
    },
  };
});

class LostTensorError extends OwnershipError {}

const others: readonly Broken[] = [
  broken("versions are counted by one clock, and start with it", (original) => {
    let clock = 100;
    const tick = (...tensors: readonly (Tensor | undefined)[]) => {
      for (const tensor of tensors) if (tensor) versioned(tensor).version = ++clock;
    };
    return {
      ...withTensors((tensor) => {
        tick(tensor);
        const write = tensor.write.bind(tensor);
        tensor.write = (values) => {
          withoutVersions(() => write(values), tensor);
          tick(tensor);
        };
      })(original),
      dense: (x, weight, bias, activation, y, z) => {
        original.dense(x, weight, bias, activation, y, z);
        tick(y, z);
      },
      matmul: (a, b, out, options) => {
        original.matmul(a, b, out, options);
        tick(out);
      },
      activate: (activation, z, y) => {
        original.activate(activation, z, y);
        tick(y);
      },
      activateGradient: (activation, z, y, dy, dz) => {
        original.activateGradient(activation, z, y, dy, dz);
        tick(dz);
      },
      sumRows: (a, out, options) => {
        original.sumRows(a, out, options);
        tick(out);
      },
    };
  }),
  broken(
    "nothing of no elements is written, and its version does not rise",
    withTensors((tensor) => {
      if (tensor.size === 0) {
        Object.defineProperty(tensor, "version", { get: () => 0, set: () => {} });
      }
    }),
  ),
  broken(
    "a read of a disposed tensor throws at once, an error of its own",
    withTensors((tensor) => {
      const read = tensor.read.bind(tensor);
      tensor.read = () => {
        try {
          checkTensorAlive(tensor);
        } catch {
          throw new LostTensorError("lost");
        }
        return read();
      };
    }),
  ),
  {
    name: "memory is not known",
    create: async () => {
      const kernel = await queueing.create();
      return Object.assign(kernel, { memory: undefined }) as Kernel;
    },
  },
  broken("memory counts whole pages", (original) => {
    const pages = new Map<Tensor, number>();
    return {
      memory: () => 4096 * [...pages.values()].reduce((sum, each) => sum + each, 0),
      ...withTensors((tensor) => {
        pages.set(tensor, Math.ceil(4 * tensor.size / 4096));
        const dispose = tensor[Symbol.dispose].bind(tensor);
        tensor[Symbol.dispose] = () => {
          pages.delete(tensor);
          dispose();
        };
      })(original),
    };
  }),
  {
    name: "only the product is its own, and no order is claimed",
    create: () =>
      Promise.resolve(alter(
        kernelOfProduct("elsewhere", ({ m, n, k }, a, b) => {
          const out = new Float32Array(m * n);
          for (let p = k - 1; p >= 0; p--) {
            for (let i = 0; i < m * n; i++) {
              out[i]! += a[Math.floor(i / n) * k + p]! * b[p * n + i % n]!;
            }
          }
          return out;
        }),
        () => ({}),
      )),
  },
];

/** All of them. */
export const unusualKernels: readonly Broken[] = [queueing, ...others];
