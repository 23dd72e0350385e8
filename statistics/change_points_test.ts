import { assert, assertEquals, assertLess } from "@std/assert";
import { createRandom, normal, type Random } from "../common/random.ts";
import { stretchesOf } from "./change_points.ts";

/** Times about 1 with a noise of 2 %, and a step by a factor from the middle on. */
function series(length: number, factor: number, random: Random): number[] {
  return Array.from(
    { length },
    (_, i) => Math.exp(0.02 * normal(random)) * (2 * i < length ? 1 : factor),
  );
}

Deno.test("stretchesOf() makes false steps in 1 of 20 series of noise at most", () => {
  const random = createRandom(5);
  for (const length of [4, 8, 20]) {
    let wrong = 0;
    for (let i = 0; i < 300; i++) if (stretchesOf(series(length, 1, random)).length > 1) wrong++;
    // 5 % of 300 are 15, and 26 with a probability of less than 1 in 200.
    assertLess(wrong, 26, `${length} values`);
  }
});

Deno.test("stretchesOf() finds a step of 10 % in noise of 2 %, up and down, where it is", () => {
  const random = createRandom(6);
  for (const factor of [1.1, 1 / 1.1]) {
    let found = 0;
    for (let i = 0; i < 50; i++) {
      const stretches = stretchesOf(series(20, factor, random));
      const [first, second] = stretches;
      if (stretches.length === 2 && Math.abs(second!.start - 10) <= 1) found++;
      if (stretches.length === 2) {
        assert(Math.abs(second!.level / first!.level / factor - 1) < 0.05);
      }
    }
    assert(found >= 45, `found in ${found} of 50`);
  }
});

Deno.test("stretchesOf() finds several steps of an exact series, and covers it without gaps", () => {
  const times = [1, 1, 1, 1, 2, 2, 2, 0.5, 0.5, 0.5, 0.5];
  assertEquals(stretchesOf(times), [
    { start: 0, end: 4, level: 1 },
    { start: 4, end: 7, level: 2 },
    { start: 7, end: 11, level: 0.5 },
  ]);
});

Deno.test("stretchesOf() takes an outlier for none, wherever it is", () => {
  for (let at = 0; at < 9; at++) {
    const times = [1, 1.01, 0.99, 1, 1.01, 1, 0.99, 1, 1.01];
    times[at] = 5;
    assertEquals(stretchesOf(times).length, 1, `at ${at}`);
  }
});

Deno.test("stretchesOf() of the shortest series is one stretch", () => {
  assertEquals(stretchesOf([]), []);
  assertEquals(stretchesOf([3]), [{ start: 0, end: 1, level: 3 }]);
  assertEquals(stretchesOf([1, 9]), [{ start: 0, end: 2, level: 5 }]);
  assertEquals(stretchesOf([1, 9, 9]).length, 1);
});

Deno.test("stretchesOf() makes false steps in 1 of 20 series at most where a machine has two states, or a clock few digits", () => {
  const random = createRandom(7);
  const noise = (sd: number) => Math.exp(sd * normal(random));
  const makes: Record<string, () => number> = {
    "one run in five is slow": () => (random.uniform() < 0.8 ? 1 : 1.3) * noise(0.005),
    "half of the runs are": () => (random.uniform() < 0.5 ? 1 : 1.2) * noise(0.005),
    "a tick is 5 % of the time": () => Math.round(20 * noise(0.02)),
  };
  for (const [name, make] of Object.entries(makes)) {
    for (const length of [10, 40]) {
      let wrong = 0;
      for (let i = 0; i < 100; i++) {
        if (stretchesOf(Array.from({ length }, make)).length > 1) wrong++;
      }
      // 5 % of 100 are 5, and 13 with a probability of less than 1 in 600.
      assertLess(wrong, 13, `${name}, ${length} runs`);
    }
  }
});

Deno.test("stretchesOf() finds a step of 20 % beside an outlier", () => {
  const random = createRandom(8);
  const times = series(20, 1.2, random);
  times[3] = 9;
  assertEquals(stretchesOf(times).map(({ start, end }) => [start, end]), [[0, 10], [10, 20]]);
});
