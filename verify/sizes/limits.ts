/**
 * The sizes at which a dimension is tried: both sides of every power of two, of
 * three times every power of two and of what the traits name (tiles, blocks,
 * shares of threads), every remainder modulo 32, and sizes drawn log-uniformly
 * from the run's seed, since thresholds that were not thought of lie anywhere.
 *
 * @module
 */
import type { Kernel, KernelTraits } from "../../kernels/kernel.ts";
import type { Random } from "../../common/random.ts";
import type { Effort } from "../check.ts";
import { isJavaScript, isSoftware } from "../device.ts";

/** How far sizes go. They are fixed, not measured, so that the cases are the same on every machine. */
export interface SizeLimits {
  /** Multiply-adds of the largest product. */
  readonly work: number;
  /** Whether a few have more of them than 32 bits can count. */
  readonly beyond32Bits: boolean;
  /** Multiply-adds of a product of which there are many. */
  readonly often: number;
  /** Elements of the largest array, of which each operation meets a few. */
  readonly longest: number;
  /** Elements of the arrays that every variant of an operation meets. */
  readonly long: number;
  /** Up to here a dimension crosses every threshold on both sides. */
  readonly everySize: number;
  /** Products whose order of addition is carried out for one case. */
  readonly terms: number;
  /** How many random shapes there are for each way of calling. */
  readonly drawn: number;
}

const limits: Readonly<Record<Effort, SizeLimits>> = {
  smoke: {
    work: 2 ** 12,
    beyond32Bits: false,
    often: 2 ** 12,
    longest: 2 ** 12,
    long: 2 ** 11,
    everySize: 64,
    terms: 2 ** 11,
    drawn: 1,
  },
  quick: {
    work: 2 ** 27,
    beyond32Bits: false,
    often: 2 ** 21,
    longest: 2 ** 20,
    long: 2 ** 16,
    everySize: 2 ** 10,
    terms: 2 ** 16,
    drawn: 6,
  },
  full: {
    work: 2 ** 30,
    beyond32Bits: true,
    often: 2 ** 24,
    longest: 2 ** 24,
    long: 2 ** 20,
    everySize: 2 ** 14,
    terms: 2 ** 19,
    drawn: 64,
  },
};

/** The limits for a kernel: more work where it is compiled, less where software stands in for a GPU. */
export function limitsFor({ traits }: Pick<Kernel, "traits">, effort: Effort): SizeLimits {
  const own = limits[effort];
  if (effort === "smoke") return own;
  if (isSoftware(traits)) {
    const { work, longest, long } = own;
    return {
      ...own,
      work: work / 8,
      beyond32Bits: false,
      longest: longest / 4,
      long: long / 4,
    };
  }
  return isJavaScript(traits) ? own : { ...own, work: own.work * 8 };
}

/** A whole number in [low, high], as likely in each octave of them. */
export function logUniform(low: number, high: number, random: Random): number {
  const exponent = random.uniform() * Math.log((high + 1) / low);
  return Math.min(Math.floor(high), Math.floor(low * Math.exp(exponent)));
}

/** Both sides of every power of two, of three times every power, and of the thresholds, in order. */
export function sizesAround(thresholds: readonly number[], most: number): number[] {
  const centres = [...thresholds];
  for (let power = 1; power <= most; power *= 2) centres.push(power, 3 * power);
  const sizes = new Set(centres.flatMap((centre) => [centre - 1, centre, centre + 1]));
  return [...sizes].filter((size) => size >= 1 && size <= most).sort((a, b) => a - b);
}

/** 32 numbers from `first` on: one with each remainder modulo 32. */
export function remaindersFrom(first: number): number[] {
  return Array.from({ length: 32 }, (_, i) => first + i);
}

/** What the traits name along each dimension of a product. */
export function thresholdsOf(
  { tile, summation, threads }: Pick<KernelTraits, "tile" | "summation" | "threads">,
): { readonly m: number[]; readonly n: number[]; readonly k: number[] } {
  const { mr, nr, mc, nc, kc } = tile;
  // Blocks of the claim may be other than the tile's, and change with k.
  const blocks = summation.order === "blocked"
    ? [16, 256, 4096].map((k) => summation.block(k))
    : [];
  const shares = threads > 1 ? [16 * threads] : [];
  return {
    m: [mr, 2 * mr, mc, 2 * mc, threads * mr, ...shares],
    n: [nr, 2 * nr, nc, 2 * nc, threads * nr, ...shares],
    k: [kc, 2 * kc, ...blocks, ...blocks.map((block) => 2 * block)],
  };
}
