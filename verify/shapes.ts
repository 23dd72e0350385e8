/**
 * The shapes that find bugs, derived from a kernel's own tile sizes: every
 * small shape with 0 and 1 in each dimension, both sides of every tile edge in
 * pairs, thin matrices, and a few layers of real networks (XNNPACK's way of
 * deriving tests from a microkernel's parameters).
 *
 * @module
 */
import type { Dimensions } from "../kernels/checks.ts";
import type { KernelTraits } from "../kernels/kernel.ts";
import type { ShapeClass } from "../results/verification/schema.ts";
import type { Effort } from "./check.ts";
import { formatDimensions } from "./dimensions.ts";

/** All shapes with dimensions from 0 to `most`. */
export function smallShapes(most: number): Dimensions[] {
  const range = Array.from({ length: most + 1 }, (_, i) => i);
  return range.flatMap((m) => range.flatMap((n) => range.map((k) => ({ m, n, k }))));
}

/** Numbers on both sides of the edges of a tile, and of two of them. */
function around(tile: number): number[] {
  return tile === 1 ? [1, 2, 3] : [tile - 1, tile, tile + 1, 2 * tile + 1];
}

/** Numbers on both sides of the edge of a cache block. */
function beside(block: number): number[] {
  return block === 1 ? [17] : [block - 1, block, block + 1];
}

/** Shapes in which each pair of two dimensions' edges meets, the third being small and odd. */
export function edgeShapes({ tile }: Pick<KernelTraits, "tile">): Dimensions[] {
  const edges = {
    m: [...around(tile.mr), ...beside(tile.mc)],
    n: [...around(tile.nr), ...beside(tile.nc)],
    k: [1, 2, 5, ...beside(tile.kc), 2 * tile.kc + 1],
  };
  const small = [3, 5, 7, 1];
  const shapes: Dimensions[] = [];
  const third = () => small[shapes.length % small.length] ?? 1;
  for (const m of edges.m) for (const n of edges.n) shapes.push({ m, n, k: third() });
  for (const m of edges.m) for (const k of edges.k) shapes.push({ m, n: third(), k });
  for (const n of edges.n) for (const k of edges.k) shapes.push({ m: third(), n, k });
  return unique(shapes);
}

/** Layers of real networks, and primes. */
export const layerShapes: readonly Dimensions[] = [
  { m: 7, n: 5, k: 13 },
  { m: 32, n: 10, k: 784 },
  { m: 32, n: 128, k: 640 },
  { m: 1, n: 96, k: 768 },
  { m: 67, n: 61, k: 257 },
  { m: 509, n: 1, k: 33 },
];

/** Every `step`-th. */
export function thin<T>(items: readonly T[], step: number): T[] {
  return items.filter((_, i) => i % step === 0);
}

/**
 * The shapes for checks that compare whole numbers: all small ones, and edges.
 * All sizes up to 20 in full mode, in which no path has a tail left unseen.
 */
export function exactShapes(traits: Pick<KernelTraits, "tile">, effort: Effort): Dimensions[] {
  if (effort === "smoke") {
    // Few rows of more columns than fit any tile, and a long sum, may each have a path of their own.
    const own = [{ m: 7, n: 5, k: 13 }, { m: 2, n: 97, k: 68 }, { m: 6, n: 5, k: 1100 }];
    return unique([...smallShapes(3), ...thin(smallEdges(traits), 7), ...own]);
  }
  return unique([
    ...smallShapes(effort === "full" ? 20 : 6),
    ...edgeShapes(traits),
    ...layerShapes,
  ]);
}

/** The shapes for checks that compare floats: a few small ones, the edges thinned out, the layers. */
export function floatShapes(traits: Pick<KernelTraits, "tile">, effort: Effort): Dimensions[] {
  if (effort === "smoke") {
    return unique([...thin(smallShapes(2), 2), ...thin(smallEdges(traits), 11), {
      m: 7,
      n: 5,
      k: 13,
    }]);
  }
  const edges = thin(edgeShapes(traits), effort === "full" ? 1 : 7);
  return unique([...smallShapes(effort === "full" ? 4 : 2), ...edges, ...layerShapes]);
}

/** The edges that cost little. */
function smallEdges(traits: Pick<KernelTraits, "tile">): Dimensions[] {
  return edgeShapes(traits).filter(({ m, n, k }) => m * n * k <= 2 ** 16);
}

/** What kind of shape it is, for a table of what was covered. */
export function classOf(
  { m, n, k }: Dimensions,
  { tile }: Pick<KernelTraits, "tile">,
): ShapeClass {
  if (m * n * k === 0) return "empty";
  if (Math.max(m, n, k) <= 6) return "small";
  const near = (size: number, edges: readonly number[]) =>
    edges.some((edge) => edge > 1 && (around(edge).includes(size) || size === edge));
  return near(m, [tile.mr, tile.mc]) || near(n, [tile.nr, tile.nc]) || near(k, [tile.kc])
    ? "edge"
    : "large";
}

function unique(shapes: readonly Dimensions[]): Dimensions[] {
  return [...new Map(shapes.map((shape) => [formatDimensions(shape), shape])).values()];
}
