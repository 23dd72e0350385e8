/**
 * Dispatches of generated programs: each is compiled when first asked for, and
 * its workgroups are spread over two dimensions where one does not reach so far.
 *
 * @module
 */
import type { Bound } from "./bind_groups.ts";
import type { Pipelines } from "./pipelines.ts";
import { type Limits, spread } from "./product_layout.ts";
import type { Recorder } from "./recorder.ts";
import type { DispatchParameters } from "./wgsl.ts";

/** Work for one program. */
export interface Work {
  /** All that the program was generated from. */
  readonly key: string;
  readonly generate: () => string;
  readonly reads: readonly Bound[];
  readonly write: Bound;
  readonly parameters: DispatchParameters;
  /** Workgroups, and, in the third dimension, pieces of k; by default one. */
  readonly groups: number;
  readonly pieces?: number;
  /** What it is for, as an error says it. */
  readonly label: string;
}

/** The programs of one device. */
export class Dispatcher {
  constructor(
    readonly recorder: Recorder,
    readonly pipelines: Pipelines,
    readonly limits: Limits,
  ) {}

  /** Records a dispatch. */
  run({ key, generate, reads, write, parameters, groups, pieces = 1, label }: Work): void {
    this.recorder.dispatch({
      pipeline: this.pipelines.get(key, { reads: reads.length, writes: 1 }, label, generate),
      reads,
      writes: [write],
      parameters,
      groups: [...spread(groups, this.limits), pieces],
      label,
    });
  }

  /** A buffer for what lies between two dispatches, to be given back. */
  scratch(bytes: number, label: string): Bound {
    return { block: this.recorder.pool.take(Math.max(16, bytes), label), bytes };
  }
}
