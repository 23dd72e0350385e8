/**
 * Ways to read memory as fast as WebAssembly can: vectors from one or several
 * streams, since the processor prefetches in each; the engine's own copy into a
 * buffer that stays in the L1 cache, which is native code; and, for what fits
 * the L1 cache, loads at constant addresses, which have no bounds check and
 * which V8 can make 256 bit wide. Which is the fastest depends on the processor
 * and the size. Method: likwid-bench's load kernels.
 *
 * @module
 */
import { formatCount } from "../../common/numbers.ts";
import { type MemoryImport, ModuleBuilder, repeatWhile } from "../../kernels/wasm/assembler.ts";
import { copyMemory, i32, v128 } from "../../kernels/wasm/instructions.ts";
import { pageBytes } from "../../kernels/wasm/memory.ts";
import { range } from "../../kernels/range.ts";

/** A way to read the data of a memory. */
export interface Reader {
  /** How, in words. */
  readonly what: string;
  /** The most bytes it reads, and of what they must be a multiple. */
  readonly most: number;
  readonly step: number;
  /** Reads the first so many bytes once. */
  read(bytes: number): void;
  /** The exclusive or of the words of 32 bits that the last call loaded; for a copy, of its last piece. */
  result(): number;
}

/** A memory, and the ways to read it. */
export interface ReadMemory {
  /** What is read. */
  readonly data: Uint8Array;
  readonly readers: readonly Reader[];
}

/** Where a read leaves its sums, so that no compiler drops it, and where copies go; the data comes after. */
const places = { sums: 0, buffer: 4096, data: pageBytes };
/** The bytes that a copy takes at a time: few for an L1 cache, many for a call. */
const pieceBytes = 8192;
/** The bytes that unrolled code reads: well inside the smallest L1 cache there is. */
export const constantBytes = 16384;
const lineBytes = 64;
const accumulators = 8;

/** read(bytes): vectors, one cache line of each stream after the other. */
function addStreams(module: ModuleBuilder, streams: number): void {
  module.func("read", { bytes: "i32" }, ({ bytes }, scope) => {
    const at = range(streams).map(() => scope.local("i32"));
    const sums = range(lineBytes / 16).map(() => scope.local("v128"));
    return [
      bytes.set(i32.shiftRight(bytes, Math.log2(streams))),
      ...at.map((each, i) => each.set(i32.add(i32.mul(bytes, i), places.data))),
      bytes.set(i32.add(bytes, places.data)),
      repeatWhile(
        at.flatMap((each) => [
          ...sums.map((sum, i) => sum.set(v128.xor(sum, v128.load(each, 16 * i)))),
          each.set(i32.add(each, lineBytes)),
        ]),
        i32.less(at[0]!, bytes),
      ),
      ...sums.map((sum, i) => v128.store(0, sum, places.sums + 16 * i)),
    ];
  });
}

/** read(): {@linkcode constantBytes} at constant addresses, the sums stored side by side so that V8 finds pairs. */
function addConstant(module: ModuleBuilder): void {
  module.func("read", { bytes: "i32" }, (_, scope) => {
    const sums = range(accumulators).map(() => scope.local("v128"));
    return [
      ...range(constantBytes / 16).map((i) => {
        const sum = sums[i % accumulators]!;
        const load = v128.load(0, places.data + 16 * i);
        return sum.set(i < accumulators ? load : v128.xor(sum, load));
      }),
      ...sums.map((sum, i) => v128.store(0, sum, places.sums + 16 * i)).toReversed(),
    ];
  });
}

/** read(bytes): copies to the buffer, piece by piece. */
function addCopy(module: ModuleBuilder): void {
  module.func("read", { bytes: "i32" }, ({ bytes }, scope) => {
    const at = scope.local("i32");
    return [
      at.set(places.data),
      bytes.set(i32.add(bytes, places.data)),
      repeatWhile([
        copyMemory(places.buffer, at, pieceBytes),
        at.set(i32.add(at, pieceBytes)),
      ], i32.less(at, bytes)),
    ];
  });
}

/**
 * A memory of so many bytes of data, which are touched, and the ways to read it.
 *
 * @throws {RangeError} where the system has less.
 */
export function createReadMemory(bytes: number): ReadMemory {
  // Room for what is read by unrolled code even where less is asked for.
  const pages = 1 + Math.ceil(Math.max(bytes, constantBytes) / pageBytes);
  const declared: MemoryImport = { minimum: pages, maximum: pages, shared: false };
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const data = new Uint8Array(memory.buffer, places.data);
  data.fill(1);
  const make = (
    what: string,
    { most = data.length, step, left }: { most?: number; step: number; left: readonly number[] },
    add: (module: ModuleBuilder) => void,
  ): Reader => {
    const module = new ModuleBuilder(declared);
    add(module);
    const compiled = new WebAssembly.Module(module.bytes());
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
    const words = new Int32Array(memory.buffer, ...left);
    return {
      what,
      most,
      step,
      read: exports.read as (bytes: number) => void,
      result: () => words.reduce((all, word) => all ^ word, 0),
    };
  };
  const line = [places.sums, lineBytes / 4];
  const streamed = (streams: number) =>
    make(
      `SIMD loads in ${formatCount(streams, "stream")}`,
      { step: streams * lineBytes, left: line },
      (module) => addStreams(module, streams),
    );
  return {
    data,
    readers: [
      make("SIMD loads at constant addresses", {
        most: constantBytes,
        step: constantBytes,
        left: [places.sums, 4 * accumulators],
      }, addConstant),
      ...[1, 4, 8].map(streamed),
      make("the engine's memory.copy to a buffer in the L1 cache", {
        step: pieceBytes,
        left: [places.buffer, pieceBytes / 4],
      }, addCopy),
    ],
  };
}
