/**
 * Which register tile is faster: the wide one where V8 fuses pairs of vectors, else
 * the narrow one. V8 does not say whether it does, so products that it can fuse are
 * timed against the same ones that it cannot. V8 may begin with code that is compiled
 * quickly and not fused; a part of the same function tells by its time. It improves on
 * timing the two tiles by being compiled in a tenth of the time. At addresses that are not
 * constant V8 fuses only where it checks no bounds, so that the same times tell that too.
 *
 * @module
 */
import { range } from "../range.ts";
import { ModuleBuilder, repeatable, repeatWhile, type Scope, when } from "./assembler.ts";
import type { I32, Statement, V128 } from "./encoding.ts";
import { f32x4, f64x2, i32, i32x4, v128 } from "./instructions.ts";
import { newMemory } from "./memory.ts";

const memory = { minimum: 1, maximum: 1, shared: false };

/** Pairs of vectors, which with their factor fill V8's 15 registers where they are not fused. */
const pairs = 7;

/** Where vectors lie: at constant addresses, or at a distance from one that is not. */
export type Addresses = "constant" | "variable";

/**
 * So many products of each vector, and so many divisions in the value that is computed again and
 * again, are timed so often at a time, for some 10 µs. The second question is asked after the
 * first one, of which little noise is left, so that less code does, which is compiled sooner.
 */
const sizes = {
  constant: { steps: 24, divisions: 6, times: 200 },
  variable: { steps: 8, divisions: 2, times: 600 },
} as const;

/** How often the same value is computed, by a division after the other: once by an optimising compiler. */
const repetitions = 40;

/** What `run` computes. */
const parts = { repeated: 0, adjacent: 1, apart: 2 } as const;

/** Where what is computed begins, beyond the constants at 0. */
const input = 1024;
const output = 4096;

/** Products of vectors that lie so many bytes apart from `base` on; V8 fuses those that are adjacent, beginning at their stores. */
function products(distance: number, base: I32, steps: number, scope: Scope): Statement[] {
  const factor = scope.local("v128");
  const sums = range(2 * pairs).map(() => scope.local("v128"));
  // Made once, since making the code takes longer than compiling it.
  const step = repeatable(sums.map((sum) => sum.set(f32x4.mul(sum, factor))));
  return [
    factor.set(v128.load(0)),
    factor.set(i32x4.shuffle(factor, factor, 0, 0, 0, 0)),
    ...sums.map((sum, i) => sum.set(v128.load(base, input + distance * i))),
    ...range(steps).map(() => step),
    ...sums.map((sum, i) => v128.store(base, sum, output + distance * i)).reverse(),
  ];
}

/** run(times, part, base): computes a part so many times, at addresses that are constant or begin at base. */
function probeModule(addresses: Addresses): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  const { steps, divisions } = sizes[addresses];
  // One function, since V8 optimises each when it likes.
  const body = module.func("body", { part: "i32", base: "i32" }, ({ part, base }, scope) => {
    const first = addresses === "constant" ? 0 : base;
    const [a, total] = [scope.local("v128"), scope.local("v128")];
    const quotient = range(divisions).reduce<V128>((before) => f64x2.div(before, a), a);
    const repeated = repeatable([total.set(v128.xor(total, quotient))]);
    return [
      when(part, [
        when(
          i32.eq(part, parts.adjacent),
          products(16, first, steps, scope),
          products(32, first, steps, scope),
        ),
      ], [
        a.set(v128.load(0)),
        ...range(repetitions).map(() => repeated),
        v128.store(0, total, output),
      ]),
    ];
  });
  module.func("run", { times: "i32", part: "i32", base: "i32" }, ({ times, part, base }) => [
    repeatWhile([body.call({ part, base }), times.set(i32.sub(times, 1))], times),
  ]);
  return module.bytes();
}

/** Nanoseconds of each part of {@linkcode probeModule}, the smallest of many measurements. */
export interface WidthTimes {
  /** The same value again and again, which optimised code computes once. */
  readonly repeated: number;
  /** Products of pairs of vectors that V8 may fuse. */
  readonly adjacent: number;
  /** The same products, of vectors that it does not fuse. */
  readonly apart: number;
}

/**
 * Whether the code is optimised: values that are computed again and again then
 * take less time than the products, and many times as much otherwise.
 */
export function isOptimised({ repeated, apart }: Omit<WidthTimes, "adjacent">): boolean {
  return repeated < 0.7 * apart;
}

/** How many times as fast the products are where they may be fused: 1 where they are not, 1.7 to 2 where they are. */
const clearlyNot = 1.15;
const threshold = 1.3;
const clearly = 1.5;

/** Floats in the registers of the tile to use. */
export function chooseLanes(times: WidthTimes): 4 | 8 {
  return isOptimised(times) && times.apart > threshold * times.adjacent ? 8 : 4;
}

/** Whether the times are far from the threshold of the choice; if not, it is worth measuring longer. */
export function isClear({ adjacent, apart }: Omit<WidthTimes, "repeated">): boolean {
  return apart < clearlyNot * adjacent || apart > clearly * adjacent;
}

/** How long the parts are timed at most, and at least where the result is clear and where it is not, in milliseconds. */
const timeLimit = 60;
const timeIfClear = 1;
const timeIfUnclear = 30;

/** Times the parts, one after the other, again and again. */
export function timeWidths(addresses: Addresses = "constant"): WidthTimes {
  const { times } = sizes[addresses];
  const own = newMemory({ initial: memory.minimum, maximum: memory.maximum });
  new Float32Array(own.buffer).fill(1);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(probeModule(addresses)), {
    env: { memory: own },
  });
  const run = exports.run as (times: number, part: number, base: number) => void;
  const timed = (part: number) => {
    const start = performance.now();
    run(times, part, 0);
    return (performance.now() - start) * 1e6 / times;
  };
  // Compiles it, which may take longer than all else on a busy machine.
  run(1, parts.repeated, 0);
  const begin = performance.now();
  let since = begin;
  let best: WidthTimes | null = null;
  for (let rounds = 0, all = 0;;) {
    const now = performance.now();
    const next = {
      repeated: timed(parts.repeated),
      adjacent: timed(parts.adjacent),
      apart: timed(parts.apart),
    };
    // Only rounds after that in which the code was optimised count.
    if (best === null || !isOptimised(best)) {
      rounds = 0;
      since = now;
      best = next;
    } else {
      best = {
        repeated: Math.min(best.repeated, next.repeated),
        adjacent: Math.min(best.adjacent, next.adjacent),
        apart: Math.min(best.apart, next.apart),
      };
    }
    const least = isClear(best) ? timeIfClear : timeIfUnclear;
    if (++rounds > 10 && now - since > least) return best;
    if (++all > 10 && now - begin > timeLimit) return best;
  }
}
