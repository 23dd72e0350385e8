/**
 * The shapes of the check `product-sizes`: each dimension across what the traits
 * name and every power of two, two of them large, all three, as long as they may
 * be, and as layers have them.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import {
  logUniform,
  remaindersFrom,
  type SizeLimits,
  sizesAround,
  thresholdsOf,
} from "./limits.ts";
import type { ProductCall } from "./products.ts";

/** How many numbers a product's three matrices have. */
export function elementsOf({ m, n, k }: Dimensions): number {
  return m * k + k * n + m * n;
}

export const axes = ["m", "n", "k"] as const;
type Axis = typeof axes[number];

/** A shape of that length in one dimension, thin in the others. */
export function thinShape(
  axis: Axis,
  length: number,
  others: readonly [number, number],
): Dimensions {
  const [first, second] = others;
  return axis === "m"
    ? { m: length, n: first, k: second }
    : axis === "n"
    ? { m: first, n: length, k: second }
    : { m: first, n: second, k: length };
}

/** Cuts a shape's largest dimensions until it is within the limits. */
export function within(shape: Dimensions, work: number, elements: number): Dimensions {
  const cut = { ...shape };
  while (cut.m * cut.n * cut.k > work || elementsOf(cut) > elements) {
    const axis = axes.reduce((one, other) => cut[one] >= cut[other] ? one : other);
    cut[axis] = Math.ceil(cut[axis] / 2);
  }
  return cut;
}

/**
 * Where what some compute with is beyond 32 bits: 2·m·n·k, which takes the sign bit, m·n·k, which
 * does, and m·n·k of which little is left. Offsets of elements cannot be: 2^31 take 8 GiB.
 */
const beyondIntegers: readonly Dimensions[] = [
  { m: 1024, n: 1024, k: 1024 },
  { m: 8192, n: 512, k: 512 },
  { m: 8192, n: 1024, k: 513 },
];

/** Ways of calling that layers take, besides dense. */
export const mainCalls: readonly ProductCall[] = ["matmul-nn", "matmul-tn", "matmul-nt"];

/** All three dimensions large, a few multiples of powers of two among them, and others. */
export function thickShapes(
  call: ProductCall,
  { work, often, beyond32Bits }: SizeLimits,
  isLargest: boolean,
): Dimensions[] {
  const side = (most: number) => 2 ** Math.floor(Math.log2(most) / 3);
  const [usual, largest] = [side(often), side(work)];
  const cube = (size: number) => ({ m: size, n: size, k: size });
  const odd = { m: usual + 1, n: usual + 3, k: usual - 1 };
  const huge = beyondIntegers.filter(({ m, n, k }) =>
    beyond32Bits && m * n * k <= Math.max(work, 2 ** 31)
  );
  if (mainCalls.includes(call)) {
    const most = isLargest && work >= 2 ** 30 ? beyondIntegers.slice(0, 1) : [];
    return [cube(usual), odd, cube(Math.min(2 * usual, largest)), ...most, ...huge];
  }
  if (call !== "dense") return [cube(usual), odd];
  const cubes: Dimensions[] = [];
  for (let size = usual / 2; size <= largest; size *= 2) cubes.push(cube(size));
  return [...cubes, odd, { m: usual - 2, n: usual * 2 + 2, k: usual + 2 }, ...huge];
}

/** Two dimensions large, the third small: what depends on two of them, as on m > 700 and n > 33. */
export function pairedShapes(call: ProductCall, { often, long }: SizeLimits): Dimensions[] {
  const [far, near] = [1030, 70];
  const shapes: Dimensions[] = [
    { m: far, n: near, k: 3 },
    { m: near, n: far, k: 3 },
    { m: 3, n: far, k: near },
    { m: 3, n: near, k: far },
    { m: far, n: 3, k: near },
    { m: near, n: 3, k: far },
    ...(call === "dense" ? [{ m: far, n: far - 1, k: 2 }] : []),
    // Few rows of a weight that fits into no near cache may be multiplied in another way.
    ...(call === "dense" || mainCalls.includes(call)
      ? [{ m: 4, n: far, k: far / 2 }, { m: 3, n: far / 2, k: far + 1 }]
      : []),
  ];
  return shapes.map((shape) => within(shape, often * 2, long * 32));
}

/** Each dimension a multiple of a large power of two, where code may have no edge to take care of, the others of several tiles. */
export const roundShapes: readonly Dimensions[] = [
  { m: 20, n: 24, k: 2048 },
  { m: 33, n: 35, k: 1024 },
  { m: 20, n: 2048, k: 24 },
  { m: 2048, n: 20, k: 24 },
];

/** Every remainder modulo 16 of one dimension with every one of another, beyond a few tiles: 256 shapes, an orthogonal array (Kuhn, Wallace & Gallo, IEEE TSE 2004, on why pairs find most). */
export function pairsOfRemainders(): Dimensions[] {
  return Array.from({ length: 16 ** 2 }, (_, i) => {
    const [m, n] = [i % 16, i >> 4];
    return { m: 33 + m, n: 33 + n, k: 33 + (32 - m - n) % 16 };
  });
}

/** Every three remainders modulo 8. */
export function triplesOfRemainders(): Dimensions[] {
  return Array.from({ length: 8 ** 3 }, (_, i) => ({
    m: 40 + i % 8,
    n: 40 + (i >> 3) % 8,
    k: 40 + (i >> 6),
  }));
}

/** On both sides of blocks of 64 and 128 in two dimensions at once, as a tile's last step and a block's last column are; half of them, those of even `turn` and those of odd. */
export function blockShapes(turn: number): Dimensions[] {
  const sizes = [63, 64, 65, 127, 128, 129];
  const shapes = axes.flatMap((axis, a) =>
    sizes.flatMap((first) =>
      sizes.map((second, i) => thinShape(axis, 1 + (a + i) % 3, [first, second]))
    )
  );
  return shapes.filter((_, i) => (i + Math.floor(i / sizes.length) + turn) % 2 === 0);
}

/** Batches, units and inputs as layers have them, which code that is written for one layer may tell by all three. */
export function usualShapes(call: ProductCall): Dimensions[] {
  if (call !== "dense" && !mainCalls.includes(call)) return [];
  const [batches, units] = [[1, 8, 16, 32, 64, 100, 128, 256], [1, 2, 3, 10, 16, 32, 64, 100, 128]];
  return batches.flatMap((m, i) =>
    units.flatMap((n, j) =>
      // All of dense; a third of them by each other way.
      call === "dense" || (i + j) % 3 === mainCalls.indexOf(call)
        ? [{ m, n, k: [784, 128, 256, 130][(i + j) % 4]! }]
        : []
    )
  );
}

/** Each dimension as long as it may be, the others 1, or 2 and 3. */
export function longShapes(length: number): Dimensions[] {
  return axes.flatMap((axis) => [
    thinShape(axis, length + 5, [1, 1]),
    thinShape(axis, Math.floor(length / 4) + 1, [3, 2]),
  ]);
}

/** The sizes of one dimension that are tried one by one. */
export function sizesOf(kernel: Kernel, axis: Axis, { everySize }: SizeLimits): number[] {
  const around = sizesAround(thresholdsOf(kernel.traits)[axis], everySize);
  return [...new Set([...around, ...remaindersFrom(everySize / 2 + everySize / 16)])];
}

/** The powers of two beyond those sizes, each missed by at most 1 on a side that is drawn. */
export function farSizes({ everySize, long }: SizeLimits, random: Random): number[] {
  const sizes: number[] = [];
  for (let power = 2 * everySize; power <= 4 * long; power *= 2) {
    sizes.push(power + random.between(-1, 1), 0.75 * power + random.between(-1, 1));
  }
  return sizes;
}

/** Shapes for the order of addition: it may change with any dimension, and k decides most. */
export function realShapes(
  kernel: Kernel,
  call: ProductCall,
  turn: number,
  { often, long, terms, everySize }: SizeLimits,
  random: Random,
): Dimensions[] {
  const depths = [
    ...sizesAround(thresholdsOf(kernel.traits).k, Math.min(terms, everySize)).filter((_, i) =>
      (i + turn) % 8 === 0
    ),
    ...Array.from({ length: 3 }, () => logUniform(2, terms / 2, random)),
    Math.floor(terms / 2) - turn,
  ];
  const size = 2 ** Math.floor(Math.log2(often) / 3);
  return [
    ...depths.map((k, d) => ({ m: 1 + (d + turn) % 5, n: 1 + (2 * d + turn) % 7, k })),
    { m: size + 1, n: size + 2, k: size + 3 },
    ...(call === "dense" || call === "matmul-tn"
      ? [{ m: 2 * size + 1, n: 2 * size + 2, k: 2 * size + 3 }]
      : []),
    { m: logUniform(5, long / 512, random), n: 3, k: 130 },
    { m: 3, n: logUniform(5, long / 512, random), k: 131 },
    { m: 1030, n: 5, k: 67 },
    { m: 5, n: 1030, k: 66 },
  ].map((shape) => within(shape, often * 9, long * 4)).concat(
    // Two dimensions at once, which need a large weight.
    [{ m: 3, n: 1290, k: 1031 }, { m: 1290, n: 3, k: 1031 }]
      .filter((_, i) => call === "dense" || (i + turn) % 2 === 0)
      .map((shape) => within(shape, often * 2, long * 32)),
  );
}
