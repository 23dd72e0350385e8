/**
 * What one thread of a Wasm kernel computes with: its slots in the fixed part of
 * the memory, and the functions that are generated for it, each compiled when it
 * is first needed.
 *
 * @module
 */
import { activations, type Pointwise } from "../activation.ts";
import type { MemoryImport } from "./assembler.ts";
import { type CopyExports, copyModule } from "./copy.ts";
import { directModule } from "./direct_tile.ts";
import { type FinishExports, finishModule, type FinishOptions } from "./finish.ts";
import {
  blockPanels,
  bytesOfPanelSums,
  kc,
  mc,
  rowsOfTile,
  type Span,
  tileVectors,
} from "./geometry.ts";
import { formulaIn, startInControl } from "./formula_room.ts";
import { mostPages, newMemory, pageBytes } from "./memory.ts";
import { type Slots, type TileExports, tileModule } from "./microkernel.ts";
import { remember } from "./remember.ts";
import { linear, type ProductTask, relu } from "./tasks.ts";
import { thinColumns, type ThinExports, thinModule } from "./thin.ts";
import { type ThinTransposedExports, thinTransposedModule } from "./thin_transposed.ts";

/** What all threads of a kernel have in common. */
export interface CoreOptions {
  /** Floats in the registers that V8 uses for the tile; see `TileOptions`. */
  readonly lanes: 4 | 8;
  readonly fused: boolean;
  /** Whether the engine checks no bounds, so that tiles read a packed B where it lies; not so where absent. */
  readonly unchecked?: boolean;
  readonly shared: boolean;
  /** How many threads have a fixed part in the memory. */
  readonly threads: number;
}

const widest = tileVectors * 8;
/** The slot of B has room for the 3 rows that a transposition may write too many. */
const bytesOfB = (kc + 4) * widest * 4;
/** The slot of the tile: at most 96 floats, in the narrow tile with gaps between them; then the bias of a panel. */
const bytesOfC = 1024;
const startOfBias = 512;
const bytesOfSums = blockPanels(8) * bytesOfPanelSums(8);
const bytesOfA = mc * kc * 4;
const bytesOfThin = 2 * 4 * thinColumns * 4;
/** Room for lists of jobs, see network_list.ts. */
export const bytesOfJobs = 65536;
/** Room for what lies between the layers of a small network. */
export const bytesBetween = 32768;

const bytesOfRecords = 4096;

/** The most layers of a network, whose records of 24 bytes lie in the part of the first thread. */
export const mostRecords: number = Math.floor(bytesOfRecords / 24);

/** Bytes of the fixed part of one thread, a multiple of the page size. */
const bytesOfThread = pageBytes *
  Math.ceil(
    (bytesOfB + bytesOfC + bytesOfSums + bytesOfThin + bytesOfA + bytesOfJobs + bytesBetween +
      bytesOfRecords) / pageBytes,
  );

/** The address of the records of a network. */
export const startOfRecords: number = bytesOfThread - bytesOfRecords;

/** The address of the page by which threads are told what to do; it follows their fixed parts. */
export function startOfControl(threads: number): number {
  return threads * bytesOfThread;
}

/** The address of the room of calls of formulas. */
export function startOfRoom(threads: number): number {
  return startOfControl(threads) + startInControl;
}

/** The address of the heap. */
export function startOfHeap(threads: number): number {
  return startOfControl(threads) + pageBytes;
}

/** How the modules of a kernel import its memory. */
export function memoryOf({ threads, shared }: CoreOptions): MemoryImport {
  return { minimum: startOfHeap(threads) / pageBytes + 1, maximum: mostPages, shared };
}

/**
 * A new memory for a kernel, of the smallest size.
 *
 * @throws {MemoryError} where the engine has no room for it, since there are too many of them.
 */
export function createMemory(options: CoreOptions): WebAssembly.Memory {
  const { minimum: initial, maximum, shared } = memoryOf(options);
  return newMemory({ initial, maximum, shared });
}

// Compiled once in a process, or in each worker. Where there are very many, the oldest are dropped.
const modules = new Map<string, WebAssembly.Module>();
const mostModules = 512;

function compile(key: string, bytes: () => Uint8Array<ArrayBuffer>): WebAssembly.Module {
  const found = modules.get(key);
  if (found) return found;
  return remember(modules, key, new WebAssembly.Module(bytes()), mostModules);
}

/** The code of a tile: all steps of k, one by one; the same for a packed B that is read where it lies; or a loop. */
export const tileForms = { unrolled: 0, direct: 1, rolled: 2 } as const;

/** One of {@linkcode tileForms}. */
export type TileForm = typeof tileForms[keyof typeof tileForms];

/** What of a product says which epilogue it has. */
export type FinishTask = Pick<
  ProductTask,
  "activation" | "formula" | "bias" | "z" | "accumulate"
>;

/** The number of the ending that a product's tile can have in place of an epilogue: 1 for a bias, 2 for relu, their sum for both; null where it needs an epilogue. */
export function endingOf({ activation, formula, bias, z, accumulate }: FinishTask): number | null {
  if (formula !== 0 || z !== 0 || accumulate !== 0) return null;
  if (activation !== linear && activation !== relu) return null;
  return (bias !== 0 ? 1 : 0) + (activation === relu ? 2 : 0);
}

/** The slots and generated functions of one thread. */
export class Core {
  readonly slots: Slots;
  /** Room for the sums of `mc` rows of a panel. */
  readonly sums: number;
  /** Room for four rows of `thinColumns` sums, once for a chunk of k and once for their totals. */
  readonly thinSums: number;
  readonly thinTotals: number;
  /** Room for `mc` rows of a chunk of A. */
  readonly rowsOfA: number;
  /** Room for lists of jobs. */
  readonly jobs: number;
  /** Room for what lies between the layers of a small network. */
  readonly between: number;
  /** The room of calls of formulas, which all threads share. */
  readonly room: number;
  readonly #memory: MemoryImport;
  #thin: ThinExports | null = null;
  #thinTransposed: ThinTransposedExports | null = null;
  #copy: CopyExports | null = null;
  readonly #finishes: (FinishExports | undefined)[] = [];
  readonly #finishesOfFormulas = new Map<number, FinishExports>();
  readonly #instances = new Map<string, WebAssembly.Exports>();

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly options: CoreOptions,
    thread: number,
    /** Called after every block of work. */
    readonly onProgress: (() => void) | null = null,
  ) {
    const start = thread * bytesOfThread;
    const c = start + bytesOfB;
    this.slots = { b: start, c };
    this.sums = c + bytesOfC;
    this.thinSums = this.sums + bytesOfSums;
    this.thinTotals = this.thinSums + bytesOfThin / 2;
    this.rowsOfA = this.thinSums + bytesOfThin;
    this.jobs = this.rowsOfA + bytesOfA;
    this.between = this.jobs + bytesOfJobs;
    this.room = startOfRoom(options.threads);
    this.#memory = memoryOf(options);
  }

  get thin(): ThinExports {
    const { fused } = this.options;
    return this.#thin ??= this.instance<ThinExports>(
      "thin",
      (memory) => thinModule({ fused, memory }),
    );
  }

  get thinTransposed(): ThinTransposedExports {
    const { fused } = this.options;
    return this.#thinTransposed ??= this.instance<ThinTransposedExports>(
      "thin transposed",
      (memory) => thinTransposedModule({ fused, memory }),
    );
  }

  get copy(): CopyExports {
    return this.#copy ??= this.instance<CopyExports>("copy", copyModule);
  }

  /**
   * The register tile of nr columns and `depth` steps of k, which replaces its output or adds to
   * it, or ends the product: by what {@linkcode endingOf} says.
   */
  tile(
    nr: number,
    depth: number,
    add: boolean,
    ending: number | null = null,
    ahead = 0,
    form: TileForm = tileForms.unrolled,
    lanes = this.options.lanes,
  ): TileExports {
    const { fused } = this.options;
    return this.instance<TileExports>(
      `tile ${nr} ${depth} ${add} ${lanes} ${form} ${ending} ${ahead} ${this.slots.b}`,
      (memory) =>
        (form === tileForms.direct ? directModule : tileModule)({
          mr: rowsOfTile(nr, lanes),
          nr,
          depth,
          lanes,
          fused,
          add,
          ahead,
          rolled: form === tileForms.rolled,
          ...(ending !== null && {
            ending: {
              bias: (ending & 1) !== 0 ? this.slots.c + startOfBias : 0,
              relu: (ending & 2) !== 0,
            },
          }),
          slots: this.slots,
          memory,
        }),
    );
  }

  /** The epilogue of a product. */
  finishOf(task: FinishTask): FinishExports {
    const { activation, formula, bias, z, accumulate } = task;
    const flags = (bias !== 0 ? 1 : 0) + (z !== 0 ? 2 : 0) + 4 * accumulate;
    if (formula !== 0) return this.#finishOfFormula(8 * formula + flags, task);
    return this.#finishes[8 * activation + flags] ??= this.#finish(
      activations[activation] as Pointwise,
      task,
    );
  }

  #finishOfFormula(key: number, task: FinishTask): FinishExports {
    const found = this.#finishesOfFormulas.get(key);
    if (found) return found;
    // The formula of a task at work is in the room.
    const made = this.#finish(formulaIn(this.memory, this.room), task);
    return remember(this.#finishesOfFormulas, key, made, mostModules);
  }

  #finish(activation: FinishOptions["activation"], task: FinishTask): FinishExports {
    const options: FinishOptions = {
      activation,
      bias: task.bias !== 0,
      keepZ: task.z !== 0,
      accumulate: task.accumulate !== 0,
    };
    const { bias, keepZ, accumulate } = options;
    const { fused } = this.options;
    const name = typeof activation === "string" ? activation : activation.key;
    return this.made<FinishExports>(
      `finish ${name} ${bias} ${keepZ} ${accumulate}`,
      (memory) => finishModule(options, { fused, memory }),
    );
  }

  /** The exports, of interface E, of the module that `bytes` generates. */
  instance<E>(name: string, bytes: (memory: MemoryImport) => Uint8Array<ArrayBuffer>): E {
    const found = this.#instances.get(name);
    if (found) return found as E;
    const exports = this.made<WebAssembly.Exports>(name, bytes);
    this.#instances.set(name, exports);
    return exports as E;
  }

  /** The same for a caller that keeps the instance itself. */
  made<E>(
    name: string,
    bytes: (memory: MemoryImport) => Uint8Array<ArrayBuffer>,
    imports: Readonly<Record<string, WebAssembly.Table>> = {},
  ): E {
    const { fused, shared, threads } = this.options;
    const module = compile(`${name} ${fused} ${shared} ${threads}`, () => bytes(this.#memory));
    return new WebAssembly.Instance(module, { env: { memory: this.memory, ...imports } })
      .exports as E;
  }

  /** A span in pieces of at most `most`, after each of which progress is reported. */
  *pieces({ start, length }: Span, most: number): Generator<Span> {
    for (let done = 0; done < length; done += most) {
      yield { start: start + done, length: Math.min(most, length - done) };
      this.onProgress?.();
    }
  }
}
