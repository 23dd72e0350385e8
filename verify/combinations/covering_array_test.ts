import { assert, assertEquals, assertGreater, assertNotEquals } from "@std/assert";
import { createRandom, type Random } from "../../common/random.ts";
import {
  type ArrayPlan,
  coveringArray,
  everyInteraction,
  type Factor,
  type Interaction,
  subsets,
} from "./covering_array.ts";

/** All rows of all levels. */
function everyRow(levels: readonly number[]): number[][] {
  return levels.reduce<number[][]>(
    (rows, count) =>
      rows.flatMap((row) => Array.from({ length: count }, (_, level) => [...row, level])),
    [[]],
  );
}

/** The combinations that rows have, as texts. */
function combinations(rows: readonly (readonly number[])[], interactions: readonly Interaction[]) {
  const found = new Set<string>();
  for (const row of rows) {
    for (const [i, factors] of interactions.entries()) {
      const classes = factors.map(({ feature, classes }) => classes[row[feature]!]);
      found.add(`${i}: ${classes.join(" ")}`);
    }
  }
  return found;
}

/** Pairs of levels that exclude each other, and a sum that may not be exceeded. */
function someConstraint(levels: readonly number[], random: Random): ArrayPlan["allows"] {
  const pairs = Array.from({ length: 3 }, () => {
    const first = random.between(0, levels.length - 1);
    const second = (first + random.between(1, levels.length - 1)) % levels.length;
    return [
      first,
      random.between(0, levels[first]! - 1),
      second,
      random.between(0, levels[second]! - 1),
    ];
  });
  const most = levels.reduce((sum, count) => sum + count, 0) * 0.45;
  return (row) =>
    pairs.every(([f, a, g, b]) => row[f!] !== a || row[g!] !== b) &&
    row.reduce((sum, level) => sum + Math.max(0, level), 0) <= most;
}

function someInteractions(levels: readonly number[], random: Random): Interaction[] {
  // Some in threes by the parity of their levels, with the pairs of all.
  const halves = levels.map((count, feature): Factor => ({
    feature,
    classes: Array.from({ length: count }, (_, level) => level % 2),
    count: Math.min(2, count),
  }));
  return [
    ...everyInteraction(levels, random.between(1, 2)),
    ...subsets(halves, Math.min(3, levels.length)),
  ];
}

Deno.test("coveringArray() has every combination that an allowed row has, and rows that are allowed alone, 200 seeds", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = createRandom(seed);
    const levels = Array.from({ length: random.between(2, 5) }, () => random.between(1, 5));
    const interactions = someInteractions(levels, random);
    const allows = random.integer() % 4 === 0 ? () => true : someConstraint(levels, random)!;
    const { rows, covered, impossible } = coveringArray({ levels, interactions, allows }, random);
    const wanted = combinations(everyRow(levels).filter(allows), interactions);
    assertEquals(combinations(rows, interactions), wanted, `seed ${seed}`);
    assert(rows.every(allows), `seed ${seed}`);
    assertEquals(covered, wanted.size, `seed ${seed}`);
    const all = interactions.map((factors) => factors.reduce((size, { count }) => size * count, 1));
    assertEquals(covered + impossible, all.reduce((sum, size) => sum + size, 0), `seed ${seed}`);
  }
});

Deno.test("coveringArray() of three conditions has all triples in a small share of all rows", () => {
  const levels = [4, 4, 4, 3, 3, 3, 2, 2];
  const plan = { levels, interactions: everyInteraction(levels, 3) };
  const { rows, impossible } = coveringArray(plan, createRandom(3));
  assertEquals(impossible, 0);
  assertGreater(120, rows.length);
  const sample = Array.from({ length: 3000 }, (_, i) => {
    const random = createRandom(i);
    return levels.map((count) => random.between(0, count - 1));
  });
  const had = combinations(rows, plan.interactions);
  for (const one of combinations(sample, plan.interactions)) assert(had.has(one), one);
});

Deno.test("coveringArray() is the same for the same seed, and another for another", () => {
  const levels = [5, 4, 3, 3];
  const plan = { levels, interactions: everyInteraction(levels, 2) };
  const rows = (seed: number) => coveringArray(plan, createRandom(seed)).rows;
  assertEquals(rows(7), rows(7));
  assertNotEquals(rows(7), rows(8));
});

Deno.test("coveringArray() of a constraint that nothing fulfils has no rows", () => {
  const levels = [2, 2];
  const interactions = everyInteraction(levels, 2);
  const found = coveringArray({ levels, interactions, allows: () => false }, createRandom(1));
  assertEquals(found, { rows: [], covered: 0, impossible: 4 });
});
