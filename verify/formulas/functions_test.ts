import { assert, assertEquals } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import { fixed, logOnePlus, relativeError } from "../high_precision.ts";
import { below, logarithm, logarithmOnePlus, nearestEven, referenceError } from "./functions.ts";

/** log(1 + x) to hundreds of bits, relative to it. */
function errorOf(got: number, x: number): number {
  const bits = 1200n;
  const want = logOnePlus(fixed(x, bits), Math.log1p(x), bits);
  return Math.abs(relativeError(got, want, want < 0n ? -want : want, bits));
}

Deno.test("logarithm() and logarithmOnePlus() are the logarithm to the error that the verifier takes for theirs", () => {
  const random = createRandom(1);
  for (let i = 0; i < 60; i++) {
    const x = 2 ** (random.uniform() * 240 - 120);
    assert(errorOf(logarithmOnePlus(x), x) <= referenceError, `log1p ${x}`);
    const negative = -(2 ** (-random.uniform() * 100)) * 0.999;
    assert(errorOf(logarithmOnePlus(negative), negative) <= referenceError, `log1p ${negative}`);
    const near = 1 + (random.uniform() - 0.5) * 2 ** (-20 * random.uniform());
    assert(errorOf(logarithm(near), near - 1) <= referenceError, `log ${near}`);
    assert(errorOf(logarithm(1 + x), 1 + x - 1) <= referenceError, `log ${1 + x}`);
  }
  assertEquals([0, 1, Infinity, -1].map(logarithm), [-Infinity, 0, Infinity, NaN]);
  assertEquals(Math.fround(logarithm(2 ** -149)), Math.fround(-149 * Math.LN2));
});

Deno.test("nearestEven() and below() are whole numbers beside their argument", () => {
  assertEquals([0.5, 1.5, 2.5, -0.5, -1.5, 3.2, 2 ** 60].map(nearestEven), [
    0,
    2,
    2,
    -0,
    -2,
    3,
    2 ** 60,
  ]);
  assertEquals([0.5, -0.5, 3, -3, -Infinity].map(below), [0, -1, 3, -3, -Infinity]);
});
