/**
 * Covering arrays: few rows in which every combination of levels of a few
 * features occurs, since most faults need two or three conditions at once.
 * Features may be combined by classes of their levels too, so that sizes are
 * paired one by one and yet joined in threes by kind.
 * Methods: Kuhn, Wallace & Gallo, IEEE TSE 2004, on how many conditions faults
 * need; the rows are made one at a time, greedily, as by AETG (Cohen et al., IEEE
 * TSE 1997), each from a combination that is missing.
 *
 * @module
 */
import { type Random, shuffle } from "../../common/random.ts";

/** A feature of an interaction, by its place in a row, and the class of each of its levels. */
export interface Factor {
  readonly feature: number;
  /** For each level a number from 0 on, below `count`. */
  readonly classes: readonly number[];
  readonly count: number;
}

/** Features of which every combination of classes is to occur. */
export type Interaction = readonly Factor[];

/** What an array is to cover. */
export interface ArrayPlan {
  /** The number of levels of each feature, at least 1. */
  readonly levels: readonly number[];
  readonly interactions: readonly Interaction[];
  /**
   * Whether a row is allowed. Levels that are not chosen are −1, and a row of
   * which some are not must be allowed where any row is that has the others.
   */
  readonly allows?: (row: readonly number[]) => boolean;
}

/** The rows, and how many combinations occur in them. */
export interface CoveringArray {
  readonly rows: readonly (readonly number[])[];
  /** Combinations that occur. */
  readonly covered: number;
  /** Combinations that no allowed row has. */
  readonly impossible: number;
}

/** Where the combinations of an interaction begin, and how far apart those of each factor's classes are. */
interface Placed {
  readonly factors: Interaction;
  readonly strides: readonly number[];
  readonly start: number;
}

/** All features whole, `strength` at a time: what a covering array of that strength covers. */
export function everyInteraction(levels: readonly number[], strength: number): Interaction[] {
  const factors = levels.map((count, feature): Factor => ({
    feature,
    classes: Array.from({ length: count }, (_, level) => level),
    count,
  }));
  return subsets(factors, strength);
}

/** All parts of a list that have so many items. */
export function subsets<T>(items: readonly T[], size: number): T[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, i) =>
    subsets(items.slice(i + 1), size - 1).map((rest) => [item, ...rest])
  );
}

function place(interactions: readonly Interaction[]): { placed: Placed[]; total: number } {
  let total = 0;
  const placed = interactions.map((factors): Placed => {
    const start = total;
    let size = 1;
    const strides = factors.map(({ count }) => {
      const stride = size;
      size *= count;
      return stride;
    });
    total += size;
    return { factors, strides, start };
  });
  return { placed, total };
}

/** Which combination of an interaction a row has; −1 where one of its levels is not chosen. */
function combinationOf({ factors, strides, start }: Placed, row: readonly number[]): number {
  let at = start;
  for (let f = 0; f < factors.length; f++) {
    const level = row[factors[f]!.feature]!;
    if (level < 0) return -1;
    at += strides[f]! * factors[f]!.classes[level]!;
  }
  return at;
}

/** The levels that a combination leaves to each feature; null for those that it does not name. */
function choicesOf(
  { factors, strides, start }: Placed,
  combination: number,
): Map<number, number[]> {
  const choices = new Map<number, number[]>();
  factors.forEach(({ feature, classes, count }, f) => {
    const wanted = Math.floor((combination - start) / strides[f]!) % count;
    const levels = classes.flatMap((each, level) => each === wanted ? [level] : []);
    const before = choices.get(feature);
    choices.set(feature, before ? before.filter((level) => levels.includes(level)) : levels);
  });
  return choices;
}

/**
 * An array in which every combination occurs that some allowed row has. Another
 * seed of `random` gives another array.
 *
 * @example Every pair of three features of three levels, in less than half of the 27 rows
 * ```ts
 * import { createRandom } from "../../common/random.ts";
 * import { coveringArray, everyInteraction } from "./covering_array.ts";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const levels = [3, 3, 3];
 * const plan = { levels, interactions: everyInteraction(levels, 2) };
 * const { rows, covered } = coveringArray(plan, createRandom(1));
 * assertEquals(covered, 27);
 * assert(rows.length >= 9 && rows.length <= 13);
 * ```
 */
export function coveringArray(plan: ArrayPlan, random: Random): CoveringArray {
  const { levels, interactions, allows = () => true } = plan;
  const { placed, total } = place(interactions);
  const seen = new Uint8Array(total);
  const withFeature = levels.map((_, feature) =>
    placed.filter(({ factors }) => factors.some((factor) => factor.feature === feature))
  );
  const every = levels.map((count) => Array.from({ length: count }, (_, level) => level));
  /** How many missing combinations a row would have by one feature. */
  const gain = (row: readonly number[], feature: number): number => {
    let count = 0;
    for (const interaction of withFeature[feature]!) {
      const at = combinationOf(interaction, row);
      if (at >= 0 && seen[at] === 0) count++;
    }
    return count;
  };
  type Choices = ReadonlyMap<number, readonly number[]>;
  /** Levels of a feature, those of most gain first. */
  const candidatesOf = (row: number[], feature: number, choices: Choices): number[] => {
    const found: { level: number; gain: number }[] = [];
    for (const level of choices.get(feature) ?? every[feature]!) {
      row[feature] = level;
      found.push({ level, gain: gain(row, feature) + random.uniform() });
    }
    row[feature] = -1;
    return found.sort((one, other) => other.gain - one.gain).map(({ level }) => level);
  };
  /** Where a search ended: its row is whole, there is none, or it took too many steps, the last at a feature without a level. */
  type Found = "row" | "none" | { readonly stuck: number };
  /** Chooses the features of `order`, by at most so many steps. */
  const search = (
    row: number[],
    order: readonly number[],
    choices: Choices,
    most: number,
  ): Found => {
    let steps = 0;
    let stuck = -1;
    const choose = (next: number): Found => {
      const feature = order[next];
      if (feature === undefined) return "row";
      if (++steps > most) return { stuck };
      let isAllowed = false;
      for (const level of candidatesOf(row, feature, choices)) {
        row[feature] = level;
        if (!allows(row)) continue;
        isAllowed = true;
        const found = choose(next + 1);
        if (found !== "none") return found;
      }
      if (!isAllowed) stuck = feature;
      row[feature] = -1;
      return "none";
    };
    return choose(0);
  };
  /** How often a feature was left without a level: what is hard to choose is chosen first, so that what is impossible shows soon. */
  const hardness = levels.map(() => 0);
  /** A row with a combination; null where no allowed row has it. */
  const rowWith = (choices: Choices): number[] | null => {
    const others = every.map((_, feature) => feature).filter((each) => !choices.has(each));
    shuffle(others, random);
    for (let most = levels.length + 4;; most *= 2) {
      const row = levels.map(() => -1);
      const found = search(row, [...choices.keys(), ...others], choices, most);
      if (found === "row") return row;
      if (found === "none") return null;
      if (found.stuck >= 0) hardness[found.stuck]!++;
      others.sort((one, other) => hardness[other]! - hardness[one]!);
    }
  };
  const rows: number[][] = [];
  let covered = 0;
  let impossible = 0;
  const turns = shuffle(
    placed.flatMap((interaction) => {
      const size = interaction.factors.reduce((product, { count }) => product * count, 1);
      return Array.from({ length: size }, (_, i) => [interaction, interaction.start + i] as const);
    }),
    random,
  );
  for (const [interaction, combination] of turns) {
    if (seen[combination]) continue;
    const choices = choicesOf(interaction, combination);
    const row = rowWith(choices);
    if (row === null) {
      impossible++;
      continue;
    }
    rows.push(row);
    for (const each of placed) {
      const at = combinationOf(each, row);
      if (seen[at] === 0) {
        seen[at] = 1;
        covered++;
      }
    }
  }
  return { rows, covered, impossible };
}
