import { assertEquals } from "@std/assert";
import { madeMutant } from "./mutate_testing.ts";
import { Order } from "./order.ts";

const cases = [
  ...[1, 2, 3, 4].map((i) => ({ check: "a", id: `a/${i}`, seconds: i })),
  { check: "b", id: "b/1", seconds: 0.1 },
];

/** The ids that each arm runs. */
const idsOf = (arms: ReturnType<Order["arms"]>) =>
  arms.map(({ check, skip }) =>
    cases.flatMap((one) => one.check === check && !skip.includes(one.id) ? [one.id] : [])
  );

Deno.test("Order runs the cheapest cases of all checks first, and each case once", () => {
  const order = new Order(cases, "quick");
  assertEquals(idsOf(order.arms(() => true)), [["b/1"], ["a/1"], ["a/2", "a/3", "a/4"]]);
  assertEquals(idsOf(order.arms((id) => id === "a/3")), [["a/3"]]);
  assertEquals(idsOf(order.arms(() => false)), []);
});

Deno.test("Order puts the check first that has killed most in a second", () => {
  const order = new Order(cases, "quick");
  const run = (check: string) => ({ check, effort: "quick", seconds: 0.1 }) as const;
  for (let i = 0; i < 40; i++) {
    order.add(madeMutant("1", { check: "a", effort: "quick", runs: [run("b"), run("a")] }));
  }
  assertEquals(idsOf(order.arms(() => true))[0], ["a/1"]);
});

Deno.test("Order splits the cases into those that reach a mutant and the rest", () => {
  const order = new Order(cases, "quick");
  const { first, rest } = order.stages(new Set(["a/2", "b/1"]));
  assertEquals(idsOf(first), [["b/1"], ["a/2"]]);
  assertEquals(idsOf(rest), [["a/1"], ["a/3", "a/4"]]);
  assertEquals([order.count(first), order.count(rest)], [2, 3]);
  assertEquals(order.stages(null).rest, []);
});
