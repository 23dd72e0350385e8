/**
 * The kernel webgpu: which programs are dispatched for each operation, with which
 * buffers. Nothing waits here.
 *
 * @module
 */
import type { Activation } from "../activation.ts";
import { CheckedKernel } from "../checked_kernel.ts";
import type { Dimensions, MatrixSize } from "../checks.ts";
import type { Formula } from "../formula/formula.ts";
import type { KernelTraits, Reduced, Reduction } from "../kernel.ts";
import { webGpuActivationUlp, webGpuGradientUlp } from "./activations_wgsl.ts";
import type { Bound } from "./bind_groups.ts";
import type { OpenDevice } from "./device.ts";
import { Dispatcher, type ProgramDispatch } from "./dispatcher.ts";
import { webGpuFormulas } from "./formula_math_wgsl.ts";
import { activationOf } from "./formula_wgsl.ts";
import { recordGather } from "./gather.ts";
import { GpuFormulas } from "./gpu_formulas.ts";
import { type Epilogue, GpuProducts } from "./gpu_products.ts";
import { Pipelines } from "./pipelines.ts";
import { leastLimits, type Limits, type ProductShape, tileDepth, tiles } from "./product_layout.ts";
import { Recorder } from "./recorder.ts";
import {
  activateProgram,
  gradientProgram,
  lanesOf,
  softmaxGradientProgram,
  softmaxProgram,
} from "./rows_wgsl.ts";
import { WebGpuTensor } from "./tensor.ts";
import { flatThreads } from "./wgsl.ts";
import { flatParts, type Part, rowParts } from "./windows.ts";

/** Options for tests. */
export interface WebGpuOptions {
  /** Changes each WGSL text before it is compiled, for mutation tests. */
  readonly rewrite?: (wgsl: string) => string;
  /** The method of every product, rather than the best one. */
  readonly force?: ProductShape["force"];
  /** Limits in place of those of the device. */
  readonly limits?: Partial<Limits>;
  /** How many storage buffers a program may bind, in place of the device's limit. */
  readonly storageBuffers?: number;
}

/** What an operation on single elements or rows reads and writes. */
interface BoundOperands {
  readonly reads: readonly Bound[];
  readonly write: Bound;
  readonly label: string;
}

/** The kernel on a GPU. */
export class WebGpuKernel extends CheckedKernel<WebGpuTensor> {
  readonly name = "webgpu";
  traits: KernelTraits;
  readonly recorder: Recorder;
  readonly pipelines: Pipelines;
  readonly limits: Limits;
  readonly #dispatcher: Dispatcher;
  readonly #products: GpuProducts;
  readonly #formulas: GpuFormulas;

  constructor(
    readonly open: OpenDevice,
    readonly options: WebGpuOptions = {},
  ) {
    super();
    const { device, description } = open;
    const names = Object.keys(leastLimits) as (keyof Limits)[];
    const own = Object.fromEntries(names.map((name) => [name, device.limits[name]]));
    this.limits = { ...leastLimits, ...own, ...options.limits };
    this.recorder = new Recorder(open, this.limits.maxBufferSize);
    this.pipelines = new Pipelines(device, options.rewrite);
    this.#dispatcher = new Dispatcher(this.recorder, this.pipelines, this.limits);
    this.#products = new GpuProducts(this.#dispatcher, options.force);
    this.#formulas = new GpuFormulas(
      this.#dispatcher,
      options.storageBuffers ?? device.limits.maxStorageBuffersPerShaderStage,
    );
    const { rows, columns, threadRows, threadColumns } = tiles.at(-1)!;
    this.traits = {
      tile: { mr: threadRows, nr: threadColumns, mc: rows, nc: columns, kc: tileDepth },
      accumulator: "float32",
      // Until the trial.
      fused: false,
      // It depends on the layout: sequential in tiles, by threads for few rows, by pieces for long k.
      summation: { order: "unspecified" },
      rounding: "either",
      threads: 1,
      device: description,
      nan: "unspecified",
      denormals: "flushed",
      activationUlp: webGpuActivationUlp,
      gradientUlp: webGpuGradientUlp,
      formulas: webGpuFormulas,
    };
  }

  protected createTensor(shape: readonly number[], data?: Float32Array): WebGpuTensor {
    return new WebGpuTensor(this, this.recorder, shape, data, 4 * this.#dispatcher.mostBound);
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
    const input = x.source;
    const output = y.target;
    const epilogue = { bias: bias && bias.source, accumulate: false };
    if (activation !== "softmax") {
      const own = { ...epilogue, activation, y: output, z: z && z.target };
      return this.#products.multiply(shape, input, weight, own, label);
    }
    // Softmax needs whole rows, and is a dispatch of its own with a buffer in between, which z is where it is given.
    const between = z ? z.target : this.#dispatcher.scratch(4 * m * n, label);
    const sum = { ...epilogue, activation: "linear", y: between } as const;
    this.#products.multiply(shape, input, weight, sum, label);
    this.#activate(activation, between, output, { rows: m, columns: n }, label);
    if (!z) this.recorder.pool.free(between.block);
  }

  protected override computeDenseMap(
    { m, n, k }: Dimensions,
    x: WebGpuTensor,
    weight: WebGpuTensor,
    bias: WebGpuTensor | null,
    formula: Formula,
    y: WebGpuTensor,
    z: WebGpuTensor | null,
  ): void {
    this.#products.multiply(
      { m, n, k, transposeA: false, transposeB: false },
      x.source,
      weight,
      {
        bias: bias && bias.source,
        accumulate: false,
        activation: "linear",
        formula: activationOf(formula),
        y: y.target,
        z: z && z.target,
      },
      `denseMap ${m} x ${k} x ${n}`,
    );
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
    this.#products.multiply(shape, a.source, b, this.#plainEpilogue(out, accumulate), label);
  }

  protected computeActivation(
    size: MatrixSize,
    activation: Activation,
    z: WebGpuTensor,
    y: WebGpuTensor,
  ): void {
    const label = `activate ${size.rows} x ${size.columns}, ${activation}`;
    this.#activate(activation, z.source, y.target, size, label);
  }

  protected computeGradient(
    size: MatrixSize,
    activation: Activation,
    x: WebGpuTensor,
    dy: WebGpuTensor,
    dz: WebGpuTensor,
  ): void {
    const label = `gradient ${size.rows} x ${size.columns}, ${activation}`;
    const operands = { reads: [x.source, dy.source], write: dz.target, label };
    if (activation === "softmax") {
      this.#byRows("softmax gradient", softmaxGradientProgram, operands, size);
    } else {
      this.#byElements(`gradient ${activation}`, () => gradientProgram(activation), operands, size);
    }
  }

  protected computeRowSum(
    { rows, columns }: MatrixSize,
    a: WebGpuTensor,
    out: WebGpuTensor,
    accumulate: boolean,
  ): void {
    const label = `sumRows ${rows} x ${columns}`;
    // A row of ones times a.
    this.#products.multiply(
      { m: 1, n: columns, k: rows, transposeA: false, transposeB: false, force: "vector" },
      null,
      a,
      this.#plainEpilogue(out, accumulate),
      label,
    );
  }

  protected override computeMap(
    size: MatrixSize,
    formula: Formula,
    inputs: readonly WebGpuTensor[],
    outputs: readonly WebGpuTensor[],
    parameters: readonly number[],
  ): void {
    this.#formulas.map(size, formula, inputs, outputs, parameters);
  }

  protected override computeReduction(
    size: MatrixSize,
    reduction: Reduction,
    reduced: Reduced,
    formula: Formula,
    inputs: readonly WebGpuTensor[],
    out: WebGpuTensor,
    parameters: readonly number[],
  ): void {
    this.#formulas.reduce(size, reduction, reduced, formula, inputs, out, parameters);
  }

  protected override computeGather(
    columns: number,
    a: WebGpuTensor,
    rows: Uint32Array,
    out: WebGpuTensor,
  ): void {
    recordGather(this.#dispatcher, columns, a, rows, out);
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

  /** An epilogue without bias and activation. */
  #plainEpilogue(out: WebGpuTensor, accumulate: boolean): Epilogue {
    const y = accumulate ? out.source : out.target;
    return { bias: null, activation: "linear", accumulate, y };
  }

  #activate(
    activation: Activation,
    z: Bound,
    y: Bound,
    size: MatrixSize,
    label: string,
  ): void {
    const operands = { reads: [z], write: y, label };
    if (activation === "softmax") this.#byRows("softmax", softmaxProgram, operands, size);
    else {
      this.#byElements(`activate ${activation}`, () => activateProgram(activation), operands, size);
    }
  }

  #byRows(
    name: string,
    generate: (lanes: number) => string,
    operands: BoundOperands,
    { rows, columns }: MatrixSize,
  ): void {
    if (columns === 0) return;
    const lanes = lanesOf(columns);
    const parts = rowParts(rows, columns, this.#dispatcher.mostBound);
    this.#inParts(operands, columns, parts, (bound, part) => ({
      ...bound,
      key: `${name} ${lanes}`,
      generate: () => generate(lanes),
      parameters: { m: part.rows.size, n: columns },
      groups: Math.ceil(part.rows.size * lanes / flatThreads),
    }));
  }

  #byElements(
    key: string,
    generate: () => string,
    operands: BoundOperands,
    { rows, columns }: MatrixSize,
  ): void {
    const size = rows * columns;
    const parts = flatParts(size, this.#dispatcher.mostBound);
    this.#inParts(operands, size, parts, (bound, part) => {
      const quads = Math.ceil(part.columns.size / 4);
      return {
        ...bound,
        key,
        generate,
        parameters: { m: quads },
        groups: Math.ceil(quads / flatThreads),
      };
    });
  }

  /** Records a dispatch for each part of the operands, whose rows have so many elements. */
  #inParts(
    { reads, write, label }: BoundOperands,
    stride: number,
    parts: readonly Part[],
    dispatchOf: (
      bound: Pick<ProgramDispatch, "reads" | "writes" | "updates" | "label">,
      part: Part,
    ) => ProgramDispatch,
  ): void {
    using windows = this.#dispatcher.windows(label);
    for (const part of parts) {
      const own = reads.map((bound, i) => windows.read(`${i}`, { bound, stride }, part).bound);
      const writes = [windows.write("y", { bound: write, stride }, part).bound];
      this.#dispatcher.run(dispatchOf({ reads: own, writes, updates: writes, label }, part));
      windows.store();
    }
  }
}
