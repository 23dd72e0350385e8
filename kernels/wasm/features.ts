/**
 * Feature detection: whether there is SIMD and relaxed SIMD, whether a
 * multiply-add is rounded once, and which register tile is faster. V8 does not
 * say whether it fuses pairs of vectors, so both tiles are timed for a few
 * milliseconds; the choice is a pure function of the times.
 *
 * @module
 */
import { errorLine, KernelUnavailableError } from "../../common/errors.ts";
import { ModuleBuilder, repeatWhile } from "./assembler.ts";
import type { CoreOptions } from "./core.ts";
import type { V128 } from "./encoding.ts";
import { f32x4, i32, v128 } from "./instructions.ts";
import { newMemory } from "./memory.ts";
import { rowsOfTile, tileVectors } from "./geometry.ts";
import { range } from "../range.ts";
import { type TileExports, tileModule } from "./microkernel.ts";

/** What the generated code depends on. */
export type SimdFeatures = Pick<CoreOptions, "lanes" | "fused">;

const memory = { minimum: 1, maximum: 1, shared: false };

/** A module that multiplies two vectors in memory, or adds a third by the relaxed instruction. */
function probe(relaxed: boolean): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  module.func("run", {}, () => {
    const [a, b, c] = [v128.load(0, 16), v128.load(0, 32), v128.load(0, 48)] as const;
    return [v128.store(0, relaxed ? f32x4.relaxedMadd(a, b, c) : f32x4.mul(a, b))];
  });
  return module.bytes();
}

/**
 * Whether relaxed SIMD exists and rounds a multiply-add once: (1 + ε)(1 − ε) − 1 is then −ε², and 0
 * where it is rounded twice. 2^-13 is the largest ε whose square is lost in the rounded product.
 */
function isFused(): boolean {
  const bytes = probe(true);
  if (!WebAssembly.validate(bytes)) return false;
  const own = newMemory({ initial: 1, maximum: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory: own },
  });
  const floats = new Float32Array(own.buffer);
  floats.set([1 + 2 ** -13, 0, 0, 0, 1 - 2 ** -13, 0, 0, 0, -1], 4);
  (exports.run as () => void)();
  return floats[0] !== 0;
}

/** Nanoseconds for a multiply-add of four numbers, each the smallest of many measurements. */
export interface TileTimes {
  /** In the narrow tile, and in the wide one. */
  readonly narrow: number;
  readonly wide: number;
  /** For a multiplication in a chain, where each waits for the one before: the latency, about 4 cycles in any code. */
  readonly chain: number;
}

/**
 * Whether the narrow tile runs in optimised code. V8 may begin with code that is
 * compiled quickly, which does 1.3 multiply-adds in the time of a step of the
 * chain; optimised code does 2.5 even on a busy core, and 8 at best.
 */
export function isOptimised({ narrow, chain }: Omit<TileTimes, "wide">): boolean {
  return 1.8 * narrow < chain;
}

/**
 * The tile to use: the wide one only where it is clearly faster. Where V8 fuses
 * pairs it is 1.5 to 1.8 times as fast; where it does not, the sums exceed the
 * registers, but noise on a busy machine has made it appear 1.4 times as fast.
 * While the narrow tile is not optimised, the two cannot be compared.
 */
export function chooseLanes(times: TileTimes): 4 | 8 {
  return isOptimised(times) && times.wide * 1.42 < times.narrow ? 8 : 4;
}

/** Whether the times are far from the threshold of the choice; if not, it is worth measuring longer. */
export function isClear({ narrow, wide }: Omit<TileTimes, "chain">): boolean {
  return narrow < wide || narrow > 1.5 * wide;
}

/** How long the tiles are timed at most, and at least where the result is not clear, in milliseconds. */
const timeLimit = 60;
const timeIfUnclear = 30;

const chainLength = 64;

/** run(times): a chain of multiplications, `times` times. */
function chainModule(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  module.func("run", { times: "i32" }, ({ times }, scope) => {
    const [factor, sum] = [scope.local("v128"), scope.local("v128")];
    const chain = range(chainLength).reduce<V128>((before) => f32x4.mul(before, factor), sum);
    return [
      factor.set(f32x4.const(1)),
      repeatWhile([sum.set(chain), times.set(i32.sub(times, 1))], times),
      v128.store(0, sum),
    ];
  });
  return module.bytes();
}

/** Code to be timed. */
interface Candidate {
  readonly run: () => void;
  /** Multiply-adds of four numbers in a run. */
  readonly work: number;
  /** The smallest time found, in nanoseconds for one of them. */
  best: number;
}

function instantiate<E>(bytes: Uint8Array<ArrayBuffer>): E {
  const own = newMemory({ initial: memory.minimum, maximum: memory.maximum });
  const module = new WebAssembly.Module(bytes);
  return new WebAssembly.Instance(module, { env: { memory: own } }).exports as E;
}

/** A tile on data in the L1 cache, with so few steps of k that it compiles fast. */
function prepareTile(lanes: 4 | 8, fused: boolean): Candidate {
  const depth = 8;
  const rows = 64;
  const nr = tileVectors * lanes;
  const mr = rowsOfTile(nr, lanes);
  const slots = { b: 0, c: 8192 };
  const bytes = tileModule({ mr, nr, depth, lanes, fused, add: true, slots, memory });
  const { block } = instantiate<TileExports>(bytes);
  const run = () => {
    for (let i = 0; i < 20; i++) block(16384, 4 * depth, rows, 32768, 4 * nr);
  };
  return { run, work: 20 * rows * nr / 4 * depth, best: Infinity };
}

/** Times both tiles and the chain, one after the other, again and again. */
function timeTiles(fused: boolean): TileTimes {
  const { run } = instantiate<{ run(times: number): void }>(chainModule());
  const chain = { run: () => run(40), work: 40 * chainLength, best: Infinity };
  const narrow = prepareTile(4, fused);
  const wide = prepareTile(8, fused);
  const begin = performance.now();
  // Only rounds after the narrow tile was optimised count, which may happen in the middle of one.
  let rounds = 0;
  let since = begin;
  while (true) {
    for (const each of [chain, narrow, wide]) {
      const start = performance.now();
      each.run();
      each.best = Math.min(each.best, (performance.now() - start) * 1e6 / each.work);
    }
    const times = { narrow: narrow.best, wide: wide.best, chain: chain.best };
    const now = performance.now();
    if (!isOptimised(times)) {
      rounds = 0;
      since = now;
    }
    const least = isClear(times) ? 4 : timeIfUnclear;
    if ((++rounds > 10 && now - since > least) || now - begin > timeLimit) return times;
  }
}

/** @throws {KernelUnavailableError} where a page forbids what it has. */
function expectCompiling(): void {
  try {
    new WebAssembly.Module(probe(false));
  } catch (error) {
    throw new KernelUnavailableError(
      "WebAssembly is not allowed to compile; a Content-Security-Policy needs " +
        `script-src 'wasm-unsafe-eval' (${errorLine(error)})`,
    );
  }
}

// Detected once in a process, whose V8 flags cannot change.
let detected: SimdFeatures | null = null;

/**
 * The features of this process.
 *
 * @throws {KernelUnavailableError} where there is no WebAssembly SIMD.
 */
export function detectSimdFeatures(): SimdFeatures {
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(probe(false))) {
    throw new KernelUnavailableError("this browser or runtime has no WebAssembly SIMD");
  }
  if (!detected) {
    expectCompiling();
    const fused = isFused();
    detected = { fused, lanes: chooseLanes(timeTiles(fused)) };
  }
  return detected;
}
