/**
 * A kernel in WebAssembly memory: tensors are blocks of it, and operations are
 * tasks for one thread or several. wasm-simd and wasm-threads are such kernels.
 *
 * @module
 */
import {
  type Activation,
  activations,
  float64ActivationUlp,
  float64GradientUlp,
} from "../activation.ts";
import { CheckedKernel } from "../checked_kernel.ts";
import { checkKernelAlive, type Dimensions, type MatrixSize } from "../checks.ts";
import { checkDenseInt8, checkInt8Weight } from "../int8/checks.ts";
import type { Formula } from "../formula/formula.ts";
import type {
  Int8Weight,
  KernelTraits,
  NetworkLayer,
  Reduced,
  Reduction,
  Tensor,
} from "../kernel.ts";
import { checkNetwork, networkByLayers } from "../network.ts";
import { type CoreOptions, startOfRoom } from "./core.ts";
import { blockPanels, chunksOf, kc, mc, rowsOfTile, tileVectors } from "./geometry.ts";
import type { Executor } from "./executor.ts";
import { FormulaCalls } from "./formula_calls.ts";
import { wasmFormulas } from "./formula_traits.ts";
import { multiplyInt8, WasmInt8Weight } from "./int8_products.ts";
import { type Int8Method, int8Method } from "./int8_probe.ts";
import type { Heap } from "./memory.ts";
import { Networks } from "./networks.ts";
import { PackedWeights } from "./packed_weights.ts";
import { methodOf, scratchBytes } from "./product.ts";
import { prepare, repeats } from "./prepared_product.ts";
import { layoutOfB, linear, type ProductTask, reductions } from "./tasks.ts";
import { WasmTensor } from "./wasm_tensor.ts";

/** What follows the sums of a product. */
export type Epilogue = Pick<
  ProductTask,
  "bias" | "activation" | "formula" | "y" | "z" | "accumulate"
>;

/** A kernel whose memory is a heap in WebAssembly and whose work is done by an executor. */
export class WasmKernel extends CheckedKernel<WasmTensor> {
  readonly traits: KernelTraits;
  readonly #formulas: FormulaCalls;
  readonly #networks: Networks;
  readonly #packed: PackedWeights;

  constructor(
    readonly name: string,
    readonly heap: Heap,
    readonly executor: Executor,
    readonly options: CoreOptions,
    /** What a kernel claims otherwise whose products are another's. */
    own: Partial<KernelTraits> = {},
  ) {
    super();
    this.#formulas = new FormulaCalls(heap.memory, startOfRoom(options.threads));
    this.#packed = new PackedWeights(heap, executor, options);
    this.#networks = new Networks(heap, executor, options, this.#packed);
    this.traits = {
      // What depends on the tile is told where it is asked for: to choose it takes time.
      get tile() {
        const { lanes } = options;
        const nr = tileVectors * lanes;
        return { mr: rowsOfTile(nr, lanes), nr, mc, nc: blockPanels(lanes) * nr, kc };
      },
      accumulator: "float32",
      fused: options.fused,
      summation: { order: "blocked", block: (k) => chunksOf(k)[0]!.length },
      rounding: "nearest",
      threads: executor.threads,
      get device() {
        const { lanes, fused } = options;
        return `WebAssembly SIMD, ${lanes * 32} bit, ${fused ? "fused" : "separate"} multiply-add`;
      },
      nan: "propagates",
      denormals: "kept",
      activationUlp: float64ActivationUlp,
      gradientUlp: float64GradientUlp,
      formulas: wasmFormulas,
      ...own,
    };
  }

  protected createTensor(shape: readonly number[], data?: Float32Array): WasmTensor {
    return new WasmTensor(this, shape, data);
  }

  protected computeDense(
    dimensions: Dimensions,
    x: WasmTensor,
    weight: WasmTensor,
    bias: WasmTensor | null,
    activation: Activation,
    y: WasmTensor,
    z: WasmTensor | null,
  ): void {
    // Softmax needs whole rows, and is a task of its own.
    const rowwise = activation === "softmax";
    const own = rowwise ? "linear" : activation;
    const atBias = bias ? bias.address : 0;
    if (z !== null || !repeats(this.executor, dimensions.m, x, weight, atBias, own, y)) {
      this.multiply(dimensions, x, false, weight, false, {
        bias: atBias,
        activation: activations.indexOf(own),
        formula: 0,
        y: y.address,
        z: z ? z.address : 0,
        accumulate: 0,
      });
    }
    if (rowwise) this.#activate(activation, y, y, dimensions.m, dimensions.n);
  }

  protected override computeDenseMap(
    dimensions: Dimensions,
    x: WasmTensor,
    weight: WasmTensor,
    bias: WasmTensor | null,
    formula: Formula,
    y: WasmTensor,
    z: WasmTensor | null,
  ): void {
    this.multiply(dimensions, x, false, weight, false, {
      bias: bias ? bias.address : 0,
      activation: linear,
      formula: this.#formulas.place(formula),
      y: y.address,
      z: z ? z.address : 0,
      accumulate: 0,
    });
  }

  protected override computeMap(
    { rows, columns }: MatrixSize,
    formula: Formula,
    inputs: readonly WasmTensor[],
    outputs: readonly WasmTensor[],
    parameters: readonly number[],
  ): void {
    if (rows * columns === 0) return;
    const number = this.#formulas.call(formula, { inputs, outputs, parameters });
    const work = this.#formulas.workOf(formula, rows * columns);
    this.executor.perform({ kind: "map", formula: number, work, rows, columns });
  }

  protected override computeReduction(
    { rows, columns }: MatrixSize,
    reduction: Reduction,
    reduced: Reduced,
    formula: Formula,
    inputs: readonly WasmTensor[],
    out: WasmTensor,
    parameters: readonly number[],
  ): void {
    if (out.size === 0) return;
    this.executor.perform({
      kind: "reduce",
      formula: this.#formulas.call(formula, { inputs, outputs: [out], parameters }),
      work: this.#formulas.workOf(formula, 2 * rows * columns),
      reduction: reductions.indexOf(reduction),
      byColumn: reduced === "columns" ? 1 : 0,
      rows,
      columns,
    });
  }

  protected override computeGather(
    columns: number,
    a: WasmTensor,
    rows: Uint32Array,
    out: WasmTensor,
  ): void {
    if (out.size === 0) return;
    const numbers = this.heap.allocate(rows.byteLength);
    try {
      new Uint32Array(this.heap.memory.buffer, numbers, rows.length).set(rows);
      this.executor.perform({
        kind: "gather",
        a: a.address,
        numbers,
        out: out.address,
        rows: rows.length,
        columns,
      });
    } finally {
      this.heap.free(numbers);
    }
  }

  protected computeMatmul(
    dimensions: Dimensions,
    a: WasmTensor,
    transposeA: boolean,
    b: WasmTensor,
    transposeB: boolean,
    out: WasmTensor,
    accumulate: boolean,
  ): void {
    const plain = !transposeA && !transposeB && !accumulate;
    if (plain && repeats(this.executor, dimensions.m, a, b, 0, "linear", out)) return;
    this.multiply(dimensions, a, transposeA, b, transposeB, {
      bias: 0,
      activation: linear,
      formula: 0,
      y: out.address,
      z: 0,
      accumulate: accumulate ? 1 : 0,
    });
  }

  protected computeActivation(
    { rows, columns }: MatrixSize,
    activation: Activation,
    z: WasmTensor,
    y: WasmTensor,
  ): void {
    this.#activate(activation, z, y, rows, columns);
  }

  protected computeGradient(
    { rows, columns }: MatrixSize,
    activation: Activation,
    x: WasmTensor,
    dy: WasmTensor,
    dz: WasmTensor,
  ): void {
    if (rows * columns === 0) return;
    this.executor.perform({
      kind: "gradient",
      activation: activations.indexOf(activation),
      x: x.address,
      dy: dy.address,
      dz: dz.address,
      rows,
      columns,
    });
  }

  protected computeRowSum(
    { rows, columns }: MatrixSize,
    a: WasmTensor,
    out: WasmTensor,
    accumulate: boolean,
  ): void {
    this.executor.perform({
      kind: "sumRows",
      a: a.address,
      out: out.address,
      rows,
      columns,
      accumulate: accumulate ? 1 : 0,
    });
  }

  int8Weight(
    shape: readonly [number, number],
    values: Int8Array | Tensor,
    scale: Float32Array | Tensor,
    method: Int8Method = int8Method(),
  ): WasmInt8Weight {
    checkKernelAlive(this);
    const elementsOf = (tensor: Tensor) => (tensor as WasmTensor).data;
    const weight = checkInt8Weight(this, shape, values, scale, elementsOf);
    return new WasmInt8Weight(this, shape, weight, method);
  }

  denseInt8(
    x: Tensor,
    weight: Int8Weight,
    bias: Tensor | null,
    activation: Activation,
    y: Tensor,
  ): void {
    const dimensions = checkDenseInt8(this, x, weight, bias, activation, y);
    const rowwise = activation === "softmax";
    const [from, packed, to] = [x as WasmTensor, weight as WasmInt8Weight, y as WasmTensor];
    multiplyInt8(this.heap, this.executor, dimensions, from.address, packed, {
      bias: bias ? (bias as WasmTensor).address : 0,
      activation: rowwise ? linear : activations.indexOf(activation),
      y: to.address,
    });
    if (rowwise) this.#activate(activation, to, to, dimensions.m, dimensions.n);
    to.version++;
  }

  network(x: Tensor, layers: readonly NetworkLayer[], y: Tensor): void {
    const [from, to] = [x as WasmTensor, y as WasmTensor];
    checkNetwork(this, from, layers, to);
    if (this.computeNetwork(from, layers, to)) to.version++;
    else networkByLayers(this, x, layers, y);
  }

  /** Computes a network as one task; false where that is slower than layer by layer, or not possible. */
  protected computeNetwork(
    x: WasmTensor,
    layers: readonly NetworkLayer[],
    y: WasmTensor,
  ): boolean {
    return this.#networks.compute(x, layers, y);
  }

  protected bytesInUse(): number {
    return this.heap.used;
  }

  protected async release(): Promise<void> {
    await this.executor[Symbol.asyncDispose]();
  }

  #activate(
    activation: Activation,
    z: WasmTensor,
    y: WasmTensor,
    rows: number,
    columns: number,
  ): void {
    if (rows * columns === 0) return;
    this.executor.perform({
      kind: "activate",
      activation: activations.indexOf(activation),
      z: z.address,
      y: y.address,
      rows,
      columns,
    });
  }

  /** y = activation(a · b + bias), or y += a · b. */
  protected multiply(
    { m, n, k }: Dimensions,
    a: WasmTensor,
    transposeA: boolean,
    b: WasmTensor,
    transposeB: boolean,
    epilogue: Epilogue,
  ): void {
    if (m === 0 || n === 0) return;
    const tiled = methodOf({ m, n, k }, this.options) === "tiles";
    const packed = tiled
      ? this.#packed.addressOf(b, transposeB ? "transposed" : "stored", n, k)
      : 0;
    const stored = transposeB && k > 0 ? layoutOfB.transposed : layoutOfB.rows;
    // Where k is 0 nothing is read, and a single row is stored like a column.
    const scratch = transposeA && k > 0 && m > 1 ? this.heap.allocate(scratchBytes(m, k)) : 0;
    const { bias, activation, formula, y, z, accumulate } = epilogue;
    // Field by field: to spread the epilogue takes as long as a small product.
    const task: ProductTask = {
      kind: "product",
      m,
      n,
      k,
      a: a.address,
      scratch,
      b: packed || b.address,
      layoutB: packed ? layoutOfB.packed : stored,
      bias,
      activation,
      formula,
      y,
      z,
      accumulate,
    };
    if (scratch === 0) {
      if (!transposeB) prepare(this.executor, task, b);
      return this.executor.perform(task);
    }
    try {
      this.executor.perform(task);
    } finally {
      this.heap.free(scratch);
    }
  }
}
