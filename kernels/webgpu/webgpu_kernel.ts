/**
 * The operations of the kernel webgpu: what is dispatched for each, with which
 * program and which buffers. Nothing is computed here and nothing waits.
 *
 * @module
 */
import type { Activation } from "../activation.ts";
import { CheckedKernel } from "../checked_kernel.ts";
import type { Dimensions, MatrixSize } from "../checks.ts";
import type { KernelTraits } from "../kernel.ts";
import { numbered, type Pointwise, webGpuActivationUlp } from "./activations_wgsl.ts";
import type { OpenDevice } from "./device.ts";
import {
  leastLimits,
  type Limits,
  type Plan,
  planProduct,
  type ProductShape,
  spread,
  tileDepth,
  tiles,
} from "./geometry.ts";
import { type Pipeline, Pipelines } from "./pipelines.ts";
import { flatThreads, productProgram, reduceProgram, takesFours } from "./product_wgsl.ts";
import { type Bound, type Dispatch, Recorder } from "./recorder.ts";
import {
  activateProgram,
  gradientProgram,
  lanesOf,
  padProgram,
  softmaxGradientProgram,
  softmaxProgram,
} from "./rows_wgsl.ts";
import { WebGpuTensor } from "./tensor.ts";
import { biasMode, type Ending } from "./wgsl.ts";

/** What tests may ask of the kernel besides {@linkcode KernelOptions}. */
export interface WebGpuOptions {
  /** Changes each WGSL text before it is compiled, for tests that must see a broken one fail. */
  readonly rewrite?: (wgsl: string) => string;
  /** The program of every product, in place of the best one. */
  readonly force?: ProductShape["force"];
  /** Smaller limits than the device's. */
  readonly limits?: Partial<Limits>;
}

/** What follows the sum of a product. */
interface Finish {
  readonly bias: Bound | null;
  readonly activation: Pointwise;
  readonly accumulate: boolean;
  readonly y: Bound;
}

// A weight of fewer elements is not worth a padded copy.
const leastPadded = 4096;

/** The kernel on a GPU. */
export class WebGpuKernel extends CheckedKernel<WebGpuTensor> {
  readonly name = "webgpu";
  traits: KernelTraits;
  readonly recorder: Recorder;
  readonly pipelines: Pipelines;
  readonly limits: Limits;

  constructor(
    readonly open: OpenDevice,
    readonly options: WebGpuOptions = {},
  ) {
    super();
    const { device, description } = open;
    this.recorder = new Recorder(open);
    const names = Object.keys(leastLimits) as (keyof Limits)[];
    const own = Object.fromEntries(names.map((name) => [name, device.limits[name]]));
    this.limits = { ...leastLimits, ...own, ...options.limits };
    this.pipelines = new Pipelines(device, options.rewrite);
    const { rows, columns, threadRows, threadColumns } = tiles.at(-1)!;
    this.traits = {
      tile: { mr: threadRows, nr: threadColumns, mc: rows, nc: columns, kc: tileDepth },
      accumulator: "float32",
      // Until it is tried.
      fused: false,
      // Each geometry has its own: along k in tiles, in lanes for few rows, in pieces for long k.
      summation: { order: "unspecified" },
      rounding: "either",
      threads: 1,
      device: description,
      nan: "unspecified",
      denormals: "flushed",
      activationUlp: webGpuActivationUlp,
    };
  }

  protected createTensor(shape: readonly number[], data?: Float32Array): WebGpuTensor {
    return new WebGpuTensor(this, this.recorder, shape, data);
  }

  protected computeDense(
    { m, n, k }: Dimensions,
    x: WebGpuTensor,
    weight: WebGpuTensor,
    bias: WebGpuTensor | null,
    activation: Activation,
    y: WebGpuTensor,
    z: WebGpuTensor | null,
  ): void {
    const label = `dense ${m} x ${k} x ${n}, ${activation}`;
    const shape = { m, n, k, transposeA: false, transposeB: false };
    const finish = { bias: bias && bias.source, accumulate: false };
    const input = x.source;
    const output = y.target;
    // Softmax needs whole rows: a step of its own, from a buffer between. So does z, which is such a buffer.
    const rowwise = activation === "softmax";
    const between = z ? z.target : rowwise ? this.#scratch(4 * m * n, label) : null;
    this.#multiply(shape, input, weight, {
      ...finish,
      activation: between ? "linear" : activation as Pointwise,
      y: between ?? output,
    }, label);
    if (between) this.#activate(activation, between, output, m, n, label);
    if (between && !z) this.recorder.pool.free(between.block);
  }

  protected computeMatmul(
    { m, n, k }: Dimensions,
    a: WebGpuTensor,
    transposeA: boolean,
    b: WebGpuTensor,
    transposeB: boolean,
    out: WebGpuTensor,
    accumulate: boolean,
  ): void {
    const label = `matmul ${m} x ${k} x ${n}`;
    const shape = { m, n, k, transposeA, transposeB };
    this.#multiply(shape, a.source, b, this.#plainFinish(out, accumulate), label);
  }

  protected computeActivation(
    { rows, columns }: MatrixSize,
    activation: Activation,
    z: WebGpuTensor,
    y: WebGpuTensor,
  ): void {
    const label = `activate ${rows} x ${columns}, ${activation}`;
    this.#activate(activation, z.source, y.target, rows, columns, label);
  }

  protected computeGradient(
    { rows, columns }: MatrixSize,
    activation: Activation,
    x: WebGpuTensor,
    dy: WebGpuTensor,
    dz: WebGpuTensor,
  ): void {
    const label = `gradient ${rows} x ${columns}, ${activation}`;
    const use = { reads: [x.source, dy.source], writes: [dz.target], label };
    if (activation === "softmax") {
      const lanes = lanesOf(columns);
      const pipeline = this.pipelines.get(
        `softmax gradient ${lanes}`,
        { reads: 2, writes: 1 },
        label,
        () => softmaxGradientProgram(lanes),
      );
      return this.#byRows(pipeline, use, rows, columns, lanes);
    }
    const pipeline = this.pipelines.get(
      `gradient ${activation}`,
      { reads: 2, writes: 1 },
      label,
      () => gradientProgram(activation),
    );
    this.#flat(pipeline, use, rows * columns);
  }

  protected computeRowSum(
    { rows, columns }: MatrixSize,
    a: WebGpuTensor,
    out: WebGpuTensor,
    accumulate: boolean,
  ): void {
    const label = `sumRows ${rows} x ${columns}`;
    // A row of ones times a.
    this.#multiply(
      { m: 1, n: columns, k: rows, transposeA: false, transposeB: false, force: "vector" },
      null,
      a,
      this.#plainFinish(out, accumulate),
      label,
    );
  }

  override finished(): Promise<void> {
    return this.disposed ? Promise.resolve() : this.recorder.finished();
  }

  protected bytesInUse(): number {
    return this.recorder.pool.used;
  }

  protected release(): void {
    this.recorder.dispose();
  }

  /** An ending without bias and activation. */
  #plainFinish(out: WebGpuTensor, accumulate: boolean): Finish {
    const y = accumulate ? out.source : out.target;
    return { bias: null, activation: "linear", accumulate, y };
  }

  /** A product; a is null for all ones. */
  #multiply(
    shape: ProductShape,
    a: Bound | null,
    b: WebGpuTensor,
    finish: Finish,
    label: string,
  ): void {
    const { m, n } = shape;
    if (m === 0 || n === 0) return;
    const { force } = this.options;
    const wanted = force && a ? { ...shape, force } : shape;
    const padded = a ? this.#paddedOf(b, shape, label) : null;
    const plan = planProduct(
      padded ? { ...wanted, strideB: padded.stride } : wanted,
      this.limits,
    );
    const matrix = padded?.bound ?? b.source;
    const [left, right] = plan.swapped ? [matrix, a!] : [a, matrix];
    this.#run(plan, left, right, finish, label);
  }

  #run(plan: Plan, a: Bound | null, b: Bound, finish: Finish, label: string): void {
    const { m, n, k, kernel, splits, chunk, tilesN, tiles, swapped } = plan;
    const { limits } = this;
    const { bias, y, activation, accumulate } = finish;
    const partial = splits > 1;
    const any = activation !== "linear" && activation !== "relu";
    const ending: Ending = { any, vec4: plan.storeVec4, fit: plan.fit && !partial };
    const spec = {
      kernel,
      aTransposed: plan.a.transposed,
      aVec4: plan.a.vec4 && takesFours(kernel, plan.a.transposed),
      bTransposed: plan.b.transposed,
      bVec4: plan.b.vec4,
      fit: plan.fit,
      partial,
      ones: a === null,
    };
    const key = JSON.stringify(partial ? spec : { ...spec, ending });
    const operands = a ? [a, b] : [b];
    // Without a bias anything is bound in its place, and not read.
    const extra = bias ?? b;
    const quads = Math.ceil(n / 4);
    const scratch = partial ? this.#scratch(16 * splits * m * quads, label) : null;
    const reads = scratch ? operands : [...operands, extra];
    const last = {
      bias: biasMode[bias === null ? "none" : swapped ? "one" : "columns"],
      accumulate: accumulate ? 1 : 0,
      activation: numbered.indexOf(activation),
    };
    this.recorder.dispatch({
      pipeline: this.pipelines.get(
        `product ${key}`,
        { reads: reads.length, writes: 1 },
        label,
        () => productProgram({ ...spec, ending }),
      ),
      reads,
      writes: [scratch ?? y],
      parameters: {
        m,
        n,
        k,
        stride_a: plan.a.stride,
        stride_b: plan.b.stride,
        tiles_n: tilesN,
        tiles,
        chunk,
        ...(scratch ? {} : last),
      },
      groups: [...spread(tiles, limits), splits],
      label,
    });
    if (!scratch) return;
    this.recorder.dispatch({
      pipeline: this.pipelines.get(
        `reduce ${JSON.stringify(ending)}`,
        { reads: 2, writes: 1 },
        label,
        () => reduceProgram(ending),
      ),
      reads: [scratch, extra],
      writes: [y],
      parameters: { m, n, k: splits, ...last },
      groups: [...spread(Math.ceil(m * quads / flatThreads), limits), 1],
      label,
    });
    this.recorder.pool.free(scratch.block);
  }

  /** A copy of a weight with rows padded to fours, where its own cannot be read by fours and it is used again. */
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
    if (padded?.version !== version || bytes > this.recorder.pool.most) {
      b.padded = { version, block: null };
      return null;
    }
    const { block } = this.#scratch(bytes, label);
    b.held.add(block);
    b.padded = { version, block };
    const count = rows * stride / 4;
    this.recorder.dispatch({
      pipeline: this.pipelines.get("pad", { reads: 1, writes: 1 }, label, () => padProgram),
      reads: [b.source],
      writes: [{ block, bytes }],
      parameters: { m: rows, n: columns, k: count, stride_b: stride },
      groups: [...spread(Math.ceil(count / flatThreads), this.limits), 1],
      label,
    });
    return { bound: { block, bytes }, stride };
  }

  #scratch(bytes: number, label: string): Bound {
    return { block: this.recorder.pool.take(Math.max(16, bytes), label), bytes };
  }

  #activate(
    activation: Activation,
    z: Bound,
    y: Bound,
    rows: number,
    columns: number,
    label: string,
  ): void {
    const use = { reads: [z], writes: [y], label };
    const program = (key: string, generate: () => string) =>
      this.pipelines.get(key, { reads: 1, writes: 1 }, label, generate);
    if (activation === "softmax") {
      const lanes = lanesOf(columns);
      const pipeline = program(`softmax ${lanes}`, () => softmaxProgram(lanes));
      return this.#byRows(pipeline, use, rows, columns, lanes);
    }
    const pipeline = program(`activate ${activation}`, () => activateProgram(activation));
    this.#flat(pipeline, use, rows * columns);
  }

  #byRows(
    pipeline: Pipeline,
    use: Pick<Dispatch, "reads" | "writes" | "label">,
    rows: number,
    columns: number,
    lanes: number,
  ): void {
    const count = columns === 0 ? 0 : Math.ceil(rows * lanes / flatThreads);
    this.recorder.dispatch({
      ...use,
      pipeline,
      parameters: { m: rows, n: columns },
      groups: [...spread(count, this.limits), 1],
    });
  }

  #flat(
    pipeline: Pipeline,
    use: Pick<Dispatch, "reads" | "writes" | "label">,
    elements: number,
  ): void {
    const quads = Math.ceil(elements / 4);
    this.recorder.dispatch({
      ...use,
      pipeline,
      parameters: { m: quads },
      groups: [...spread(Math.ceil(quads / flatThreads), this.limits), 1],
    });
  }
}
