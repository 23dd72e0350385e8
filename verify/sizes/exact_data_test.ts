import { assert, assertEquals, assertGreater } from "@std/assert";
import { bitsOf } from "../../common/float_bits.ts";
import { createRandom } from "../../common/random.ts";
import { referenceProduct } from "../reference.ts";
import { exactFamilies, type ExactFamily, fullMantissas, mostExactTerms } from "./exact_data.ts";
import { roundedTo } from "./broken_testing.ts";

const shapes = [{ m: 5, n: 7, k: 9 }, { m: 2, n: 3, k: 4001 }, { m: 3, n: 2, k: 9000 }, {
  m: 1,
  n: 1,
  k: 1,
}];
const families = Object.keys(exactFamilies) as ExactFamily[];

for (const family of families) {
  Deno.test(`the family ${family} has sums that are exact in any order, seed 3`, () => {
    for (const shape of shapes) {
      const { x, weight, bias, product } = exactFamilies[family](shape, createRandom(3));
      const { value, gauge } = referenceProduct(shape, x, weight);
      for (const [i, sum] of value.entries()) {
        if (product === null) {
          assert(gauge[i]! + Math.abs(bias[i % shape.n]!) <= 2 ** 24);
          assert(Number.isInteger(sum));
        } else if (!Number.isNaN(product[i])) {
          // One term, so that the sum of absolute values is that of the sum.
          assertEquals(sum, product[i]);
          assertEquals(gauge[i], Math.abs(sum));
          assert(sum === 0 || bias[i % shape.n] === 0);
        }
      }
    }
  });
}

Deno.test("fullMantissas() need all 24 bits and have either sign, seed 4", () => {
  const values = fullMantissas(1000, createRandom(4));
  assert(values.every((value) => bitsOf(value) % 2 === 1 && Math.abs(value) >= 1));
  assertGreater(values.filter((value) => value < 0).length, 400);
  assertEquals(values.filter((value) => roundedTo(23)(value) === value).length, 0);
});

Deno.test("wide families have numbers that 11 bits cannot hold, and each term of a short sum counts, seed 5", () => {
  const shape = { m: 4, n: 6, k: 50 };
  const { x, weight } = exactFamilies["wide-x"](shape, createRandom(5));
  assert(x.every((value) => roundedTo(11)(value) !== value));
  assert(weight.every((value) => Math.abs(value) === 1));
  const other = exactFamilies["wide-weight"](shape, createRandom(5));
  assert(other.weight.every((value) => roundedTo(11)(value) !== value));
  const whole = exactFamilies["every-term"]({ m: 1, n: 1, k: 2 ** 20 }, createRandom(5));
  assert(whole.x.every((value) => value !== 0) && whole.weight.every((value) => value !== 0));
  assert(mostExactTerms < 2 ** 24);
});

Deno.test("the mixed family has every bit of both operands in three of four elements, seed 6", () => {
  const { product } = exactFamilies.mixed({ m: 40, n: 40, k: 30 }, createRandom(6));
  const known = product!.filter((value) => !Number.isNaN(value)).length / 1600;
  assert(known > 0.6 && known < 0.9, String(known));
});
