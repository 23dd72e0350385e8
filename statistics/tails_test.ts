import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createRandom } from "../common/random.ts";
import { normalQuantile } from "./estimators.ts";
import { quantileOf, tailOf, twoModes } from "./tails.ts";

const values = (count: number, value: (u: number, i: number) => number, seed = 1) => {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, i) => value((random.integer() + 0.5) / 2 ** 32, i));
};
const logNormal = (sigma: number) => (u: number) => Math.exp(sigma * normalQuantile(u));

Deno.test("quantileOf() covers the true quantile in 95 % of draws, and has no end where n has none", () => {
  const truth = Math.exp(0.3 * normalQuantile(0.95));
  const draws = 400;
  let covered = 0;
  for (let seed = 1; seed <= draws; seed++) {
    const sorted = values(200, logNormal(0.3), seed).sort((a, b) => a - b);
    const { low, high } = quantileOf(sorted, 0.95);
    covered += Number(low !== null && high !== null && low <= truth && truth <= high);
  }
  assert(covered / draws > 0.93, `${covered} of ${draws}`);
  const few = Array.from({ length: 20 }, (_, i) => i);
  assertEquals(quantileOf(few, 0.95).value, 18);
  assertEquals(quantileOf(few, 0.95).high, null);
});

Deno.test("tailOf() gives p95 and p99 only where there are calls enough", () => {
  assertEquals(tailOf([1, 1, 2]).p95, null);
  const tenth = Array.from({ length: 200 }, (_, i) => i % 10 === 3 ? 3 : 1);
  const tail = tailOf(tenth);
  assertEquals([tail.p50.value, tail.p95?.value, tail.p99?.value, tail.mad], [1, 3, 3, 0]);
  assertAlmostEquals(tail.mean, 1.2);
  assertEquals(tailOf(tenth.slice(0, 99)).p99, null);
  assertEquals(tailOf([5]).deviation, 0);
});

Deno.test("twoModes() finds a tenth of calls at three times, and half at 1.3 times, in noise", () => {
  let [tenth, half] = [0, 0];
  for (let seed = 1; seed <= 100; seed++) {
    const noise = logNormal(0.03);
    tenth += Number(
      twoModes(values(200, (u, i) => noise(u) * (i % 10 === 3 ? 3 : 1), seed)) !== null,
    );
    half += Number(twoModes(values(200, (u, i) => noise(u) * (i % 2 ? 1.3 : 1), seed)) !== null);
  }
  assert(tenth >= 99 && half >= 99, `${tenth}, ${half}`);
});

Deno.test("twoModes() finds one mode in at least 98 % of samples of one, skewed, flat or rounded ones too", () => {
  const shapes: Record<string, (u: number) => number> = {
    narrow: logNormal(0.02),
    wide: logNormal(0.6),
    exponential: (u) => 1 - Math.log(u),
    heavy: (u) => 1 + 0.02 / u,
    flat: (u) => 1 + u,
    rounded: (u) => Math.round(100 * logNormal(0.1)(u)) / 100,
  };
  for (const [name, shape] of Object.entries(shapes)) {
    let found = 0;
    for (let seed = 1; seed <= 200; seed++) {
      found += Number(twoModes(values(200, shape, seed)) !== null);
    }
    assert(found <= 4, `${name}: ${found} of 200`);
  }
  assertEquals(twoModes([1, 2]), null);
});
