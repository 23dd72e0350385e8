/**
 * Formulas of the kernel webgpu: which programs are dispatched, with which
 * buffers. A program may bind few of them (8 at least), so that the outputs of a
 * formula that needs more are computed in several dispatches.
 *
 * @module
 */
import { ArgumentError } from "../../common/errors.ts";
import type { MatrixSize } from "../checks.ts";
import { add, max, operand } from "../formula/expression.ts";
import { type Formula, formula as formulaOf, identity } from "../formula/formula.ts";
import type { Reduced, Reduction } from "../kernel.ts";
import { type Bound, overwrite } from "./bind_groups.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { codeOf, type FormulaCode, mapProgram, outputName, reduceProgram } from "./formula_wgsl.ts";
import { itself, joined, partsOf, placesOf, type Reads, readsOf } from "./operand_reads.ts";
import type { WebGpuTensor } from "./tensor.ts";
import { flatThreads } from "./wgsl.ts";
import { flatParts, rowParts } from "./windows.ts";

/** Outputs that are computed in one dispatch. */
interface OutputGroup {
  readonly outputs: readonly number[];
  readonly code: FormulaCode;
}

/** A piece of a line that is reduced; shorter ones are not worth a second dispatch. */
const leastPiece = 2048;
/** So many workgroups are enough for any device. */
const enoughGroups = 256;

/** The formulas of one device. */
export class GpuFormulas {
  constructor(
    readonly dispatcher: Dispatcher,
    /** How many storage buffers a program may bind. */
    readonly mostBuffers: number,
  ) {}

  /** Records the formula for every element. */
  map(
    size: MatrixSize,
    formula: Formula,
    inputs: readonly WebGpuTensor[],
    outputs: readonly WebGpuTensor[],
    parameters: readonly number[],
  ): void {
    const label = `map ${size.rows} x ${size.columns}`;
    const all = formula.outputs.map((_, i) => i);
    const whole = { outputs: all, code: codeOf(formula, all) };
    const names = new Map(outputs.map((output, i) => [output, outputName(i)]));
    const inPlace = (tensor: WebGpuTensor) => names.get(tensor) ?? null;
    if (readsOf(whole.code, inputs, inPlace).reads.length + outputs.length <= this.mostBuffers) {
      return this.#map(size, whole, inputs, outputs.map(boundTo), inPlace, parameters, label);
    }
    this.#mapInParts(size, formula, inputs, outputs, parameters, label);
  }

  #mapInParts(
    size: MatrixSize,
    formula: Formula,
    inputs: readonly WebGpuTensor[],
    outputs: readonly WebGpuTensor[],
    parameters: readonly number[],
    label: string,
  ): void {
    const parts = this.#partsOf(formula, inputs);
    // What is read too is written at the end, since a later part may need what it held.
    const scratch = outputs.map((output) =>
      inputs.includes(output) ? this.dispatcher.scratch(4 * output.size, label) : null
    );
    for (const part of parts) {
      const targets = part.outputs.map((i) => scratch[i] ?? outputs[i]!.target);
      this.#map(
        size,
        part,
        inputs,
        targets.map((bound) => () => bound),
        () => null,
        parameters,
        label,
      );
    }
    for (const [i, from] of scratch.entries()) {
      if (!from) continue;
      const copy = codeOf(identity, [0]);
      this.#dispatchMap(size, copy, itself, [from], [outputs[i]!.target], [], [], label);
      this.dispatcher.recorder.pool.free(from.block);
    }
  }

  /** The outputs in groups, each of which binds no more buffers than a program may. */
  #partsOf(formula: Formula, inputs: readonly WebGpuTensor[]): OutputGroup[] {
    const parts: OutputGroup[] = [];
    let open: number[] = [];
    const count = (outputs: readonly number[]) =>
      readsOf(codeOf(formula, outputs), inputs).reads.length + outputs.length;
    for (const [output] of formula.outputs.entries()) {
      const buffers = count([output]);
      if (buffers > this.mostBuffers) {
        throw new ArgumentError(
          `output ${output} of the formula needs ${buffers} tensors; a program of this device may bind ${this.mostBuffers}`,
        );
      }
      if (open.length > 0 && count([...open, output]) > this.mostBuffers) {
        parts.push({ outputs: open, code: codeOf(formula, open) });
        open = [];
      }
      open.push(output);
    }
    return [...parts, { outputs: open, code: codeOf(formula, open) }];
  }

  #map(
    size: MatrixSize,
    { code }: OutputGroup,
    inputs: readonly WebGpuTensor[],
    targets: readonly (() => Bound)[],
    inPlace: (tensor: WebGpuTensor) => string | null,
    parameters: readonly number[],
    label: string,
  ): void {
    const reads = readsOf(code, inputs, inPlace);
    const sources = reads.tensors.map(({ source }) => source);
    // Sources first: the zeros of a tensor that nothing was written to are written when it is read.
    const updates = [...code.operands.keys()].map((index) => inputs[index]!)
      .filter((tensor) => inPlace(tensor) !== null).map(({ source }) => source);
    const writes = targets.map((target) => target());
    const numbers = code.numbers(parameters);
    this.#dispatchMap(size, code, reads, sources, writes, updates, numbers, label);
  }

  #dispatchMap(
    { rows, columns }: MatrixSize,
    code: FormulaCode,
    reads: Reads,
    sources: readonly Bound[],
    writes: readonly Bound[],
    updates: readonly Bound[],
    numbers: readonly number[],
    label: string,
  ): void {
    const aligned = columns % 4 === 0;
    const { mostBound } = this.dispatcher;
    // Where no operand is read by row or column, the matrix may as well be one row.
    const flat = reads.reads.every(({ along }) => along === "element");
    const parts = flat ? flatParts(rows * columns, mostBound) : rowParts(rows, columns, mostBound);
    const stride = flat ? rows * columns : columns;
    const kept = new Set(updates.map(({ block }) => block));
    using windows = this.dispatcher.windows(label);
    for (const part of parts) {
      const size = part.rows.size * part.columns.size;
      const quads = Math.ceil(size / 4);
      const outputs = writes.map((bound, i) =>
        windows.write(outputName(i), { bound, stride }, part, kept.has(bound.block)).bound
      );
      this.dispatcher.runFormula({
        key: `map ${aligned} ${placesOf(reads)} ${code.key}`,
        generate: () => mapProgram({ code, ...reads, aligned }),
        reads: partsOf(windows, reads, sources, stride, part),
        writes: outputs,
        updates: outputs,
        numbers,
        parameters: { m: quads, n: columns, k: size },
        groups: Math.ceil(quads / flatThreads),
        label,
      });
      windows.store();
    }
  }

  /** Records the reduction of each row or column. */
  reduce(
    size: MatrixSize,
    reduction: Reduction,
    reduced: Reduced,
    formula: Formula,
    inputs: readonly WebGpuTensor[],
    out: WebGpuTensor,
    parameters: readonly number[],
  ): void {
    const label = `reduce ${size.rows} x ${size.columns}`;
    const code = codeOf(formula, [0]);
    const reads = readsOf(code, inputs);
    if (reads.reads.length + 1 > this.mostBuffers) {
      throw new ArgumentError(
        `the formula needs ${
          reads.reads.length + 1
        } tensors; a program of this device may bind ${this.mostBuffers}`,
      );
    }
    const sources = reads.tensors.map(({ source }) => source);
    const numbers = code.numbers(parameters);
    const { rows, columns } = size;
    const target = out.target;
    overwrite(target);
    const run = { code, reduction, reduced, label };
    using windows = this.dispatcher.windows(label);
    for (const part of rowParts(rows, columns, this.dispatcher.mostBound)) {
      const own = { rows: part.rows.size, columns };
      const bound = partsOf(windows, reads, sources, columns, part);
      if (reduced === "rows") {
        const lines = { rows: part.rows, columns: { from: 0, size: 1 } };
        const values = windows.write("out", { bound: target, stride: 1 }, lines).bound;
        this.#reduceAll(own, run, reads, bound, values, numbers);
        windows.store();
      } else if (part.rows.from === 0) {
        this.#reduceAll(own, run, reads, bound, target, numbers);
      } else {
        const more = this.dispatcher.scratch(4 * columns, label);
        this.#reduceAll(own, run, reads, bound, more, numbers);
        const one = { rows: 1, columns };
        const join = codeOf(joinOf[reduction], [0]);
        this.#dispatchMap(one, join, joined, [more], [target], [target], [], label);
        this.dispatcher.recorder.pool.free(more.block);
      }
    }
  }

  /** Reduces what can be bound as a whole. */
  #reduceAll(
    size: MatrixSize,
    run: ReduceRun,
    reads: Reads,
    sources: readonly Bound[],
    target: Bound,
    numbers: readonly number[],
  ): void {
    const { reduced, label } = run;
    const lines = reduced === "rows" ? size.rows : size.columns;
    const { pieces, ...layout } = layoutOf(size, reduced, this.dispatcher.mostBound);
    const partial = pieces > 1 ? this.dispatcher.scratch(4 * lines * pieces, label) : null;
    this.#reduce(size, { ...run, ...layout, pieces }, reads, sources, partial ?? target, numbers);
    if (!partial) return;
    const rest = reduced === "rows"
      ? { rows: lines, columns: pieces }
      : { rows: pieces, columns: lines };
    const whole = { ...layoutOf(rest, reduced, this.dispatcher.mostBound), pieces: 1 };
    const code = codeOf(identity, [0]);
    this.#reduce(rest, { ...run, code, ...whole }, itself, [partial], target, []);
    this.dispatcher.recorder.pool.free(partial.block);
  }

  #reduce(
    { rows, columns }: MatrixSize,
    { code, reduction, reduced, lanes, groups, pieces, label }: ReduceRun & ReduceLayout,
    reads: Reads,
    sources: readonly Bound[],
    target: Bound,
    numbers: readonly number[],
  ): void {
    const length = reduced === "rows" ? columns : rows;
    // Pieces of rows begin at whole vec4.
    const chunk = Math.ceil(length / pieces / 4) * 4;
    this.dispatcher.runFormula({
      key: `reduce ${reduction} ${reduced} ${lanes} ${placesOf(reads)} ${code.key}`,
      generate: () => reduceProgram({ code, reduction, reduced, lanes, ...reads }),
      reads: sources,
      writes: [target],
      updates: [target],
      numbers: [reduction === "sum" ? 0 : -Infinity, ...numbers],
      parameters: { m: rows, n: columns, chunk, tiles: pieces },
      groups,
      pieces,
      label,
    });
  }
}

/** What joins the reductions of two parts. */
const joinOf: Readonly<Record<Reduction, Formula>> = {
  sum: formulaOf(add(operand(0), operand(1))),
  max: formulaOf(max(operand(0), operand(1))),
};

const boundTo = (tensor: WebGpuTensor) => () => tensor.target;

/** A reduction, and what it is for. */
interface ReduceRun {
  readonly code: FormulaCode;
  readonly reduction: Reduction;
  readonly reduced: Reduced;
  readonly label: string;
}

/** How a reduction is laid out. */
interface ReduceLayout {
  readonly lanes: number;
  readonly groups: number;
  readonly pieces: number;
}

/** Threads share what is long; few lines are cut into pieces, so that all of a device has work. */
function layoutOf(
  { rows, columns }: MatrixSize,
  reduced: Reduced,
  mostBound: number,
): ReduceLayout {
  const ofRows = reduced === "rows";
  const quads = Math.max(1, Math.ceil(columns / 4));
  // Of few widths, since each is a program of its own.
  const lanes = quads === 1 ? 1 : quads <= 8 ? 8 : flatThreads;
  const groups = ofRows
    ? Math.ceil(rows * lanes / flatThreads)
    : Math.ceil(Math.ceil(columns / 4) / lanes);
  const length = ofRows ? columns : rows;
  const wanted = Math.min(
    Math.ceil(length / leastPiece),
    Math.floor(enoughGroups / Math.max(1, groups)),
    // Partial results are bound as a whole.
    Math.floor(mostBound / Math.max(1, ofRows ? rows : columns)),
  );
  // The last piece must not be empty, which would begin beyond the end.
  const chunk = Math.ceil(length / Math.max(1, wanted) / 4) * 4;
  return { lanes, groups, pieces: Math.max(1, Math.ceil(length / Math.max(4, chunk))) };
}
