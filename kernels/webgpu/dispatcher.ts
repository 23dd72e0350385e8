/**
 * Dispatches of generated programs: each is compiled when it is first needed,
 * and workgroups beyond the limit of one dimension are spread over two.
 *
 * @module
 */
import type { Bound } from "./bind_groups.ts";
import type { Pipelines } from "./pipelines.ts";
import { type Limits, spread } from "./product_layout.ts";
import type { Recorder } from "./recorder.ts";
import type { DispatchParameters, FormulaActivation } from "./wgsl.ts";
import { alignment, Windows } from "./windows.ts";

/** A program with its operands. */
export interface ProgramDispatch {
  /** All that the program is generated from. */
  readonly key: string;
  readonly generate: () => string;
  readonly reads: readonly Bound[];
  readonly writes: readonly Bound[];
  /** Those of `writes` whose old content is read too, or in part remains; default none. */
  readonly updates?: readonly Bound[];
  readonly parameters: DispatchParameters;
  /** How many workgroups, and how many pieces of k in the third dimension, by default one. */
  readonly groups: number;
  readonly pieces?: number;
  /** The formula that is its activation, of which there may be many; default none. */
  readonly formula?: FormulaActivation | null;
  /** What it is for, as an error says it. */
  readonly label: string;
}

/** A program of a formula with its operands. */
export interface FormulaDispatch extends Omit<ProgramDispatch, "formula"> {
  readonly numbers: readonly number[];
}

/** The dispatches of one device. */
export class Dispatcher {
  /** The most elements of a binding, a multiple of the alignment of bindings. */
  readonly mostBound: number;

  constructor(
    readonly recorder: Recorder,
    readonly pipelines: Pipelines,
    readonly limits: Limits,
  ) {
    const { maxStorageBufferBindingSize, maxBufferSize } = limits;
    const bytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
    this.mostBound = Math.floor(bytes / (4 * alignment)) * alignment;
  }

  /** The parts that an operation binds, and its copies of them, to be disposed. */
  windows(label: string): Windows {
    return new Windows(this.recorder, this.mostBound, label);
  }

  /** Records a dispatch. */
  run(
    { formula = null, ...program }: ProgramDispatch,
  ): void {
    if (formula) {
      const { numbers } = formula;
      return this.runFormula({ ...program, key: `${program.key} ${formula.key}`, numbers });
    }
    const { key, generate, groups, pieces = 1, parameters, label, ...operands } = program;
    const { reads, writes } = operands;
    const counts = { reads: reads.length, writes: writes.length };
    this.recorder.dispatch({
      ...operands,
      pipeline: this.pipelines.get(key, counts, label, generate),
      parameters,
      groups: [...spread(groups, this.limits), pieces],
      label,
    });
  }

  /** Records a dispatch of a formula, of which there may be many. */
  runFormula(
    { key, generate, groups, pieces = 1, parameters, label, ...operands }: FormulaDispatch,
  ): void {
    const { reads, writes, numbers } = operands;
    const counts = { reads: reads.length, writes: writes.length, numbers: numbers.length };
    this.recorder.dispatch({
      ...operands,
      pipeline: this.pipelines.ofFormula(key, counts, label, generate),
      parameters,
      groups: [...spread(groups, this.limits), pieces],
      label,
    });
  }

  /** A buffer for intermediate results, to be given back. */
  scratch(bytes: number, label: string): Bound {
    return { block: this.recorder.pool.take(Math.max(16, bytes), label), bytes };
  }
}
