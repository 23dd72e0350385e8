/**
 * Mutants of the operation `network`: what goes wrong where layers are computed
 * without a return in between, by lists and records that are kept from call to call.
 *
 * @module
 */
import type { Kernel, NetworkLayer, Tensor } from "../../kernels/kernel.ts";
import { checkNetwork } from "../../kernels/network.ts";
import type { SizedTensor } from "../../kernels/plain_dense.ts";
import { createKernel } from "../../kernels/registry.ts";
import { alter, dataOf, type Mutant } from "./mutant.ts";
import { executorMutant } from "./wasm.ts";

const killer = "sequences";

/** One layer, from one tensor to another. */
type Step = (from: Tensor, layer: NetworkLayer, to: Tensor, i: number) => void;

/** A network on naive, layer by layer, with the results of all layers but the last in tensors of their own. */
function network(
  kernel: Kernel,
  step: Step,
  inputOf: (results: readonly Tensor[]) => Tensor = (results) => results.at(-1)!,
): NonNullable<Kernel["network"]> {
  return (x, layers, y) => {
    checkNetwork(kernel, x as SizedTensor, layers, y as SizedTensor);
    using stack = new DisposableStack();
    const results = [x];
    for (const [i, layer] of layers.entries()) {
      const last = i === layers.length - 1;
      const to = last ? y : stack.use(kernel.tensor([x.shape[0]!, layer.weight.shape[1]!]));
      step(inputOf(results), layer, to, i);
      results.push(to);
    }
  };
}

/** A mutant of naive with networks, of which `change` makes another. */
function broken(
  name: string,
  change: (kernel: Kernel, right: Step) => Kernel["network"],
  { key = false } = {},
): Mutant {
  return {
    name,
    kind: "JavaScript",
    killer,
    key,
    create: async () => {
      const kernel = await createKernel("naive");
      return alter(kernel, (original) => {
        const right: Step = (from, { weight, bias, activation }, to) =>
          original.dense(from, weight, bias, activation, to);
        const changed = change(kernel, right);
        return changed ? { network: changed } : {};
      });
    },
  };
}

/** What each array of layers had at its first call. */
function keptOnce<T>(make: (layers: readonly NetworkLayer[]) => T) {
  const kept = new WeakMap<readonly NetworkLayer[], T>();
  return (layers: readonly NetworkLayer[]): T => {
    const value = kept.get(layers) ?? make(layers);
    kept.set(layers, value);
    return value;
  };
}

const inJavaScript: readonly Mutant[] = [
  broken("a network keeps the weights of its first call", (kernel, right) => {
    const first = keptOnce((layers) => layers.map(({ weight }) => dataOf(weight).slice()));
    const run = network(kernel, right);
    return (x, layers, y) => {
      checkNetwork(kernel, x as SizedTensor, layers, y as SizedTensor);
      const [old, now] = [first(layers), layers.map(({ weight }) => dataOf(weight).slice())];
      layers.forEach(({ weight }, i) => dataOf(weight).set(old[i]!));
      run(x, layers, y);
      layers.forEach(({ weight }, i) => dataOf(weight).set(now[i]!));
    };
  }, { key: true }),
  broken("a network keeps the biases of its first call", (kernel, right) => {
    const first = keptOnce((layers) => layers.map(({ bias }) => bias && dataOf(bias).slice()));
    const run = network(kernel, right);
    return (x, layers, y) => {
      checkNetwork(kernel, x as SizedTensor, layers, y as SizedTensor);
      const now = layers.map(({ bias }) => bias && dataOf(bias).slice());
      const old = first(layers);
      const put = (values: typeof old) =>
        layers.forEach(({ bias }, i) => bias && values[i] && dataOf(bias).set(values[i]));
      put(old);
      run(x, layers, y);
      put(now);
    };
  }),
  broken("a network keeps the activations of its first call of these weights", (kernel, right) => {
    const kept = new WeakMap<Tensor, NetworkLayer["activation"]>();
    return network(kernel, (from, layer, to, i) => {
      const activation = kept.get(layer.weight) ?? layer.activation;
      kept.set(layer.weight, activation);
      right(from, { ...layer, activation }, to, i);
    });
  }),
  broken("a network computes as many rows as at its last call", (kernel, right) => {
    const run = network(kernel, right);
    let last = Infinity;
    return (x, layers, y) => {
      const before = dataOf(y).slice();
      run(x, layers, y);
      const columns = y.shape.at(-1)!;
      dataOf(y).set(
        before.subarray(Math.min(before.length, last * columns)),
        Math.min(before.length, last * columns),
      );
      last = x.shape[0]!;
    };
  }),
  broken(
    "the third layer reads the other of two buffers",
    (kernel, right) =>
      network(kernel, right, (results) => {
        const other = results.at(-3);
        const own = results.at(-1)!;
        if (results.length !== 3 || !other || other.size < own.size) return own;
        // The buffer has the bytes of the layer before, and is read as rows of this one.
        dataOf(own).set(dataOf(other).subarray(0, own.size));
        return own;
      }),
  ),
  broken(
    "a layer begins before the last row of the one before is there",
    (kernel, right) =>
      network(kernel, (from, layer, to, i) => {
        if (i > 0 && from.shape[0]! > 8) {
          const columns = from.shape[1]!;
          dataOf(from).fill(0, from.size - columns);
        }
        right(from, layer, to, i);
      }),
  ),
  broken("the rows of the second block are those of the first", (kernel, right) => {
    const run = network(kernel, right);
    return (x, layers, y) => {
      run(x, layers, y);
      const values = dataOf(y);
      const block = 128 * y.shape[1]!;
      if (values.length > block) values.copyWithin(block, 0, values.length - block);
    };
  }),
  broken("a network writes its second layer's results to x", (kernel, right) => {
    const run = network(kernel, right);
    return (x, layers, y) => {
      run(x, layers, y);
      if (layers.length > 2) dataOf(x).fill(0);
    };
  }),
  broken("a network does not raise the version of its output", (kernel, right) => {
    const run = network(kernel, right);
    return (x, layers, y) => {
      const { version } = y;
      run(x, layers, y);
      (y as { version: number }).version = version;
    };
  }),
  broken("two linear layers of a network are one product", (kernel, right) => {
    const run = network(kernel, right);
    return (x, layers, y) => {
      run(x, layers, y);
      const joined = layers.some(({ activation, bias }, i) =>
        activation === "linear" && bias === null && i + 1 < layers.length
      );
      // As another order of sums does, a little.
      if (joined) {
        dataOf(y).forEach((value, i, all) => all[i] = Math.fround(value * (1 + 2 ** -23)));
      }
    };
  }),
  broken("a network takes a weight that was disposed", (kernel, right) => {
    const run = network(kernel, right);
    return (x, layers, y) => {
      if (!layers.some(({ weight }) => weight.disposed)) run(x, layers, y);
    };
  }),
  broken("a network raises the version of an output whose call it refuses", (kernel, right) => {
    const run = network(kernel, right);
    return (x, layers, y) => {
      try {
        run(x, layers, y);
      } catch (error) {
        (y as { version: number }).version++;
        throw error;
      }
    };
  }),
  broken("a network raises the version of its first weight", (kernel, right) => {
    const run = network(kernel, right);
    return (x, layers, y) => {
      run(x, layers, y);
      (layers[0]!.weight as { version: number }).version++;
    };
  }),
  broken("a network takes its output for a weight", (kernel, right) => {
    const run = network(kernel, right);
    return (x, layers, y) => {
      if (!layers?.some?.((layer) => layer?.weight === y)) run(x, layers, y);
    };
  }),
  broken("a network takes a layer that is nothing", (kernel, right) => {
    const run = network(kernel, right);
    return (x, layers, y) => {
      if (!layers?.some?.((layer) => layer === null)) run(x, layers, y);
    };
  }),
  broken("a network takes a bias of two axes in all layers but the first", (kernel, right) => {
    const run = network(kernel, right);
    return (x, layers, y) => {
      if (!layers?.slice?.(1).some((layer) => layer?.bias?.shape?.length === 2)) run(x, layers, y);
    };
  }),
  broken("a network takes an array without layers", (kernel, right) => {
    const run = network(kernel, right);
    return (x, layers, y) => {
      if (layers.length > 0) run(x, layers, y);
    };
  }),
  broken(
    "a softmax between layers is over all rows together",
    (kernel, right) =>
      network(kernel, (from, layer, to, i) => {
        right(from, layer, to, i);
        if (layer.activation !== "softmax") return;
        const rows = to.shape[0]!;
        dataOf(to).forEach((value, at, all) => all[at] = Math.fround(value / rows));
      }),
  ),
];

/** Mutants of the Wasm kernels' networks, on three threads that work one after the other. */
function shared(name: string, share: (perform: () => void, i: number) => void): Mutant {
  return executorMutant(name, killer, (task, performers) => {
    for (const [i, performer] of performers.entries()) {
      const perform = () => performer.perform(task, i, 3);
      if (task.kind === "network") share(perform, i);
      else perform();
    }
  });
}

/** Mutants of networks. */
export const networkMutants: readonly Mutant[] = [
  ...inJavaScript,
  shared("the last of three threads leaves its rows of a network", (perform, i) => {
    if (i < 2) perform();
  }),
  shared("the caller does not wait for the rows of a network that another thread has", (
    perform,
    i,
  ) => {
    if (i < 2) perform();
    else setTimeout(perform);
  }),
];
