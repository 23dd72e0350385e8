import { assertEquals, assertLess } from "@std/assert";
import { createRandom, normal, type Random } from "../common/random.ts";
import { leastExchangeable, orderOf } from "./exchange.ts";

/** How often something is found in so many series. */
function countOf(series: (random: Random) => number[], times = 200): number {
  const random = createRandom(3);
  let count = 0;
  for (let i = 0; i < times; i++) if (orderOf(series(random)) !== null) count++;
  return count;
}

const valuesOf = (length: number, value: (i: number) => number) =>
  Array.from({ length }, (_, i) => value(i));

Deno.test("orderOf() finds an order in 1 of 20 series without one, whatever the distribution", () => {
  for (const length of [8, 20, 50]) {
    const found = {
      normal: countOf((random) => valuesOf(length, () => normal(random))),
      states: countOf((random) => valuesOf(length, () => random.uniform() < 0.8 ? 0 : 1)),
      heavy: countOf((random) => valuesOf(length, () => normal(random) / random.uniform())),
    };
    // 5 % of 200 are 10, and 20 with a probability of less than 1 in 300.
    for (const [name, count] of Object.entries(found)) assertLess(count, 20, `${name}, ${length}`);
  }
});

Deno.test("orderOf() finds a level at either end and within, where it is", () => {
  const level = (start: number, end: number, length: number) =>
    valuesOf(length, (i) => (i >= start && i < end ? 1 : 0) + 0.01 * (i % 3));
  assertEquals(orderOf(level(0, 8, 20)), 8);
  assertEquals(orderOf(level(15, 20, 20)), 15);
  assertEquals(orderOf(level(9, 13, 20)), 9);
});

Deno.test("orderOf() of equal values, of an alternation and of few values is none", () => {
  assertEquals(orderOf(valuesOf(30, () => 7)), null);
  assertEquals(orderOf(valuesOf(30, (i) => i % 2)), null);
  assertEquals(orderOf(valuesOf(leastExchangeable - 1, (i) => i < 4 ? 0 : 1)), null);
});
