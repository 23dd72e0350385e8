import { assertAlmostEquals, assertEquals } from "@std/assert";
import { createRandom } from "../common/random.ts";
import { leakIn } from "./leaks.ts";

Deno.test("leakIn() names steady growth, through noise and one odd interval", () => {
  const random = createRandom(3);
  const bytes = Array.from({ length: 9 }, (_, i) => 5000 * i + 500 * random.uniform());
  assertAlmostEquals(leakIn(bytes, 100)!.bytesPerCall, 50, 10);
  assertEquals(leakIn([0, 10, 20, 1020, 1030, 1040, 1050], 1), { bytesPerCall: 10 });
});

Deno.test("leakIn() is not fooled by steps, a saw, noise, what is too little, or too few readings", () => {
  assertEquals(leakIn([0, 9, 9, 9, 9, 9, 9, 9], 1), null);
  assertEquals(leakIn([0, 9, 9, 18, 18, 27, 27, 36], 1), null);
  assertEquals(leakIn([0, 5, 10, 0, 5, 10, 0, 5, 10], 1), null);
  assertEquals(leakIn([7, 6, 5, 4, 3, 2, 1, 0], 1), null);
  assertEquals(leakIn([0, 1, 2, 3, 4, 5, 6], 1, 4000), null);
  assertEquals(leakIn([0, 1, 2], 1), null);
  const random = createRandom(5);
  for (let i = 0; i < 200; i++) {
    // Noise without growth, as after a collection that leaves more or less behind.
    const bytes = Array.from({ length: 9 }, () => 20000 * random.uniform());
    assertEquals(leakIn(bytes, 1, 1), null);
  }
});
