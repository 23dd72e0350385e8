/**
 * The sizes of one dimension as levels of a feature: those that code treats on
 * their own (1, whole tiles, few rows), those that people choose (10, 100), ends
 * and remainders between them, and large ones. Each level but the exact ones is a
 * range, from which every run draws other numbers: with even odds one beside a
 * power of two or a threshold of the kernel's claims.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import { logUniform } from "../sizes/limits.ts";
import type { Feature } from "./subject.ts";

/** A range of sizes, both ends included, and what kind of size it is where three features are combined. */
interface SizeLevel {
  readonly kind: "one" | "few" | "tiles" | "usual" | "ragged" | "large";
  readonly low: number;
  readonly high: number;
}

const sizes: readonly SizeLevel[] = [
  { kind: "few", low: 3, high: 3 },
  { kind: "one", low: 1, high: 1 },
  { kind: "few", low: 2, high: 7 },
  { kind: "tiles", low: 8, high: 8 },
  { kind: "ragged", low: 9, high: 31 },
  { kind: "usual", low: 10, high: 10 },
  { kind: "tiles", low: 16, high: 16 },
  { kind: "tiles", low: 32, high: 32 },
  { kind: "ragged", low: 33, high: 127 },
  { kind: "tiles", low: 64, high: 64 },
  { kind: "usual", low: 100, high: 100 },
  { kind: "tiles", low: 128, high: 128 },
  { kind: "large", low: 129, high: 512 },
  { kind: "large", low: 513, high: 1024 },
  { kind: "large", low: 1025, high: 1300 },
];

const nameOf = ({ low, high }: SizeLevel) => low === high ? `${low}` : `${low}-${high}`;

const byName: ReadonlyMap<string, SizeLevel> = new Map(sizes.map((each) => [nameOf(each), each]));

/** What a failing size is tried as first, when it is made small. */
export const smallSize = sizes[0]!.low;

/** Numbers that people choose, and that data and layers have. */
const usual = [12, 20, 24, 28, 30, 48, 50, 60, 96, 120, 150, 200, 250, 256, 300, 384, 500, 512]
  .concat([600, 640, 768, 784, 800, 1000, 1024, 1200]);

const edges = Array.from({ length: 10 }, (_, i) => 2 ** (i + 1)).flatMap((power) => [
  power - 1,
  power + 1,
  1.5 * power,
]);

function featureOf(name: "m" | "n" | "k", own: readonly SizeLevel[]): Feature {
  return { name, levels: own.map(nameOf), kinds: own.map(({ kind }) => kind) };
}

/** The feature of one dimension. */
export function sizeFeature(name: "m" | "n" | "k"): Feature {
  return featureOf(name, sizes);
}

/** Levels of operations of which fewer exact sizes are tried. */
const few: ReadonlySet<string> = new Set([
  "3",
  "1",
  "2-7",
  "9-31",
  "10",
  "16",
  "33-127",
  "64",
  "129-512",
  "1025-1300",
]);

/** Pairs of fewer levels: as many combinations of three features need no more rows. */
export const pairsOfFewSizes = few.size ** 2;

/** The feature of one dimension, with fewer levels. */
export function fewSizesFeature(name: "m" | "n" | "k"): Feature {
  return featureOf(name, sizes.filter((each) => few.has(nameOf(each))));
}

/** The least size of a level. */
export function leastSize(level: string): number {
  return byName.get(level)?.low ?? 1;
}

/** A size of a level; `thresholds` are those of a kernel's claims. */
export function drawSize(level: string, thresholds: readonly number[], random: Random): number {
  const { low, high } = byName.get(level)!;
  if (low === high) return low;
  if (random.integer() % 2 === 0) return logUniform(low, high, random);
  const near = thresholds.flatMap((size) => [size - 1, size, size + 1]);
  const known = [...near, ...usual, ...edges].filter((size) => size >= low && size <= high);
  return known[random.between(0, known.length - 1)] ?? logUniform(low, high, random);
}
