/**
 * What the operation `network` refuses: operands of every layer that are disposed,
 * of another kernel, misshapen, no tensors, or the output.
 *
 * @module
 */
import type { Kernel, NetworkLayer, Tensor } from "../../kernels/kernel.ts";
import { type Case, type Context, Workspace } from "../check.ts";
import { type Outcome, outcomeOf } from "../compare.ts";
import { isGpu } from "../device.ts";
import { type Attempts, refuses } from "../refusals.ts";

function attemptsOf(kernel: Kernel, space: Workspace, foreign: Kernel | null): Attempts {
  const of = (...shape: number[]) => space.use(kernel.tensor(shape));
  const dead = (...shape: number[]) => {
    const tensor = kernel.tensor(shape);
    tensor[Symbol.dispose]();
    return tensor;
  };
  const sizes = [[2, 3], [3, 3], [3, 3]] as const;
  const layers = sizes.map(([k, n]): NetworkLayer => ({
    weight: of(k, n),
    bias: of(n),
    activation: "relu",
  }));
  const x = of(2, 2);
  const network = (x: unknown, layers: unknown, y: unknown) =>
    kernel.network!(x as Tensor, layers as NetworkLayer[], y as Tensor);
  const attempts: Record<string, (out: Tensor) => void> = {
    "x that was disposed": (out) => network(dead(2, 2), layers, out),
    "x of too few columns": (out) => network(of(2, 1), layers, out),
    "x that is nothing": (out) => network(null, layers, out),
    "an output of other rows": () => network(x, layers, of(3, 3)),
    "an output of other columns": () => network(x, layers, of(2, 4)),
    "an output that was disposed": () => network(x, layers, dead(2, 3)),
    "an output that is x": (out) => network(out, layers.slice(1), out),
    "no layer": (out) => network(x, [], out),
    "layers that are nothing": (out) => network(x, null, out),
    "a layer in place of layers": (out) => network(x, layers[0], out),
  };
  for (const [i, own] of layers.entries()) {
    const [k, n] = sizes[i]!;
    const attempt = (what: string, part: (out: Tensor) => unknown) => {
      attempts[`${what} of layer ${i}`] = (out) => {
        const change = part(out);
        const changed = typeof change === "object" && change !== null
          ? { ...own, ...change }
          : change;
        network(x, layers.with(i, changed as NetworkLayer), out);
      };
    };
    attempt("a layer that is nothing, in place", () => null);
    attempt("a layer that is a text, in place", () => "relu");
    attempt("a weight that was disposed,", () => ({ weight: dead(k, n) }));
    attempt("a weight that is nothing,", () => ({ weight: null }));
    attempt("a weight of too many rows,", () => ({ weight: of(k + 1, n) }));
    attempt("a weight of three axes,", () => ({ weight: of(1, k, n) }));
    // Where its shape does not fit it is refused besides.
    attempt("a weight that is the output,", (out) => ({ weight: out }));
    attempt("a bias that was disposed,", () => ({ bias: dead(n) }));
    attempt("a bias that is an array,", () => ({ bias: new Float32Array(n) }));
    attempt("a bias that is too long,", () => ({ bias: of(n + 1) }));
    attempt("a bias of two axes,", () => ({ bias: of(1, n) }));
    attempt("a bias that is the output,", (out) => ({ bias: out }));
    attempt("an unknown activation", () => ({ activation: "Relu" }));
    if (!foreign) continue;
    attempt("a weight of another kernel,", () => ({ weight: foreign.tensor([k, n]) }));
    attempt("a bias of another kernel,", () => ({ bias: foreign.tensor([n]) }));
  }
  if (!foreign) return attempts;
  return {
    ...attempts,
    "x of another kernel": (out) => network(foreign.tensor([2, 2]), layers, out),
    "an output of another kernel": () => network(x, layers, foreign.tensor([2, 3])),
  };
}

async function refused(kernel: Kernel, foreign: Kernel | null): Promise<Outcome> {
  using space = new Workspace(kernel);
  return await refuses(space, attemptsOf(kernel, space, foreign));
}

/** One case of all that is refused, as a part of a check of that name. */
export function refusalsOfNetworks(name: string, create: Context["create"]): Case {
  return {
    id: `${name}/networks/refusals`,
    run: async (kernel) => {
      await using foreign = await create?.({}) ?? null;
      const before = kernel.memory?.() ?? 0;
      const outcome = await refused(kernel, foreign);
      await kernel.finished();
      const after = kernel.memory?.() ?? 0;
      // On a GPU other cases are under way.
      return outcome.problem === null && !isGpu(kernel.traits) && after > before
        ? outcomeOf(`memory() is ${after} after calls that were refused; it was ${before} before`)
        : outcome;
    },
  };
}
