/**
 * The products of the kernel webgpu: which programs are dispatched for each, and
 * the padded copies of weights whose rows cannot be read by vec4.
 *
 * @module
 */
import type { Pointwise } from "../activation.ts";
import { numbered } from "./activations_wgsl.ts";
import type { Dimensions } from "../checks.ts";
import { type Bound, overwrite } from "./bind_groups.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { layOutProduct, type ProductLayout, type ProductShape } from "./product_layout.ts";
import { blocksOf } from "./product_parts.ts";
import { specOf } from "./product_spec.ts";
import { productProgram, reduceProgram } from "./product_wgsl.ts";
import { padProgram } from "./rows_wgsl.ts";
import type { WebGpuTensor } from "./tensor.ts";
import { biasMode, flatThreads, type FormulaActivation } from "./wgsl.ts";
import { rangesOf } from "./windows.ts";

/** What follows the sum of a product. */
export interface Epilogue {
  readonly bias: Bound | null;
  readonly activation: Pointwise;
  readonly accumulate: boolean;
  readonly y: Bound;
  /** Where the activation's input is stored too; default nowhere. */
  readonly z?: Bound | null;
  /** In place of the activation; default none. */
  readonly formula?: FormulaActivation | null;
}

// A weight of fewer elements is not worth a padded copy.
const leastPadded = 4096;

/** The products of one device. */
export class GpuProducts {
  constructor(
    readonly dispatcher: Dispatcher,
    /** The method of every product, rather than the best one. */
    readonly force: ProductShape["force"],
  ) {}

  /** Records a product; a is null for all ones. */
  multiply(
    shape: ProductShape,
    a: Bound | null,
    b: WebGpuTensor,
    epilogue: Epilogue,
    label: string,
  ): void {
    const { m, n, k } = shape;
    if (m === 0 || n === 0) return;
    const { force } = this;
    const wanted = force && a ? { ...shape, force } : shape;
    const blocks = blocksOf(shape, a !== null, this.dispatcher.mostBound);
    if (blocks.m < m || blocks.n < n || blocks.k < k) {
      return this.#multiplyParts(wanted, blocks, a, b.source, epilogue, label);
    }
    if (!epilogue.accumulate) overwrite(epilogue.y);
    if (epilogue.z) overwrite(epilogue.z);
    const padded = a ? this.#paddedOf(b, shape, label) : null;
    const layout = layOutProduct(
      padded ? { ...wanted, strideB: padded.stride } : wanted,
      this.dispatcher.limits,
    );
    const matrix = padded?.bound ?? b.source;
    const [left, right] = layout.swapped ? [matrix, a!] : [a, matrix];
    this.#run(layout, left, right, epilogue, label);
  }

  /** A product of operands that cannot be bound as a whole, in parts; those of k are added in y. */
  #multiplyParts(
    shape: ProductShape,
    blocks: Dimensions,
    a: Bound | null,
    b: Bound,
    { accumulate, bias, y, z, activation, formula }: Epilogue,
    label: string,
  ): void {
    const { m, n, k, transposeA, transposeB } = shape;
    using windows = this.dispatcher.windows(label);
    for (const rows of rangesOf(m, blocks.m)) {
      for (const columns of rangesOf(n, blocks.n)) {
        const part = { rows, columns };
        const output = windows.write("y", { bound: y, stride: n }, part, accumulate);
        const input = z ? windows.write("z", { bound: z, stride: n }, part).bound : null;
        const first = { rows: { from: 0, size: 1 }, columns };
        const added = bias && windows.read("bias", { bound: bias, stride: n }, first).bound;
        for (const steps of rangesOf(k, blocks.k)) {
          const left = a && windows.read(
            "a",
            { bound: a, stride: transposeA ? m : k },
            transposeA ? { rows: steps, columns: rows } : { rows, columns: steps },
          );
          const right = windows.read(
            "b",
            { bound: b, stride: transposeB ? k : n },
            transposeB ? { rows: columns, columns: steps } : { rows: steps, columns },
          );
          const size = { m: rows.size, n: columns.size, k: steps.size };
          const widthA = transposeA ? size.m : size.k;
          const strides = { a: left?.stride ?? widthA, b: right.stride, y: output.stride };
          const own = strides.a === widthA && strides.b === (transposeB ? size.k : size.n) &&
            strides.y === size.n;
          const layout = layOutProduct(
            { ...shape, ...size, ...(own ? {} : { strides }) },
            this.dispatcher.limits,
          );
          const last = steps.from + steps.size === k;
          const [one, other] = layout.swapped
            ? [right.bound, left!.bound]
            : [left && left.bound, right.bound];
          this.#run(layout, one, other, {
            y: output.bound,
            accumulate: accumulate || steps.from > 0,
            activation: "linear",
            bias: null,
            ...(last ? { activation, bias: added, z: input, formula: formula ?? null } : {}),
          }, label);
        }
        windows.store();
      }
    }
  }

  #run(
    layout: ProductLayout,
    a: Bound | null,
    b: Bound,
    { bias, y, z = null, activation, accumulate, formula = null }: Epilogue,
    label: string,
  ): void {
    const { m, n, k, splits, chunk, tilesN, tiles, swapped, strideY } = layout;
    const any = activation !== "linear" && activation !== "relu";
    const spec = specOf(layout, { any, z: z !== null, ones: a === null });
    const { partial, epilogue } = spec;
    // Of partial sums the second program applies the epilogue.
    const key = JSON.stringify(partial ? { ...spec, epilogue: null } : spec);
    const operands = a ? [a, b] : [b];
    // Without a bias b is bound in its place, and not read.
    const extra = bias ?? b;
    const quads = Math.ceil(n / 4);
    const sums = partial ? this.dispatcher.scratch(16 * splits * m * quads, label) : null;
    const last = {
      bias: biasMode[bias === null ? "none" : swapped ? "one" : "columns"],
      accumulate: accumulate ? 1 : 0,
      activation: numbered.indexOf(activation),
      stride_y: strideY,
    };
    const outputs = z ? [y, z] : [y];
    // Of partial sums the formula is applied by the second program.
    const own = sums ? null : formula;
    this.dispatcher.run({
      key: `product ${key}`,
      formula: own,
      generate: () => productProgram(spec, own),
      reads: sums ? operands : [...operands, extra],
      writes: sums ? [sums] : outputs,
      updates: sums ? [] : outputs,
      parameters: {
        m,
        n,
        k,
        stride_a: layout.a.stride,
        stride_b: layout.b.stride,
        tiles_n: tilesN,
        tiles,
        chunk,
        ...(sums ? {} : last),
      },
      groups: tiles,
      pieces: splits,
      label,
    });
    if (!sums) return;
    this.dispatcher.run({
      key: `reduce ${JSON.stringify(epilogue)}`,
      formula,
      generate: () => reduceProgram(epilogue, formula),
      reads: [sums, extra],
      writes: outputs,
      updates: outputs,
      parameters: { m, n, k: splits, ...last },
      groups: Math.ceil(m * quads / flatThreads),
      label,
    });
    this.dispatcher.recorder.pool.free(sums.block);
  }

  /** A copy of a weight with rows padded to vec4, where the weight cannot be read by vec4 and is used again. */
  #paddedOf(
    b: WebGpuTensor,
    { n, k, transposeB }: ProductShape,
    label: string,
  ): { readonly bound: Bound; readonly stride: number } | null {
    const [rows, columns] = transposeB ? [n, k] : [k, n];
    if (columns % 4 === 0 || n === 1 || b.size < leastPadded) return null;
    const stride = Math.ceil(columns / 4) * 4;
    const { version, padded } = b;
    const bytes = 4 * rows * stride;
    if (padded?.version === version && padded.block) {
      return { bound: { block: padded.block, bytes }, stride };
    }
    if (padded?.block) b.held.free(padded.block);
    if (padded?.version !== version || bytes > 4 * this.dispatcher.mostBound) {
      b.padded = { version, block: null };
      return null;
    }
    const bound = this.dispatcher.scratch(bytes, label);
    b.held.add(bound.block);
    b.padded = { version, block: bound.block };
    const count = rows * stride / 4;
    this.dispatcher.run({
      key: "pad",
      generate: () => padProgram,
      reads: [b.source],
      writes: [bound],
      parameters: { m: rows, n: columns, k: count, stride_b: stride },
      groups: Math.ceil(count / flatThreads),
      label,
    });
    return { bound, stride };
  }
}
