/**
 * For tests: kernels that are wrong as a whole: in what several of them share, in
 * the memory that they count, in when they say that work is done.
 *
 * @module
 */
import { checkMatmul } from "../../kernels/checks.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { dataOf } from "../mutants/mutant.ts";
import {
  type Broken,
  broken,
  memoryOf,
  versioned,
  withoutVersions,
  withTensors,
} from "./broken_testing.ts";

/** What all kernels of "two kernels share what they keep" keep. */
const shared = new Map<string, { readonly kernel: Kernel; readonly values: Float32Array }>();

/** The tensors of all kernels of "disposal of a kernel disposes the tensors of all". */
const alive = new Set<Tensor>();

/** All of them. */
export const brokenKernels: readonly Broken[] = [
  broken("two kernels of one name share what they keep", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      const key = `${weight.shape} ${weight.version}`;
      const kept = shared.get(key);
      if (!kept || kept.kernel === weight.kernel) {
        shared.set(key, { kernel: weight.kernel, values: dataOf(weight).slice() });
        return;
      }
      using own = original.tensor(weight.shape, kept.values);
      withoutVersions(() => original.dense(x, own, bias, activation, y, z), y, z);
    },
  })),
  broken("disposal of a kernel leaves its tensors alive", (original) => ({
    tensor: (shape, data) => {
      const tensor = original.tensor(shape, data);
      let disposed = false;
      const dispose = tensor[Symbol.dispose].bind(tensor);
      tensor[Symbol.dispose] = () => {
        disposed = true;
        dispose();
      };
      return Object.defineProperty(tensor, "disposed", { get: () => disposed });
    },
  })),
  broken("disposal of a kernel disposes the tensors of all", (original) => ({
    tensor: (shape, data) => {
      const tensor = original.tensor(shape, data);
      alive.add(tensor);
      return tensor;
    },
    [Symbol.asyncDispose]: async () => {
      for (const tensor of alive) tensor[Symbol.dispose]();
      alive.clear();
      await original[Symbol.asyncDispose]();
    },
  })),
  broken("memory() does not fall with disposal", () => {
    let most = 0;
    return {
      memory(this: Kernel) {
        return most = Math.max(most, memoryOf(this));
      },
    };
  }),
  broken("memory() falls again where a tensor is disposed twice", (original) => {
    let twice = 0;
    return {
      memory(this: Kernel) {
        return memoryOf(this) - twice;
      },
      ...withTensors((tensor) => {
        const dispose = tensor[Symbol.dispose].bind(tensor);
        tensor[Symbol.dispose] = () => {
          if (tensor.disposed) twice += 4 * tensor.size;
          dispose();
        };
      })(original),
    };
  }),
  broken("memory() counts elements", () => ({
    memory(this: Kernel) {
      return memoryOf(this) / 4;
    },
  })),
  broken("finished() resolves at once, before the work that is queued is done", (original) => {
    const queue: (() => void)[] = [];
    const flush = () => queue.splice(0).forEach((work) => work());
    return {
      ...withTensors((tensor) => {
        const [read, write] = [tensor.read.bind(tensor), tensor.write.bind(tensor)];
        const dispose = tensor[Symbol.dispose].bind(tensor);
        tensor.read = () => {
          flush();
          return read();
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
      matmul: (a, b, out, options = {}) => {
        checkMatmul(out.kernel, a, b, out, options);
        versioned(out).version++;
        queue.push(() => withoutVersions(() => original.matmul(a, b, out, options), out));
      },
      dense: (...call) => {
        flush();
        original.dense(...call);
      },
      activate: (...call) => {
        flush();
        original.activate(...call);
      },
      activateGradient: (...call) => {
        flush();
        original.activateGradient(...call);
      },
      sumRows: (...call) => {
        flush();
        original.sumRows(...call);
      },
      finished: () => Promise.resolve(),
    };
  }),
  broken("want of memory throws a RangeError", (original) => ({
    tensor: (shape, data) => {
      const size = shape.reduce((product, axis) => product * axis, 1);
      if (size > 2 ** 32) throw new RangeError("Invalid typed array length");
      return original.tensor(shape, data);
    },
  })),
];
