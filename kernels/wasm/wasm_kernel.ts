/**
 * A kernel in WebAssembly memory: tensors are blocks of it, operations are
 * tasks for one thread or several. What wasm-simd and wasm-threads share.
 *
 * @module
 */
import { type Activation, activations } from "../activation.ts";
import { CheckedKernel, CheckedTensor } from "../checked_kernel.ts";
import type { Dimensions, MatrixSize } from "../checks.ts";
import { MemoryError } from "../../common/errors.ts";
import { HeldBlocks } from "../held_blocks.ts";
import type { KernelTraits } from "../kernel.ts";
import type { CoreOptions } from "./core.ts";
import { blockPanels, chunksOf, kc, mc, rowsOfTile, tileVectors } from "./geometry.ts";
import type { Heap } from "./memory.ts";
import { isThin, layoutB, packedBytes, scratchBytes } from "./product.ts";
import type { Task, TaskOf } from "./tasks.ts";
import { vectorActivationUlp } from "./vector_activations.ts";

/** Who does the work. */
export interface Team extends AsyncDisposable {
  readonly threads: number;
  /** Does a task, all of it, before it returns. */
  perform(task: Task): void;
}

/** A weight as the loops read it, for one way of storing it. */
interface Packed {
  readonly version: number;
  /** 0 until the weight is seen a second time: a weight that is used once is not worth packing. */
  readonly address: number;
}

const linear = activations.indexOf("linear");

class WasmTensor extends CheckedTensor {
  readonly address: number;
  /** By whether the tensor is taken transposed. */
  readonly packed: [Packed | null, Packed | null] = [null, null];
  /** Its own block of the heap, and those of its packed forms. */
  readonly held: HeldBlocks<number>;
  readonly #heap: Heap;

  constructor(
    kernel: WasmKernel,
    shape: readonly number[],
    data: Float32Array | undefined,
  ) {
    super(kernel, shape, data);
    this.#heap = kernel.heap;
    this.address = this.#heap.allocate(4 * this.size);
    this.held = new HeldBlocks(this.#heap, this);
    this.held.add(this.address);
    if (data) this.#view.set(data);
    else this.#view.fill(0);
  }

  protected store(data: Float32Array): void {
    this.#view.set(data);
  }

  protected load(): Float32Array {
    // Of an ArrayBuffer of its own, also where the memory is shared.
    return new Float32Array(this.#view);
  }

  protected free(): void {
    this.held.freeAll();
  }

  /** The elements; the memory's buffer is another one after it has grown. */
  get #view(): Float32Array {
    return new Float32Array(this.#heap.memory.buffer, this.address, this.size);
  }
}

/** The address of a tensor; 0 for none. */
function at(tensor: WasmTensor | null): number {
  return tensor ? tensor.address : 0;
}

/** A kernel whose memory is a heap in WebAssembly and whose work is done by a team. */
export class WasmKernel extends CheckedKernel<WasmTensor> {
  readonly traits: KernelTraits;

  constructor(
    readonly name: string,
    readonly heap: Heap,
    readonly team: Team,
    readonly options: CoreOptions,
  ) {
    super();
    const { lanes, fused } = options;
    const nr = tileVectors * lanes;
    this.traits = {
      tile: { mr: rowsOfTile(nr, lanes), nr, mc, nc: blockPanels(lanes) * nr, kc },
      accumulator: "float32",
      fused,
      summation: { order: "blocked", block: (k) => chunksOf(k)[0]!.length },
      rounding: "nearest",
      threads: team.threads,
      device: `WebAssembly SIMD, ${lanes * 32} bit, ${fused ? "fused" : "separate"} multiply-add`,
      nan: "propagates",
      denormals: "kept",
      activationUlp: vectorActivationUlp,
    };
  }

  protected createTensor(shape: readonly number[], data?: Float32Array): WasmTensor {
    return new WasmTensor(this, shape, data);
  }

  protected computeDense(
    { m, n, k }: Dimensions,
    x: WasmTensor,
    weight: WasmTensor,
    bias: WasmTensor | null,
    activation: Activation,
    y: WasmTensor,
    z: WasmTensor | null,
  ): void {
    // Softmax needs whole rows: it is a step of its own.
    const pointwise = activation === "softmax" ? linear : activations.indexOf(activation);
    this.#multiply(weight, false, false, {
      m,
      n,
      k,
      a: x.address,
      bias: at(bias),
      activation: pointwise,
      y: y.address,
      z: at(z),
      accumulate: 0,
    });
    if (activation === "softmax") this.#activate(activation, y, y, m, n);
  }

  protected computeMatmul(
    { m, n, k }: Dimensions,
    a: WasmTensor,
    transposeA: boolean,
    b: WasmTensor,
    transposeB: boolean,
    out: WasmTensor,
    accumulate: boolean,
  ): void {
    this.#multiply(b, transposeA, transposeB, {
      m,
      n,
      k,
      a: a.address,
      bias: 0,
      activation: linear,
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
    this.team.perform({
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
    this.team.perform({
      kind: "sumRows",
      a: a.address,
      out: out.address,
      rows,
      columns,
      accumulate: accumulate ? 1 : 0,
    });
  }

  protected bytesInUse(): number {
    return this.heap.used;
  }

  protected async release(): Promise<void> {
    await this.team[Symbol.asyncDispose]();
  }

  #activate(
    activation: Activation,
    z: WasmTensor,
    y: WasmTensor,
    rows: number,
    columns: number,
  ): void {
    if (rows * columns === 0) return;
    this.team.perform({
      kind: "activate",
      activation: activations.indexOf(activation),
      z: z.address,
      y: y.address,
      rows,
      columns,
    });
  }

  #multiply(
    b: WasmTensor,
    transposeA: boolean,
    transposeB: boolean,
    task: Omit<TaskOf<"product">, "kind" | "b" | "layoutB" | "scratch">,
  ): void {
    const { m, n, k } = task;
    if (m === 0 || n === 0) return;
    // Nothing is read where k is 0, and one row or column lies alike either way.
    const scratch = transposeA && k > 0 && m > 1 ? this.heap.allocate(scratchBytes(m, k)) : 0;
    try {
      const thin = n === 1 || isThin(task, this.options.lanes);
      const packed = thin ? 0 : this.#packedOf(b, transposeB, n, k);
      const { a, bias, activation, y, z, accumulate } = task;
      this.team.perform({
        kind: "product",
        m,
        n,
        k,
        a,
        scratch,
        b: packed || b.address,
        layoutB: packed ? layoutB.packed : transposeB && k > 0 ? layoutB.transposed : layoutB.rows,
        bias,
        activation,
        y,
        z,
        accumulate,
      });
    } finally {
      if (scratch) this.heap.free(scratch);
    }
  }

  /** The packed form of a weight that was used before and not written since, or 0. */
  #packedOf(b: WasmTensor, transposed: boolean, n: number, k: number): number {
    const slot = transposed ? 1 : 0;
    const old = b.packed[slot];
    const { version, held } = b;
    if (old?.version === version && old.address) return old.address;
    let address = 0;
    if (old?.version === version) {
      address = this.#tryAllocate(packedBytes({ n, k }, this.options));
      if (address) {
        held.add(address);
        this.team.perform({
          kind: "pack",
          n,
          k,
          b: b.address,
          layoutB: transposed ? layoutB.transposed : layoutB.rows,
          to: address,
        });
      }
    } else if (old?.address) {
      held.free(old.address);
    }
    b.packed[slot] = { version, address };
    return address;
  }

  /** A packed weight is a convenience: without room for it the weight is read where it lies. */
  #tryAllocate(bytes: number): number {
    try {
      return this.heap.allocate(bytes);
    } catch (error) {
      if (error instanceof MemoryError) return 0;
      throw error;
    }
  }
}
