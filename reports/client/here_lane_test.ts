import { assertAlmostEquals, assertEquals } from "@std/assert";
import { laneText, spotsOf } from "./here_lane.ts";

Deno.test("spotsOf() has a mark for each round in order, slower ones higher, those far off at the edges", () => {
  const spots = spotsOf([1, 2, 0.5, 100, 0.001], 1);
  assertEquals(spots.map(({ x }) => x), [5, 40, 75, 110, 145]);
  const [middle, twice, half, most, least] = spots.map(({ y }) => y);
  assertEquals(middle, 15);
  assertAlmostEquals(middle! - twice!, half! - middle!);
  assertEquals([most, least], [twice, half]);
  assertEquals(spotsOf([3], 3), [{ x: 5, y: 15 }]);
  assertEquals(spotsOf([], 1), []);
});

Deno.test("laneText() says how far the rounds are from their median", () => {
  assertEquals(laneText([0.98, 1, 1.5], 1), "0.98x to 1.50x");
});
