import { assertEquals } from "@std/assert";
import { kernelOf } from "../mutants/subject.ts";
import {
  blocked,
  downFrom,
  inFloat64,
  inOrder,
  interleaved,
  pairwise,
  productOf,
  separate,
  stored,
  storedLanes,
  type Sum,
  upTo,
} from "../mutants/sums.ts";
import { observeWidth } from "./observe.ts";

const widthOf = async (sum: Sum, search?: boolean) => {
  const { accumulator, stored } = await observeWidth(kernelOf(productOf(sum), {}), search);
  // The first length that is longer than what is seen.
  return [accumulator, stored.find(([k, every]) => every < k)?.[1] ?? null];
};

Deno.test("observeWidth() finds where a float64 sum is stored, wherever it begins and however many there are", async () => {
  assertEquals(await widthOf(inOrder(upTo, inFloat64)), ["float64", null]);
  assertEquals(await widthOf(stored(32)), ["float64", 32]);
  assertEquals(await widthOf(blocked(() => 32, inFloat64)), ["float64", 32]);
  assertEquals(await widthOf(stored(16, downFrom)), ["float64", 16]);
  assertEquals(await widthOf(storedLanes(12, 8)), ["float64", 8]);
  assertEquals(await widthOf(storedLanes(48, 32)), ["float64", 7]);
  assertEquals(await widthOf(storedLanes(256, 32)), ["float64", 5]);
});

Deno.test("observeWidth() finds float32 in sums that are never wider, or not of every length", async () => {
  assertEquals(await widthOf(stored(16, downFrom), false), ["float32", null]);
  for (const sum of [inOrder(upTo), inOrder(downFrom), pairwise(), interleaved(12, "halves")]) {
    assertEquals(await widthOf(sum), ["float32", null]);
  }
  const tail: Sum = (terms, k) =>
    upTo(k).reduce((sum, p) => {
      const add = p < k - k % 32 ? inFloat64 : separate;
      return (p + 1) % 32 ? add(sum, ...terms(p)) : Math.fround(add(sum, ...terms(p)));
    }, 0);
  assertEquals(await widthOf(tail), ["float64", 32]);
  const short: Sum = (terms, k) => (k < 200 ? stored(16, downFrom) : inOrder(downFrom))(terms, k);
  assertEquals(await widthOf(short), ["float32", null]);
});
