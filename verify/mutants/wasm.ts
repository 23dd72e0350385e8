/**
 * Mutants of WebAssembly: single instructions changed in the generated code of
 * wasm-simd, a heap without the room that vector loads need, and executors of
 * threads that do not share the work as they should.
 *
 * @module
 */
import type { Kernel } from "../../kernels/kernel.ts";
import type { MemoryImport } from "../../kernels/wasm/assembler.ts";
import {
  Core,
  type CoreOptions,
  createMemory,
  memoryOf,
  startOfHeap,
} from "../../kernels/wasm/core.ts";
import type { Executor } from "../../kernels/wasm/executor.ts";
import { detectSimdFeatures } from "../../kernels/wasm/features.ts";
import { Heap } from "../../kernels/wasm/memory.ts";
import { Performer } from "../../kernels/wasm/performer.ts";
import type { Task } from "../../kernels/wasm/tasks.ts";
import { WasmKernel } from "../../kernels/wasm/wasm_kernel.ts";
import type { Mutant } from "./mutant.ts";
import { type Change, changeInstructions, lebOfLength, vector } from "./wasm_code.ts";

const key = { key: true };

/** A core whose code is changed before it is compiled. */
class ChangedCore extends Core {
  constructor(
    memory: WebAssembly.Memory,
    options: CoreOptions,
    /** The modules by their names in the core, and what is changed in them; the first that finds something is taken. */
    readonly modules: RegExp,
    readonly changes: readonly Change[],
  ) {
    super(memory, options, 0);
  }

  override made<E>(
    name: string,
    bytes: (memory: MemoryImport) => Uint8Array<ArrayBuffer>,
    imports: Readonly<Record<string, WebAssembly.Table>> = {},
  ): E {
    if (!this.modules.test(name)) return super.made(name, bytes, imports);
    const code = bytes(memoryOf(this.options));
    const changed = this.changes.reduce<Uint8Array<ArrayBuffer> | null>(
      (done, change) => done ?? changeInstructions(code, change),
      null,
    );
    const module = new WebAssembly.Module(changed ?? code);
    return new WebAssembly.Instance(module, { env: { memory: this.memory, ...imports } })
      .exports as E;
  }
}

/** Vector loads may reach beyond a block's end; this heap has no room for that. */
class TightHeap extends Heap {
  override allocate(bytes: number): number {
    return super.allocate(Math.max(0, bytes - 64));
  }

  override reserveAllBut(bytes: number): number {
    return super.reserveAllBut(Math.max(0, bytes - 64));
  }
}

/** A Wasm kernel on one thread, made of an executor and a heap. */
function wasmKernelWith(
  threads: number,
  executorOf: (memory: WebAssembly.Memory, options: CoreOptions) => Executor["perform"],
  HeapClass: typeof Heap = Heap,
): Kernel {
  const options = { ...detectSimdFeatures(), shared: false, threads };
  const memory = createMemory(options);
  const executor = {
    threads: 1,
    perform: executorOf(memory, options),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return new WasmKernel(
    "wasm-mutant",
    new HeapClass(memory, startOfHeap(threads)),
    executor,
    options,
  );
}

function changed(
  name: string,
  killer: string,
  modules: RegExp,
  changes: readonly Change[],
  { key = false } = {},
): Mutant {
  return {
    name,
    kind: "WebAssembly",
    killer,
    key,
    // deno-lint-ignore require-await -- async, so that a machine without SIMD rejects
    create: async () =>
      wasmKernelWith(1, (memory, options) => {
        const performer = new Performer(new ChangedCore(memory, options, modules, changes));
        return (task) => performer.perform(task);
      }),
  };
}

/** The same instruction under another number. */
function renumbered(from: number, to: number): (bytes: Uint8Array) => number[] {
  return (bytes) => [...bytes].map((byte, i) => i === 1 ? byte + (to - from) : byte);
}

/** An i32.const of a small value as another one. */
function constant(from: number, to: number): (bytes: Uint8Array) => number[] | null {
  return (bytes) => bytes.length === 2 && bytes[1] === from ? [0x41, to] : null;
}

/** A load or store at another offset. */
function moved(by: number): (bytes: Uint8Array, operands: number) => number[] | null {
  return (bytes, operands) => {
    // After the alignment hint; a lane may follow, which no load or store here has.
    const old = [...bytes.subarray(operands + 1)];
    const value = old.reduce((sum, byte, i) => sum + (byte & 0x7f) * 128 ** i, 0);
    const next = lebOfLength(value + by, old.length);
    return next && [...bytes.subarray(0, operands + 1), ...next];
  };
}

const ops = {
  load: vector(0),
  const: vector(12),
  shuffle: vector(13),
  store64Lane: vector(91),
  add: vector(228),
  nearest: vector(106),
  greaterSigned: 0x4a,
  i32const: 0x41,
  madd: vector(0x105),
} as const;

// The functions of a tile's module, in order.
const funcs = { panel: 0, rows: 1, tile: 2, block: 3 } as const;

/** Bytes of the n-th lane of a shuffle or constant changed. */
function bytesFrom(at: number, change: (byte: number) => number) {
  return (bytes: Uint8Array, operands: number) =>
    [...bytes].map((byte, i) => i >= operands + at && i < operands + at + 4 ? change(byte) : byte);
}

const instructions: readonly Mutant[] = [
  changed("one product of a tile is subtracted", "exact-forward", /^tile/, [
    { func: funcs.tile, op: ops.madd, which: 0, to: renumbered(0x85, 0x86) },
    { func: funcs.tile, op: ops.add, which: 0, to: renumbered(228, 229) },
  ], key),
  changed("a tile takes one step of k for another", "exact-forward", /^tile/, [
    { func: funcs.tile, op: ops.shuffle, which: 1, to: bytesFrom(0, (byte) => (byte + 4) % 16) },
  ]),
  changed("a tile reads a vector of B too far", "exact-forward", /^tile/, [
    { func: funcs.tile, op: ops.load, which: -1, to: moved(16) },
  ]),
  changed("a tile of too few rows writes one more", "memory", /^tile/, [
    { func: funcs.block, op: ops.greaterSigned, which: "all", to: () => [0x4e] },
  ], key),
  changed("a tile's last rows are not its own", "exact-forward", /^tile/, [
    { func: funcs.block, op: ops.greaterSigned, which: 0, to: () => [0x4c] },
  ]),
  changed("the lanes behind whole vectors are the wrong ones", "exact-forward", /^finish/, [
    { op: ops.store64Lane, which: -1, to: (bytes) => [...bytes.subarray(0, -1), 1] },
  ]),
  changed("a few rows go on from the wrong row of B", "exact-forward", /^thin$/, [
    { op: ops.i32const, which: "all", to: constant(8, 7) },
    { op: ops.i32const, which: "all", to: constant(4, 3) },
  ]),
  changed("two columns change places in a transposition", "exact-backward", /^copy$/, [
    { func: 0, op: ops.shuffle, which: 0, to: bytesFrom(4, (byte) => (byte + 4) % 32) },
  ]),
  changed("sums of rows subtract", "exact-backward", /^rows$/, [
    { op: vector(240), which: -1, to: renumbered(240, 241) },
    { op: ops.add, which: -1, to: renumbered(228, 229) },
  ]),
  changed("a coefficient of the exponential is 2^-20 off", "sweep", /^pointwise exponential/, [
    {
      op: ops.const,
      which: "all",
      // float64 constants between a third and one: the coefficients of the series.
      to: (bytes, operands) =>
        bytes[operands + 7] === 0x3f && bytes[operands + 15] === 0x3f && bytes[operands + 4] !== 0
          ? [...bytes].map((byte, i) => i === operands + 4 || i === operands + 12 ? byte ^ 1 : byte)
          : null,
    },
  ]),
  changed("tanh's derivative is 0.98 - y²", "rigorous-backward", /^pointwise tanh/, [
    {
      func: 1,
      op: ops.const,
      which: "all",
      to: (bytes, operands) => {
        const one = [...new Uint8Array(Float32Array.of(1, 1, 1, 1).buffer)];
        const wide = [...new Uint8Array(Float64Array.of(1, 1).buffer)];
        const own = bytes.subarray(operands).join();
        if (own === one.join()) {
          const less = new Uint8Array(new Float32Array(4).fill(0.98).buffer);
          return [...bytes.subarray(0, operands), ...less];
        }
        if (own === wide.join()) {
          const less = new Uint8Array(new Float64Array(2).fill(0.98).buffer);
          return [...bytes.subarray(0, operands), ...less];
        }
        return null;
      },
    },
  ]),
  changed("numbers are truncated to int8, not rounded", "int8", /^int8/, [
    { op: ops.nearest, which: "all", to: renumbered(106, 105) },
  ], key),
  changed("the largest of a row is that of two lanes", "int8", /^int8/, [
    { func: 0, op: ops.shuffle, which: 1, to: bytesFrom(0, (byte) => (byte + 4) % 16) },
  ]),
  changed("a tile of int8 numbers reads one vector of the weight for another", "int8", /^int8/, [
    { func: 2, op: ops.load, which: -1, to: moved(16) },
  ]),
  {
    name: "the heap has no room behind a block for what vector loads read too much",
    kind: "WebAssembly",
    killer: "memory",
    key: true,
    // deno-lint-ignore require-await -- async, so that a machine without SIMD rejects
    create: async () =>
      wasmKernelWith(1, (memory, options) => {
        const performer = new Performer(new Core(memory, options, 0));
        return (task) => performer.perform(task);
      }, TightHeap),
  },
  {
    name: "what lies behind a row that ends in the middle of a vector is added to it, times 0",
    kind: "WebAssembly",
    killer: "memory",
    effort: "quick",
    // deno-lint-ignore require-await -- async, so that a machine without SIMD rejects
    create: async () =>
      wasmKernelWith(1, (memory, options) => {
        const performer = new Performer(new Core(memory, options, 0));
        return (task) => {
          performer.perform(task);
          if (task.kind !== "product" || task.m !== 1 || task.k < 5 || task.k % 4 === 0) return;
          const numbers = new Float32Array(memory.buffer);
          numbers[task.y / 4]! += 0 * (numbers[task.a / 4 + task.k] ?? 0);
        };
      }),
  },
];

/** An executor of three threads that work one after the other, whose shares `share` hands out. */
export function executorMutant(
  name: string,
  killer: string,
  share: (task: Task, performers: readonly Performer[]) => void,
): Mutant {
  return {
    name,
    kind: "threads",
    killer,
    // deno-lint-ignore require-await -- async, so that a machine without SIMD rejects
    create: async () =>
      wasmKernelWith(3, (memory, options) => {
        const performers = [0, 1, 2].map((i) => new Performer(new Core(memory, options, i)));
        return (task) => share(task, performers);
      }),
  };
}

const executors: readonly Mutant[] = [
  executorMutant("the last of three threads does nothing", "exact-forward", (task, performers) => {
    for (const [i, performer] of performers.entries()) {
      if (i < 2) performer.perform(task, i, 3);
    }
  }),
  executorMutant(
    "the caller does not wait for the last thread",
    "exact-forward",
    (task, performers) => {
      for (const [i, performer] of performers.entries()) {
        if (i < 2) performer.perform(task, i, 3);
        // It may find a memory in which the tensors are gone: that is what not waiting means.
        else setTimeout(() => performer.perform(task, i, 3));
      }
    },
  ),
  executorMutant("the last of three threads quantizes no rows", "int8", (task, performers) => {
    for (const [i, performer] of performers.entries()) {
      if (i < 2 || task.kind !== "quantize") performer.perform(task, i, 3);
    }
  }),
  executorMutant("each share is added by two threads", "exact-backward", (task, performers) => {
    for (const [i, performer] of performers.entries()) {
      performer.perform(task, i, 3);
      if (task.kind === "product" && task.accumulate) performer.perform(task, i, 3);
    }
  }),
  executorMutant(
    "each thread leaves the packing of weights to another",
    "contract",
    (task, performers) => {
      for (const [i, performer] of performers.entries()) {
        if (task.kind !== "pack") performer.perform(task, i, 3);
        else if (i > 0) performer.perform(task, i, 3);
      }
    },
  ),
];

/** Mutants of WebAssembly code, memory and threads. */
export const wasmMutants: readonly Mutant[] = [...instructions, ...executors];
