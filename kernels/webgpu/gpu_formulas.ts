/**
 * Formulas of the kernel webgpu: which programs are dispatched, with which
 * buffers. A program may bind few of them (8 at least), so that the outputs of a
 * formula that needs more are computed in several dispatches.
 *
 * @module
 */
import { ArgumentError } from "../../common/errors.ts";
import type { MatrixSize } from "../checks.ts";
import type { Along } from "../formula/expression.ts";
import { type Formula, identity } from "../formula/formula.ts";
import type { Reduced, Reduction } from "../kernel.ts";
import type { Bound } from "./bind_groups.ts";
import type { Dispatcher } from "./dispatcher.ts";
import {
  codeOf,
  type FormulaCode,
  gatherProgram,
  mapProgram,
  outputName,
  type ReadOperand,
  reduceProgram,
} from "./formula_wgsl.ts";
import type { WebGpuTensor } from "./tensor.ts";
import { flatThreads } from "./wgsl.ts";

/** Outputs that are computed in one dispatch. */
interface Part {
  readonly outputs: readonly number[];
  readonly code: FormulaCode;
}

/** The distinct buffers that operands are read from, each with how it is read, and the name for each operand. */
interface Reads {
  readonly operands: Map<number, ReadOperand>;
  readonly reads: ReadOperand[];
  readonly tensors: WebGpuTensor[];
}

function readsOf(
  code: FormulaCode,
  inputs: readonly WebGpuTensor[],
  inPlace: (tensor: WebGpuTensor) => string | null = () => null,
): Reads {
  const found = new Map<WebGpuTensor, Map<Along, ReadOperand>>();
  const result: Reads = { operands: new Map(), reads: [], tensors: [] };
  for (const [index, along] of code.operands) {
    const tensor = inputs[index]!;
    const name = inPlace(tensor);
    const known = found.get(tensor) ?? new Map<Along, ReadOperand>();
    found.set(tensor, known);
    const read = name ? { name, along } : known.get(along) ?? { name: `in${index}`, along };
    if (!name && !known.has(along)) {
      known.set(along, read);
      result.reads.push(read);
      result.tensors.push(tensor);
    }
    result.operands.set(index, read);
  }
  return result;
}

/** Where operands come from, for a key: which names they have. */
function placesOf({ operands }: Reads): string {
  return [...operands].map(([index, { name }]) => `${index}:${name}`).join(",");
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
      const read = { name: "in0", along: "element" } as const;
      this.#dispatchMap(
        size,
        copy,
        {
          operands: new Map([[0, read]]),
          reads: [read],
          tensors: [],
        },
        [from],
        [outputs[i]!.target],
        [],
        [],
        label,
      );
      this.dispatcher.recorder.pool.free(from.block);
    }
  }

  /** The outputs in groups, each of which binds no more buffers than a program may. */
  #partsOf(formula: Formula, inputs: readonly WebGpuTensor[]): Part[] {
    const parts: Part[] = [];
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
    { code }: Part,
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
    const quads = Math.ceil(rows * columns / 4);
    this.dispatcher.runFormula({
      key: `map ${aligned} ${placesOf(reads)} ${code.key}`,
      generate: () => mapProgram({ code, ...reads, aligned }),
      reads: sources,
      writes,
      updates,
      numbers,
      parameters: { m: quads, n: columns, k: rows * columns },
      groups: Math.ceil(quads / flatThreads),
      label,
    });
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
    const lines = reduced === "rows" ? size.rows : size.columns;
    const { pieces, ...layout } = layoutOf(size, reduced);
    const target = out.target;
    const partial = pieces > 1 ? this.dispatcher.scratch(4 * lines * pieces, label) : null;
    const run = { reduction, reduced, label } as const;
    this.#reduce(
      size,
      { ...run, code, ...layout, pieces },
      reads,
      sources,
      partial ?? target,
      numbers,
    );
    if (!partial) return;
    const rest = reduced === "rows"
      ? { rows: lines, columns: pieces }
      : { rows: pieces, columns: lines };
    const read = { name: "in0", along: "element" } as const;
    const own = { operands: new Map([[0, read]]), reads: [read], tensors: [] };
    this.#reduce(
      rest,
      { ...run, code: codeOf(identity, [0]), ...layoutOf(rest, reduced), pieces: 1 },
      own,
      [partial],
      target,
      [],
    );
    this.dispatcher.recorder.pool.free(partial.block);
  }

  #reduce(
    { rows, columns }: MatrixSize,
    { code, reduction, reduced, lanes, groups, pieces, label }: {
      readonly code: FormulaCode;
      readonly reduction: Reduction;
      readonly reduced: Reduced;
      readonly label: string;
    } & ReduceLayout,
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
      updates: [],
      numbers: [reduction === "sum" ? 0 : -Infinity, ...numbers],
      parameters: { m: rows, n: columns, chunk, tiles: pieces },
      groups,
      pieces,
      label,
    });
  }

  /** Records the copy of rows. */
  gather(columns: number, a: WebGpuTensor, rows: Uint32Array, out: WebGpuTensor): void {
    if (out.size === 0) return;
    const label = `gather ${rows.length} x ${columns}`;
    const { dispatcher } = this;
    const { recorder } = dispatcher;
    const numbers = dispatcher.scratch(4 * rows.length, label);
    recorder.write(numbers.block, new Float32Array(rows.buffer, rows.byteOffset, rows.length));
    const vec4 = columns % 4 === 0;
    const [n, count] = vec4 ? [columns / 4, out.size / 4] : [columns, out.size];
    dispatcher.run({
      key: `gather ${vec4}`,
      generate: () => gatherProgram(vec4),
      reads: [a.source, numbers],
      write: out.target,
      parameters: { n, k: count },
      groups: Math.ceil(count / flatThreads),
      label,
    });
    recorder.pool.free(numbers.block);
  }
}

const boundTo = (tensor: WebGpuTensor) => () => tensor.target;

/** How a reduction is laid out. */
interface ReduceLayout {
  readonly lanes: number;
  readonly groups: number;
  readonly pieces: number;
}

/** Threads share what is long; few lines are cut into pieces, so that all of a device has work. */
function layoutOf({ rows, columns }: MatrixSize, reduced: Reduced): ReduceLayout {
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
  );
  // The last piece must not be empty, which would begin beyond the end.
  const chunk = Math.ceil(length / Math.max(1, wanted) / 4) * 4;
  return { lanes, groups, pieces: Math.max(1, Math.ceil(length / Math.max(4, chunk))) };
}
