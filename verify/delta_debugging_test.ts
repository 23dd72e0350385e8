import { assertEquals, assertLessOrEqual } from "@std/assert";
import { minimise } from "./delta_debugging.ts";

const items = Array.from({ length: 100 }, (_, i) => i);

Deno.test("minimise() finds the items that must be there together, in order", async () => {
  for (const needed of [[], [0], [99], [0, 99], [3, 4, 50, 77], items.slice(40, 60)]) {
    const fails = (list: readonly number[]) =>
      Promise.resolve(needed.every((item) => list.includes(item)));
    const found = await minimise(items, fails, 1000);
    // One item at least is left.
    assertEquals(
      found.length === 1 ? found.filter((item) => needed.includes(item)) : found,
      needed,
    );
  }
});

Deno.test("minimise() keeps what failed when its budget is spent, and asks no more often", async () => {
  let asked = 0;
  const fails = (list: readonly number[]) => {
    asked++;
    return Promise.resolve([10, 90].every((item) => list.includes(item)));
  };
  const found = await minimise(items, fails, 7);
  assertLessOrEqual(asked, 7);
  assertEquals([10, 90].every((item) => found.includes(item)), true);
});

Deno.test("minimise() leaves a list as it is where every item is needed, and an empty one", async () => {
  const all = (list: readonly number[]) => Promise.resolve(list.length === 8);
  assertEquals(await minimise(items.slice(0, 8), all, 100), items.slice(0, 8));
  assertEquals(await minimise([], () => Promise.resolve(true), 100), []);
});
