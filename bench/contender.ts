/**
 * The contract of a contender: what our kernels and other people's libraries
 * offer the bench, so that all are prepared, checked and timed in the same way.
 * Read this first; its implementations are in contenders.ts, passes/ and peers/.
 *
 * @module
 */
import type { Activation } from "../kernels/activation.ts";
import type { KernelRecord, Verification } from "../results/schema.ts";
import type { WorkloadData } from "./data.ts";
import { isLayerForward, passOf, type Workload } from "./workload.ts";
import { isGpu } from "../verify/device.ts";

/** A workload made ready in a contender's own memory, to be timed. */
export interface TimedCell extends Disposable {
  /** Untimed work that must precede each call; the calls are then timed one by one. */
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
  /** Makes a call and verifies what it computed; the calls that are timed afterwards repeat it. */
  check(seed: number): Promise<Verification>;
}

/** What identifies a contender; see `KernelRecord`. */
export type ContenderId = Pick<KernelRecord, "name" | "peer" | "base" | "version">;

/** A kernel or peer in a bench. */
export interface Contender extends ContenderId, AsyncDisposable {
  readonly device: string;
  readonly threads: number;
  /** One line on how it computes. */
  readonly method: string;
  /** See `KernelRecord`. */
  readonly controlOf?: string;
  /** Its declared error in ULP. */
  ulp(activation: Activation): number;
  /** Its declared absolute error on top, for formulas that cancel, such as 1 + erf(z); else none. */
  absolute?(activation: Activation): number;
  /** Whether it can do the forward pass of this layer at all. */
  supports(workload: Workload): boolean;
  /** The forward pass of a layer. */
  prepare(workload: Workload, data: WorkloadData): Cell | Promise<Cell>;
  /** Other passes, and networks; absent where it has forward passes of layers alone. */
  prepareOther?(workload: Workload, seed: number): CheckedCell | Promise<CheckedCell>;
  /** Bytes that its tensors and what it derived from them take now; absent where it does not tell. */
  memory?(): number;
}

/** What identifies a contender, and nothing else of it. */
export function contenderIdOf({ name, peer, base, version }: ContenderId): ContenderId {
  return {
    name,
    peer,
    ...(base !== undefined && { base }),
    ...(version !== undefined && { version }),
  };
}

/** Whether a contender can do a workload. */
export function canDo(contender: Contender, workload: Workload): boolean {
  // Its caches are not the processor's.
  if (workload.cold && isGpu(contender)) return false;
  if (contender.prepareOther) return contender.supports(workload);
  return passOf(workload) === "forward" && isLayerForward(workload) &&
    contender.supports(workload);
}
