/**
 * A workload: what is timed, a named layer or network with its batch, its
 * activations and the pass; and all that follows from these alone: the passes
 * that it allows, its FLOP, its bytes, its label.
 *
 * @module
 */
import type { Activation } from "../kernels/activation.ts";
import { activationText, type ModelLayer } from "../models/model.ts";
import { flopsOf, workloadName } from "../results/query.ts";
import type { Pass } from "../results/schema.ts";

/** One layer of a network. */
export interface NetworkLayer {
  readonly k: number;
  readonly n: number;
  /** One of the contract, or one of layers as text, see {@linkcode NetworkStep}. */
  readonly activation: string;
  /** Absent where a bias is added. */
  readonly bias?: false;
  /** How many rows of it a row of the batch makes; absent for one. */
  readonly rows?: number;
}

/** A layer of a network without its numbers: a Dense, or an activation by itself. */
export interface NetworkStep extends Omit<ModelLayer, "name" | "weight" | "bias" | "activation"> {
  readonly activation: NamedStep | DrawnStep;
  readonly weight: boolean;
  readonly bias: boolean;
}

type NamedStep = Exclude<ModelLayer["activation"], { readonly name: "prelu" | "affine" }>;

/** An activation with numbers for each column, which are drawn. */
interface DrawnStep {
  readonly name: "prelu" | "affine";
}

/** Whether an activation has numbers for each column. */
export function isDrawn(activation: NetworkStep["activation"]): activation is DrawnStep {
  return typeof activation !== "string" && ["prelu", "affine"].includes(activation.name);
}

/** A layer's shape: y[m,n] = activation(x[m,k] · w[k,n] + b), or a network's, from the k inputs of its first layer to the n units of its last. */
export interface Workload {
  readonly name: string;
  /** Why it is here. */
  readonly description: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly activation: Activation;
  readonly useBias: boolean;
  /** What is timed; absent for `forward`. */
  readonly pass?: Pass;
  /** Whether the caches are emptied before each call; the name then says so too. */
  readonly cold?: true;
  /** The layers of a network; absent for a single layer. */
  readonly layers?: readonly NetworkLayer[];
  /** All that a network computes, where it has more than Dense layers with activations of the contract: `layers` are then its Dense ones, and `activation` says nothing. */
  readonly steps?: readonly NetworkStep[];
}

/** What is applied last, as text. */
export function lastActivation(
  { steps, activation }: Pick<Workload, "steps" | "activation">,
): string {
  const last = steps?.at(-1)?.activation ?? activation;
  return isDrawn(last) ? last.name : activationText(last);
}

/** What a network computes, step by step, as text. */
export function textsOfSteps(steps: readonly NetworkStep[]): string[] {
  return steps.map(({ activation, weight, bias, inputs, units, rows, shape }) => {
    const product = weight ? `${inputs} to ${units}${bias ? "" : " without bias"} ` : "";
    const of = shape ? ` of ${shape.join(" x ")}` : rows === undefined ? "" : ` of ${rows} rows`;
    return `${product}${isDrawn(activation) ? activation.name : activationText(activation)}${of}`;
  });
}

/** The pass that is timed. */
export function passOf({ pass = "forward" }: Pick<Workload, "pass">): Pass {
  return pass;
}

/** The name with the pass, where it is not `forward`. */
export function labelOf(workload: Pick<Workload, "name" | "pass">): string {
  return workloadName({ workload: workload.name, pass: passOf(workload) });
}

/** Whether it is the forward pass of one layer, which every contender can do. */
export function isLayerForward(workload: Workload): boolean {
  return workload.layers === undefined && passOf(workload).startsWith("forward");
}

/**
 * Whether a pass of a workload can be timed. Whole networks have the forward
 * pass only. Gradients need an activation that keeps whole numbers whole, since
 * they are verified to the bit, and sums that fit the 24 bits of a float32.
 */
export function allows({ m, n, k, activation, layers }: Workload, pass: Pass): boolean {
  if (pass === "forward") return true;
  if (layers !== undefined) return false;
  if (pass === "forward-unpacked") return true;
  if (activation !== "relu" && activation !== "linear") return false;
  return pass === "backward" || (k + 2) * Math.max(m, n) <= 2 ** 24;
}

/** The same layers in other passes. */
export function inPasses(workloads: readonly Workload[], passes: readonly Pass[]): Workload[] {
  return workloads.flatMap((workload) =>
    passes.filter((pass) => allows(workload, pass)).map((pass) => ({ ...workload, pass }))
  );
}

/** The same workloads with cold caches, under names of their own, so that nothing compares them with warm ones. */
export function withColdNames(workloads: readonly Workload[]): Workload[] {
  return workloads.map((one) => ({ ...one, name: `${one.name}-cold`, cold: true }));
}

type Shape = Pick<Workload, "m" | "n" | "k" | "layers">;

/** The sum over the layers. */
function sumOver({ m, n, k, layers }: Shape, of: (m: number, n: number, k: number) => number) {
  const all: readonly Pick<NetworkLayer, "n" | "k" | "rows">[] = layers ?? [{ n, k }];
  return all.reduce((sum, layer) => sum + of(m * (layer.rows ?? 1), layer.n, layer.k), 0);
}

/** Floating-point operations of one call's products, 2 for each multiplication and addition; bias, activation, loss and update are not counted. */
export function workloadFlops(workload: Shape & Pick<Workload, "pass">): number {
  // Backward has two products as large as forward's one: of the weight's gradient and of the input's.
  const products = { forward: 1, "forward-unpacked": 1, backward: 2, training: 3 };
  return products[passOf(workload)] * sumOver(workload, (m, n, k) => flopsOf({ m, n, k }));
}

/** Bytes of the inputs, the weights and the outputs of a forward pass. */
export function bytesOf(workload: Shape): number {
  return sumOver(workload, (m, n, k) => 4 * (m * k + k * n + m * n));
}
