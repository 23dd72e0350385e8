/**
 * From an operation's features to rows: which combinations are covered at an
 * effort, the covering array of a seed, and sizes drawn for its levels.
 *
 * @module
 */
import { createRandom, type Random, seedOf } from "../../common/random.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import type { Effort } from "../check.ts";
import { isGpu } from "../device.ts";
import { thresholdsOf } from "../sizes/limits.ts";
import {
  type CoveringArray,
  coveringArray,
  type Factor,
  type Interaction,
  subsets,
} from "./covering_array.ts";
import { drawSize, leastSize } from "./sizes.ts";
import type { Feature, LevelOf, Row, Subject } from "./subject.ts";

/** The names of dimensions, which are features with drawn values. */
export const axes = ["m", "n", "k"] as const;

/** Multiply-adds, or elements, of a row at most: 1025 x 513 x 1 are within it. */
const mostWork: Readonly<Record<Effort, number>> = {
  smoke: 2 ** 14,
  quick: 540_000,
  full: 2 ** 22,
};

/** Whether a name is that of a dimension. */
export function isAxis(name: string): name is typeof axes[number] {
  return (axes as readonly string[]).includes(name);
}

function wholeFactor({ levels }: Feature, feature: number): Factor {
  return { feature, classes: levels.map((_, level) => level), count: levels.length };
}

/** The levels of a feature by their kinds. */
function kindFactor({ levels, kinds = levels }: Feature, feature: number): Factor {
  const names = [...new Set(kinds)];
  return { feature, classes: kinds.map((kind) => names.indexOf(kind)), count: names.length };
}

/** One row in so many is tried on a GPU in quick mode. */
const shareOnGpu = 4;

/** So many combinations of three features there may be: pairs of sizes need no fewer rows. */
const mostOfThree = 150;

/** Factors by their kinds, or whole as far as there are not too many combinations. */
function refined(kinds: Interaction, whole: readonly Factor[], most: number): Interaction {
  const factors = [...kinds];
  const count = () => factors.reduce((product, each) => product * each.count, 1);
  for (const [i, own] of kinds.entries()) {
    const finer = whole[own.feature]!;
    if (count() / own.count * finer.count <= most) factors[i] = finer;
  }
  return factors;
}

function interactionsOf(
  { features, threes, combined = mostOfThree }: Subject,
  effort: Effort,
  slow: boolean,
): Interaction[] {
  const kinds = features.map(kindFactor);
  if (effort === "smoke" || slow) return subsets(kinds, 2);
  const whole = features.map(wholeFactor);
  const groups = effort === "full"
    ? [kinds]
    : threes.map((names) => kinds.filter(({ feature }) => names.includes(features[feature]!.name)));
  const triples = groups.flatMap((group) => subsets(group, 3))
    .map((triple) => refined(triple, whole, combined));
  const known = new Map(
    triples.map((triple) => [triple.map(({ feature }) => feature).join(" "), triple]),
  );
  return [...subsets(whole, 2), ...known.values()];
}

/** Elements of a matrix with m rows in quick mode; a weight of n columns and k rows may have more. */
const mostOfRows = 2 ** 17 + 2 ** 11;

/** How often a row calls what it combines. */
const callsOf = (level: LevelOf) => 1 + Number(level("uses") ?? 0);

/** Whether dimensions are within the limits of an effort, in so many calls. */
function fits(
  { m, n, k }: Dimensions,
  calls: number,
  effort: Effort,
  { most = Infinity }: Subject,
): boolean {
  return m * n * k * calls <= Math.min(most, mostWork[effort]) &&
    (effort !== "quick" || m * Math.max(n, k) <= mostOfRows);
}

/** The least sizes of levels. */
function leastShape(level: LevelOf): Dimensions {
  const [m, n, k] = axes.map((axis) => leastSize(level(axis) ?? "")) as [number, number, number];
  return { m, n, k };
}

/** What depends on the kernel, besides its thresholds. */
interface Facts {
  readonly effort: Effort;
  readonly slow: boolean;
  /** Whether another kernel can be made. */
  readonly another: boolean;
}

const arrays = new Map<string, CoveringArray>();

/** So many arrays are kept: those of one run. */
const mostKept = 64;

function arrayOf(subject: Subject, facts: Facts, seed: number): CoveringArray {
  const key = JSON.stringify([subject.name, facts, seed]);
  const known = arrays.get(key);
  if (known) return known;
  const { features } = subject;
  const { effort, slow, another } = facts;
  const places = new Map(features.map(({ name }, i) => [name, i]));
  const allows = (row: readonly number[]) => {
    const level: LevelOf = (name) => {
      const place = places.get(name);
      return place === undefined ? undefined : features[place]!.levels[row[place]!];
    };
    return fits(leastShape(level), callsOf(level), effort, subject) &&
      (another || level("beside") !== "yes") &&
      subject.allows(level);
  };
  const made = coveringArray(
    {
      levels: features.map(({ levels }) => levels.length),
      interactions: interactionsOf(subject, effort, slow),
      allows,
    },
    createRandom(seedOf(key)),
  );
  if (arrays.size >= mostKept) arrays.clear();
  arrays.set(key, made);
  return made;
}

function factsOf(kernel: Kernel, effort: Effort, another: boolean): Facts {
  return { effort, slow: isGpu(kernel.traits) && effort !== "full", another };
}

/** A shape of a row's levels: where it is too much work, large dimensions are as small as their levels allow. */
function drawShape(
  subject: Subject,
  level: LevelOf,
  kernel: Kernel,
  effort: Effort,
  random: Random,
): Dimensions {
  const thresholds = thresholdsOf(kernel.traits);
  const shape = { m: 1, n: 1, k: 1 };
  for (const axis of axes) {
    const own = level(axis);
    if (own !== undefined) shape[axis] = drawSize(own, thresholds[axis], random);
  }
  for (const axis of axes.toSorted((one, other) => shape[other] - shape[one])) {
    const whole = subject.adjust?.(shape, level) ?? shape;
    if (!fits(whole, callsOf(level), effort, subject)) {
      shape[axis] = leastSize(level(axis) ?? "");
    }
  }
  return shape;
}

/** The rows of an operation for a kernel. */
export function rowsOf(
  subject: Subject,
  kernel: Kernel,
  { effort, another, seed }: {
    readonly effort: Effort;
    readonly another: boolean;
    readonly seed: number;
  },
): Row[] {
  const { features } = subject;
  const random = createRandom(seedOf(`sizes of ${subject.name}`, seed));
  const facts = factsOf(kernel, effort, another);
  const { rows } = arrayOf(subject, facts, seed);
  // On a GPU some of them, others in each run.
  const own = facts.slow ? rows.filter((_, i) => i % shareOnGpu === seed % shareOnGpu) : rows;
  return own.map((row) => {
    const chosen = new Map(features.map(({ name, levels }, i) => [name, levels[row[i]!]!]));
    const level: LevelOf = (name) => chosen.get(name);
    const drawn = drawShape(subject, level, kernel, effort, random);
    return {
      shape: subject.adjust?.(drawn, level) ?? drawn,
      levels: Object.fromEntries([...chosen].filter(([name]) => !isAxis(name))),
    };
  });
}

/** How many rows an operation has, how many combinations occur in them, and how many no row may have. */
export function countsOf(
  subject: Subject,
  kernel: Kernel,
  effort: Effort,
  seed: number,
): { readonly rows: number; readonly covered: number; readonly impossible: number } {
  const { rows, covered, impossible } = arrayOf(subject, factsOf(kernel, effort, true), seed);
  return { rows: rows.length, covered, impossible };
}
