/**
 * Who takes part in a bench: our kernels and other people's libraries, behind
 * one small interface, so that both are prepared, checked and timed alike.
 *
 * @module
 */
import type { Activation } from "../kernels/activation.ts";
import type { Kernel, KernelTraits } from "../kernels/kernel.ts";
import type { Verification } from "../results/schema.ts";
import type { WorkloadData } from "./data.ts";
import { prepareForward } from "./passes/forward.ts";
import { prepareGradients } from "./passes/gradients.ts";
import { prepareNetwork } from "./passes/network.ts";
import { passOf, type Workload } from "./workloads.ts";

/** A workload made ready in a contender's own memory, to be timed. */
export interface TimedCell extends Disposable {
  /** What must happen before each call and is no part of it; the calls are then timed one by one. */
  before?(): void;
  /** One call; it may only queue the work. A promise is awaited before the next call. */
  run(): void | Promise<void>;
  /** Waits until all queued work is done. */
  finished(): Promise<void>;
  /** What the last call computed: y [m, n], and whatever else a pass computes, one after the other. */
  output(): Promise<Float32Array>;
}

/** The forward pass of a layer, which is checked from outside. */
export interface Cell extends TimedCell {
  /** y and z [m, n], the values before the activation, from a call of its own. */
  outputs(): Promise<{ y: Float32Array; z: Float32Array }>;
}

/** A pass that checks itself, since what is right is more than one output. */
export interface CheckedCell extends TimedCell {
  /** Makes a call and proves what it computed; the calls that are timed afterwards repeat it. */
  check(seed: number): Promise<Verification>;
}

/** A kernel or peer in a bench. */
export interface Contender extends AsyncDisposable {
  readonly name: string;
  readonly peer: boolean;
  readonly device: string;
  readonly threads: number;
  /** One line on how it computes. */
  readonly method: string;
  /** What the result file says of it besides: see `KernelRecord`. */
  readonly base?: string;
  readonly version?: string;
  readonly controlOf?: string;
  /** Its declared error in ULP. */
  ulp(activation: Activation): number;
  /** Its declared absolute error on top, for formulas that cancel, such as 1 + erf(z); else none. */
  absolute?(activation: Activation): number;
  /** Whether it can do the forward pass of this layer at all. */
  supports(workload: Workload): boolean;
  /** The forward pass of a layer. */
  prepare(workload: Workload, data: WorkloadData): Cell | Promise<Cell>;
  /** Other passes, and networks; absent where it does forward passes of layers alone. */
  prepareOther?(workload: Workload, seed: number): CheckedCell | Promise<CheckedCell>;
  /** Bytes that its tensors and what it derived from them take now; absent where it does not tell. */
  memory?(): number;
}

/** Whether a workload is the forward pass of one layer, which everybody can do. */
export function isPlain(workload: Workload): boolean {
  return workload.layers === undefined && passOf(workload).startsWith("forward");
}

/** Whether a contender can do a workload. */
export function canDo(contender: Contender, workload: Workload): boolean {
  if (contender.prepareOther) return contender.supports(workload);
  return passOf(workload) === "forward" && isPlain(workload) && contender.supports(workload);
}

function methodOf({ tile, accumulator, fused, summation }: KernelTraits): string {
  const { mr, nr, mc, nc, kc } = tile;
  const order = summation.order === "blocked"
    ? `blocks of ${summation.block(1024)}`
    : summation.order === "sequential"
    ? "one after the other"
    : "any order";
  return [
    mr * nr === 1 ? "no tile" : `tile ${mr} x ${nr}, blocks ${mc} x ${nc} x ${kc}`,
    `${accumulator} sums, ${order}`,
    fused ? "fused multiply-add" : "multiply, then add",
  ].join("; ");
}

/** Another version's traits may be of another form. */
function methodOfVersion(traits: KernelTraits): string {
  try {
    return methodOf(traits);
  } catch {
    return "unknown";
  }
}

/** One of our kernels, which the contender then owns; `as` says what it is beyond its name. */
export function contenderOf(
  kernel: Kernel,
  as: Partial<Pick<Contender, "name" | "base" | "version" | "controlOf">> = {},
): Contender {
  return {
    name: kernel.name,
    ...as,
    peer: false,
    device: kernel.traits.device,
    threads: kernel.traits.threads,
    method: as.version === undefined ? methodOf(kernel.traits) : methodOfVersion(kernel.traits),
    ulp: (activation) => kernel.traits.activationUlp[activation],
    supports: () => true,
    prepare: (workload, data) => prepareForward(kernel, workload, data),
    prepareOther: (workload, seed) =>
      workload.layers === undefined
        ? prepareGradients(kernel, workload, seed)
        : prepareNetwork(kernel, workload, seed),
    ...(kernel.memory && { memory: () => kernel.memory?.() ?? 0 }),
    [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
  };
}

/** A copy of a contender under another name, on the same kernel, to see what no difference looks like. */
export function controlFor(contender: Contender): Contender {
  return {
    ...contender,
    name: `${contender.name}-control`,
    base: contender.base ?? contender.name,
    controlOf: contender.name,
    // The original owns the kernel.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
