/**
 * A kernel in WebAssembly memory: tensors are blocks of it, operations are
 * tasks for one thread or several. What wasm-simd and wasm-threads share.
 *
 * @module
 */
import { type Activation, activations, gradientNeedsZ } from "../activation.ts";
import {
  checkActivate,
  checkActivateGradient,
  checkData,
  checkDense,
  checkKernelAlive,
  checkMatmul,
  checkSumRows,
  checkTensorAlive,
  sizeOf,
} from "../checks.ts";
import { MemoryError } from "../../common/errors.ts";
import type { Kernel, KernelTraits, MatmulOptions, Tensor } from "../kernel.ts";
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

/** Blocks of tensors that were forgotten without being disposed. */
const forgotten = new FinalizationRegistry(({ heap, blocks }: Held) => {
  for (const address of blocks) heap.free(address);
});

/** What a tensor holds of the heap: its own block and those of its packed forms. */
interface Held {
  readonly heap: Heap;
  readonly blocks: Set<number>;
}

class WasmTensor implements Tensor {
  readonly shape: readonly number[];
  readonly size: number;
  readonly held: Held;
  version = 0;
  /** By whether the tensor is taken transposed. */
  readonly packed: [Packed | null, Packed | null] = [null, null];
  #address: number;
  #disposed = false;

  constructor(readonly kernel: WasmKernel, shape: readonly number[], data?: Float32Array) {
    this.size = sizeOf(shape);
    this.shape = Object.freeze([...shape]);
    checkData(this, data);
    const { heap } = kernel;
    this.#address = heap.allocate(4 * this.size);
    this.held = { heap, blocks: new Set([this.#address]) };
    forgotten.register(this, this.held, this.held);
    if (data) this.#view.set(data);
    else this.#view.fill(0);
  }

  get disposed(): boolean {
    return this.#disposed || this.kernel.disposed;
  }

  get address(): number {
    return this.#address;
  }

  write(data: Float32Array): void {
    checkTensorAlive(this);
    checkData(this, data);
    this.#view.set(data);
    this.version++;
  }

  // deno-lint-ignore require-await -- async, so that a disposed tensor rejects as on every kernel
  async read(): Promise<Float32Array> {
    checkTensorAlive(this);
    // Of an ArrayBuffer of its own, also where the memory is shared.
    return new Float32Array(this.#view);
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forgotten.unregister(this.held);
    for (const address of this.held.blocks) this.held.heap.free(address);
  }

  /** The elements; the memory's buffer is another one after it has grown. */
  get #view(): Float32Array {
    return new Float32Array(this.kernel.heap.memory.buffer, this.#address, this.size);
  }
}

/** The address of a tensor that the checks have found to be of this kernel; 0 for none. */
function at(tensor: Tensor | null | undefined): number {
  return tensor ? (tensor as WasmTensor).address : 0;
}

/** Marks a tensor as written to. */
function touch(tensor: Tensor | undefined): void {
  if (tensor) (tensor as WasmTensor).version++;
}

/** A kernel whose memory is a heap in WebAssembly and whose work is done by a team. */
export class WasmKernel implements Kernel {
  readonly traits: KernelTraits;
  disposed = false;

  constructor(
    readonly name: string,
    readonly heap: Heap,
    readonly team: Team,
    readonly options: CoreOptions,
  ) {
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

  tensor(shape: readonly number[], data?: Float32Array): Tensor {
    checkKernelAlive(this);
    return new WasmTensor(this, shape, data);
  }

  dense(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    activation: Activation,
    y: Tensor,
    z?: Tensor,
  ): void {
    const { m, n, k } = checkDense(this, x, weight, bias, activation, y, z);
    // Softmax needs whole rows: it is a step of its own.
    const pointwise = activation === "softmax" ? linear : activations.indexOf(activation);
    this.#multiply(weight, {}, {
      m,
      n,
      k,
      a: at(x),
      bias: at(bias),
      activation: pointwise,
      y: at(y),
      z: at(z),
      accumulate: 0,
    });
    if (activation === "softmax") this.#activate(activation, y, y, m, n);
    touch(y);
    touch(z);
  }

  matmul(a: Tensor, b: Tensor, out: Tensor, options: MatmulOptions = {}): void {
    const { m, n, k } = checkMatmul(this, a, b, out, options);
    const { transposeA = false, transposeB = false, accumulate = false } = options;
    this.#multiply(b, { transposeA, transposeB }, {
      m,
      n,
      k,
      a: at(a),
      bias: 0,
      activation: linear,
      y: at(out),
      z: 0,
      accumulate: accumulate ? 1 : 0,
    });
    touch(out);
  }

  activate(activation: Activation, z: Tensor, y: Tensor): void {
    const { rows, columns } = checkActivate(this, activation, z, y);
    this.#activate(activation, z, y, rows, columns);
    touch(y);
  }

  activateGradient(
    activation: Activation,
    z: Tensor | null,
    y: Tensor,
    dy: Tensor,
    dz: Tensor,
  ): void {
    const { rows, columns } = checkActivateGradient(this, activation, z, y, dy, dz);
    if (rows * columns > 0) {
      this.team.perform({
        kind: "gradient",
        activation: activations.indexOf(activation),
        x: at(gradientNeedsZ(activation) ? z : y),
        dy: at(dy),
        dz: at(dz),
        rows,
        columns,
      });
    }
    touch(dz);
  }

  sumRows(a: Tensor, out: Tensor, { accumulate = false } = {}): void {
    const { rows, columns } = checkSumRows(this, a, out);
    this.team.perform({
      kind: "sumRows",
      a: at(a),
      out: at(out),
      rows,
      columns,
      accumulate: accumulate ? 1 : 0,
    });
    touch(out);
  }

  finished(): Promise<void> {
    return Promise.resolve();
  }

  memory(): number {
    return this.disposed ? 0 : this.heap.used;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await this.team[Symbol.asyncDispose]();
  }

  #activate(activation: Activation, z: Tensor, y: Tensor, rows: number, columns: number): void {
    if (rows * columns === 0) return;
    this.team.perform({
      kind: "activate",
      activation: activations.indexOf(activation),
      z: at(z),
      y: at(y),
      rows,
      columns,
    });
  }

  #multiply(
    b: Tensor,
    { transposeA = false, transposeB = false }: MatmulOptions,
    task: Omit<TaskOf<"product">, "kind" | "b" | "layoutB" | "scratch">,
  ): void {
    const { m, n, k } = task;
    if (m === 0 || n === 0) return;
    // Nothing is read where k is 0, and one row or column lies alike either way.
    const scratch = transposeA && k > 0 && m > 1 ? this.heap.allocate(scratchBytes(m, k)) : 0;
    try {
      const thin = n === 1 || isThin(task, this.options.lanes);
      const packed = thin ? 0 : this.#packedOf(b as WasmTensor, transposeB, n, k);
      const { a, bias, activation, y, z, accumulate } = task;
      this.team.perform({
        kind: "product",
        m,
        n,
        k,
        a,
        scratch,
        b: packed || at(b),
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
    const { version, held: { blocks } } = b;
    if (old?.version === version && old.address) return old.address;
    let address = 0;
    if (old?.version === version) {
      address = this.#tryAllocate(packedBytes({ n, k }, this.options));
      if (address) {
        blocks.add(address);
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
      blocks.delete(old.address);
      this.heap.free(old.address);
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
