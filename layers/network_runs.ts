/**
 * Dense layers of a stack that follow each other, as networks of the kernel: where
 * it has the operation `network`, they are predicted by one call. What is not a
 * plain Dense layer, or does not fit, is left to the layers themselves.
 *
 * @module
 */
import { DensemarkError } from "../common/errors.ts";
import { isOwn } from "../kernels/checks.ts";
import type { Kernel, NetworkLayer, Tensor } from "../kernels/kernel.ts";
import { Dense } from "./dense.ts";
import type { Layer } from "./layer.ts";

/** What a layer computes, where that is an operation `dense` and nothing else. */
function partOf(layer: Layer | undefined, kernel: Kernel): NetworkLayer | null {
  // A class that extends Dense may compute something else, and so may an object with its own method.
  if (!layer || Object.getPrototypeOf(layer) !== Dense.prototype) return null;
  const dense = layer as Dense;
  if (dense.predict !== Dense.prototype.predict) return null;
  // No activation of the kernel's own also means a penalty of the results.
  const activation = dense.outputActivation;
  if (!dense.built || activation === null) return null;
  if (dense.loraEnabled || dense.quantizationMode !== null) return null;
  const { weight, bias } = dense;
  // A kernel may pass its work on to another one, to which its tensors then belong.
  return weight.kernel === kernel ? { weight, bias, activation } : null;
}

function isSame(a: NetworkLayer, b: NetworkLayer | undefined): boolean {
  return a.weight === b?.weight && a.bias === b.bias && a.activation === b.activation;
}

/** The networks in a stack of layers. A network stays one array, by which the kernel knows it again. */
export class NetworkRuns {
  /** By the number of the first layer. */
  readonly #known = new Map<number, readonly NetworkLayer[]>();

  /** The layers from number `from` on that x can be put through by one call; null where there are fewer than two. */
  at(
    stack: readonly Layer[],
    from: number,
    kernel: Kernel,
    x: Tensor,
  ): readonly NetworkLayer[] | null {
    if (!kernel.network || !isOwn(kernel, x) || x.shape.length < 2) return null;
    const found: NetworkLayer[] = [];
    let inputs = x.shape.at(-1);
    for (let i = from; i < stack.length; i++) {
      const part = partOf(stack[i], kernel);
      if (part?.weight.shape[0] !== inputs) break;
      found.push(part!);
      inputs = part!.weight.shape[1];
    }
    if (found.length < 2) return null;
    const known = this.#known.get(from);
    if (known?.length === found.length && known.every((each, i) => isSame(each, found[i]))) {
      return known;
    }
    this.#known.set(from, found);
    return found;
  }
}

/** The result of a network for x, a new tensor; null where it is refused: the layer that is to blame then says so by its name. */
export function predictNetwork(
  kernel: Kernel,
  x: Tensor,
  layers: readonly NetworkLayer[],
): Tensor | null {
  const y = kernel.tensor([...x.shape.slice(0, -1), layers.at(-1)!.weight.shape[1]!]);
  try {
    kernel.network!(x, layers, y);
    return y;
  } catch (error) {
    y[Symbol.dispose]();
    if (error instanceof DensemarkError) return null;
    throw error;
  }
}
