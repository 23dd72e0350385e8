/**
 * For tests: kernels whose arithmetic is right but which are wrong in what they
 * keep between calls: copies of operands, the caller's arrays, versions.
 *
 * @module
 */
import type { TensorData } from "../../kernels/data.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { dataOf } from "../mutants/mutant.ts";
import { type Broken, broken, versioned, withoutVersions, withTensors } from "./broken_testing.ts";

/** The ways in which a tensor is changed. */
type Way = "write" | "dense-y" | "dense-z" | "matmul" | "accumulate" | "activate" | "gradient";

/** The operands of which copies are kept. */
type Kept = "weight" | "bias" | "transposed b" | "x";

/** A kernel that keeps copies of an operand by its version, but does not see one way of changing it. */
function stale(kept: Kept, unseen: Way): Broken {
  return broken(`the copy of ${kept} is stale after ${unseen}`, (original) => {
    const copies = new WeakMap<Tensor, { version: number; values: Float32Array }>();
    const seen = (way: Way, tensor: Tensor) => {
      const copy = copies.get(tensor);
      if (copy && way === unseen) copy.version = tensor.version;
    };
    /** Calls with the kept copy in the place of the content. */
    const using = (tensor: Tensor | null, call: () => void) => {
      if (!tensor || tensor.disposed || tensor.kernel.name !== "naive") return call();
      const values = dataOf(tensor);
      const copy = copies.get(tensor);
      if (copy?.version !== tensor.version) {
        copies.set(tensor, { version: tensor.version, values: values.slice() });
        return call();
      }
      const now = values.slice();
      values.set(copy.values);
      try {
        call();
      } finally {
        values.set(now);
      }
    };
    return {
      tensor: (shape, data) => {
        const tensor = original.tensor(shape, data);
        const write = tensor.write.bind(tensor);
        tensor.write = (values) => {
          write(values);
          seen("write", tensor);
        };
        return tensor;
      },
      dense: (x, weight, bias, activation, y, z) => {
        const operand = kept === "weight"
          ? weight
          : kept === "bias"
          ? bias
          : kept === "x"
          ? x
          : null;
        using(operand, () => original.dense(x, weight, bias, activation, y, z));
        seen("dense-y", y);
        if (z) seen("dense-z", z);
      },
      matmul: (a, b, out, options) => {
        const operand = kept === "transposed b" && options?.transposeB ? b : null;
        using(operand, () => original.matmul(a, b, out, options));
        seen(options?.accumulate ? "accumulate" : "matmul", out);
      },
      activate: (activation, z, y) => {
        original.activate(activation, z, y);
        seen("activate", y);
      },
      activateGradient: (activation, z, y, dy, dz) => {
        original.activateGradient(activation, z, y, dy, dz);
        seen("gradient", dz);
      },
    };
  });
}

const caches: readonly Broken[] = [
  stale("weight", "write"),
  stale("weight", "dense-y"),
  stale("weight", "dense-z"),
  stale("weight", "matmul"),
  stale("weight", "accumulate"),
  stale("weight", "activate"),
  stale("weight", "gradient"),
  stale("bias", "write"),
  stale("bias", "gradient"),
  stale("transposed b", "write"),
  stale("transposed b", "accumulate"),
  stale("x", "dense-z"),
  broken("the copy of b is one for both of its layouts", (original) => {
    const copies = new WeakMap<Tensor, { version: number; transposed: boolean }>();
    return {
      matmul: (a, b, out, options) => {
        const transposed = options?.transposeB === true;
        const copy = copies.get(b);
        if (copy?.version !== b.version) copies.set(b, { version: b.version, transposed });
        const square = b.shape[0] === b.shape[1];
        const transposeB = square && copy?.version === b.version ? copy.transposed : transposed;
        original.matmul(a, b, out, { ...options, transposeB });
      },
    };
  }),
  broken("of more than five weights the copies are mixed up", (original) => {
    const weights: Tensor[] = [];
    return {
      dense: (x, weight, bias, activation, y, z) => {
        original.dense(x, weight, bias, activation, y, z);
        if (!weights.includes(weight)) weights.push(weight);
        const [first] = weights;
        if (weights.length <= 5 || !first) return;
        if (
          !first.disposed && `${first.shape}` === `${weight.shape}` && first !== y && first !== z
        ) {
          withoutVersions(() => original.dense(x, first, bias, activation, y, z), y, z);
        }
        weights.shift();
      },
    };
  }),
  broken("the copy of a weight is kept by its shape and version", (original) => {
    const copies = new Map<string, Float32Array>();
    return {
      dense: (x, weight, bias, activation, y, z) => {
        original.dense(x, weight, bias, activation, y, z);
        const key = `${weight.shape} ${weight.version}`;
        const copy = copies.get(key);
        if (!copy) copies.set(key, dataOf(weight).slice());
        else {
          using own = original.tensor(weight.shape, copy);
          withoutVersions(() => original.dense(x, own, bias, activation, y, z), y, z);
        }
      },
    };
  }),
];

const writes: readonly Broken[] = [
  broken("data are taken from the beginning of the array that they are a part of", (original) => ({
    tensor: (shape, data) => {
      const whole = data instanceof Float32Array
        ? new Float32Array(data.buffer as ArrayBuffer)
        : undefined;
      return original.tensor(
        shape,
        data && whole && data.length > 0 && whole.length > data.length
          ? whole.slice(0, data.length)
          : data,
      );
    },
  })),
  broken(
    "write() keeps the caller's array",
    withTensors((tensor) => {
      const [write, read] = [tensor.write.bind(tensor), tensor.read.bind(tensor)];
      let [kept, version]: [TensorData | null, number] = [null, -1];
      tensor.write = (values) => {
        write(values);
        [kept, version] = [values, tensor.version];
      };
      tensor.read = () => {
        if (kept && version === tensor.version) dataOf(tensor).set(kept);
        return read();
      };
    }),
  ),
  broken(
    "tensor() keeps the caller's array",
    withTensors((tensor, data) => {
      const read = tensor.read.bind(tensor);
      tensor.read = () => {
        if (data && tensor.version === 0) dataOf(tensor).set(data);
        return read();
      };
    }),
  ),
  broken(
    "read() gives the elements themselves",
    withTensors((tensor) => {
      const read = tensor.read.bind(tensor);
      tensor.read = () => tensor.disposed ? read() : Promise.resolve(dataOf(tensor));
    }),
  ),
  broken("queued work sees what is written later", (original) => {
    const queue: (() => void)[] = [];
    const flush = () => queue.splice(0).forEach((again) => again());
    const later = (call: () => void, ...outputs: readonly (Tensor | undefined)[]) => {
      call();
      queue.push(() => {
        try {
          withoutVersions(call, ...outputs);
        } catch {
          // An operand was disposed meanwhile.
        }
      });
    };
    return {
      ...withTensors((tensor) => {
        const read = tensor.read.bind(tensor);
        tensor.read = () => {
          flush();
          return read();
        };
      })(original),
      dense: (x, weight, bias, activation, y, z) =>
        later(() => original.dense(x, weight, bias, activation, y, z), y, z),
    };
  }),
  broken("a new tensor holds what a disposed one held", (original) => {
    const left: Float32Array[] = [];
    return withTensors((tensor, data) => {
      const old = left.findIndex(({ length }) => length === tensor.size);
      if (!data && old >= 0) dataOf(tensor).set(left.splice(old, 1)[0]!);
      const dispose = tensor[Symbol.dispose].bind(tensor);
      tensor[Symbol.dispose] = () => {
        if (!tensor.disposed) left.push(dataOf(tensor).slice());
        dispose();
      };
    })(original);
  }),
];

const versions: readonly Broken[] = [
  broken("matmul() raises no version", (original) => ({
    matmul: (a, b, out, options) => withoutVersions(() => original.matmul(a, b, out, options), out),
  })),
  broken("matmul() raises no version where it accumulates", (original) => ({
    matmul: (a, b, out, options) =>
      withoutVersions(
        () => original.matmul(a, b, out, options),
        options?.accumulate ? out : undefined,
      ),
  })),
  broken("sumRows() raises no version", (original) => ({
    sumRows: (a, out, options) => withoutVersions(() => original.sumRows(a, out, options), out),
  })),
  broken("activate() raises no version", (original) => ({
    activate: (activation, z, y) => withoutVersions(() => original.activate(activation, z, y), y),
  })),
  broken("activateGradient() raises no version", (original) => ({
    activateGradient: (activation, z, y, dy, dz) =>
      withoutVersions(() => original.activateGradient(activation, z, y, dy, dz), dz),
  })),
  broken("dense() raises no version of z", (original) => ({
    dense: (x, weight, bias, activation, y, z) =>
      withoutVersions(() => original.dense(x, weight, bias, activation, y, z), z),
  })),
  broken(
    "write() raises no version",
    withTensors((tensor) => {
      const write = tensor.write.bind(tensor);
      tensor.write = (values) => withoutVersions(() => write(values), tensor);
    }),
  ),
  broken("an input's version rises, too", (original) => ({
    sumRows: (a, out, options) => {
      original.sumRows(a, out, options);
      versioned(a).version++;
    },
  })),
  broken("a call that is refused raises a version", (original) => ({
    matmul: (a, b, out, options) => {
      versioned(out).version++;
      withoutVersions(() => original.matmul(a, b, out, options), out);
    },
  })),
];

/** All of them. */
export const brokenState: readonly Broken[] = [...caches, ...writes, ...versions];
