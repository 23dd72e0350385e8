/**
 * What this engine can do: SIMD, relaxed SIMD, whether multiply-add is fused,
 * and which register tile is the faster. V8 does not tell whether it fuses
 * pairs of vectors, so both tiles are timed for a few milliseconds; the choice
 * is a pure function of the times.
 *
 * @module
 */
import { KernelUnavailableError } from "../errors.ts";
import { ModuleBuilder } from "./assembler.ts";
import type { CoreOptions } from "./core.ts";
import { f32x4, v128 } from "./instructions.ts";
import { rowsOfTile, tileVectors } from "./geometry.ts";
import { type TileExports, tileModule } from "./microkernel.ts";

/** What an engine's choice of code depends on. */
export type Engine = Pick<CoreOptions, "lanes" | "fused">;

const memory = { minimum: 1, maximum: 1, shared: false };

/** A module that stores a·b + c, all found in memory, by one instruction or the relaxed one. */
function probe(relaxed: boolean): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  module.func("run", {}, () => {
    const [a, b, c] = [v128.load(0, 16), v128.load(0, 32), v128.load(0, 48)] as const;
    return [v128.store(0, relaxed ? f32x4.relaxedMadd(a, b, c) : f32x4.mul(a, b))];
  });
  return module.bytes();
}

/**
 * Whether relaxed SIMD exists and rounds a multiply-add once: (1 + ε)(1 − ε) − 1 is −ε², or 0
 * where rounded twice. 2^-13 is the largest ε whose square the product alone cannot hold.
 */
function isFused(): boolean {
  const bytes = probe(true);
  if (!WebAssembly.validate(bytes)) return false;
  const own = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory: own },
  });
  const floats = new Float32Array(own.buffer);
  floats.set([1 + 2 ** -13, 0, 0, 0, 1 - 2 ** -13, 0, 0, 0, -1], 4);
  (exports.run as () => void)();
  return floats[0] !== 0;
}

/** Nanoseconds for a multiply-add of either tile, the smallest of many measurements. */
export interface TileTimes {
  readonly narrow: number;
  readonly wide: number;
}

/** A tile's time in its first runs, and the smallest so far. */
export interface TimeCourse {
  readonly first: number;
  readonly best: number;
}

/**
 * Whether the tiles can be compared. V8 may run them in quickly made code first
 * and replace that at different moments: then one became several times faster
 * and the other did not, or one is more than the twice as fast as the other
 * that fusing can make it, with room for noise.
 */
export function areComparable({ narrow, wide }: Readonly<Record<keyof TileTimes, TimeCourse>>) {
  const isReplaced = ({ first, best }: TimeCourse) => best * 2 < first;
  return isReplaced(narrow) === isReplaced(wide) &&
    narrow.best < 2.7 * wide.best && wide.best < 2.7 * narrow.best;
}

/**
 * The tile to use: the wide one only where it is clearly faster. Where V8 does
 * not fuse pairs its sums exceed the registers, and in code that is not yet
 * optimised both are alike.
 */
export function chooseLanes({ narrow, wide }: TileTimes): 4 | 8 {
  return wide * 1.15 < narrow ? 8 : 4;
}

/** Times both tiles on data in the L1 cache, with few steps of k, which compile fast. */
function timeTiles(fused: boolean): TileTimes {
  const depth = 8;
  const rows = 64;
  const prepare = (lanes: 4 | 8) => {
    const nr = tileVectors * lanes;
    const mr = rowsOfTile(nr, lanes);
    const slots = { b: 0, c: 8192, spare: 9216 };
    const bytes = tileModule({ mr, nr, depth, lanes, fused, add: true, slots, memory });
    const own = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory: own },
    });
    const { block } = exports as unknown as TileExports;
    const run = (times: number) => {
      for (let i = 0; i < times; i++) block(16384, 4 * depth, rows, 32768, 4 * nr);
    };
    run(1);
    return { run, work: rows * nr * depth, first: Infinity, best: Infinity };
  };
  const runs = { narrow: prepare(4), wide: prepare(8) };
  const begin = performance.now();
  for (let round = 0;; round++) {
    for (const each of [runs.narrow, runs.wide]) {
      const start = performance.now();
      each.run(20);
      each.best = Math.min(each.best, (performance.now() - start) * 1e6 / (20 * each.work));
      if (round < 3) each.first = each.best;
    }
    const elapsed = performance.now() - begin;
    if (round >= 10 && elapsed > 2 && (areComparable(runs) || elapsed > 30)) break;
  }
  if (!areComparable(runs)) return { narrow: 1, wide: 1 };
  return { narrow: runs.narrow.best, wide: runs.wide.best };
}

// The same for every kernel of a process, since its V8 flags cannot change.
let chosen: Engine | null = null;

/**
 * The code that suits this engine best.
 *
 * @throws {KernelUnavailableError} where it has no WebAssembly SIMD.
 */
export function chooseEngine(): Engine {
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(probe(false))) {
    throw new KernelUnavailableError("this engine has no WebAssembly SIMD");
  }
  if (!chosen) {
    const fused = isFused();
    chosen = { fused, lanes: chooseLanes(timeTiles(fused)) };
  }
  return chosen;
}
