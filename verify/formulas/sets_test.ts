import { assert, assertEquals } from "@std/assert";
import {
  add,
  choose,
  div,
  mul,
  operand,
  sub,
  type Term,
  unary,
} from "../../kernels/formula/expression.ts";
import { formula } from "../../kernels/formula/formula.ts";
import { HeapKernel } from "../../kernels/heap.ts";
import { type Claims, claimsOf, decides, holds, type Interval, store, take } from "./arithmetic.ts";
import { SetEvaluator } from "./sets.ts";

const { traits } = new HeapKernel("test", {
  tile: { mr: 1, nr: 1, mc: 1, nc: 1, kc: 1 },
  accumulator: "float32",
  summation: { order: "sequential" },
}, () => {});
const float64 = claimsOf({ ...traits, formulas: { arithmetic: "float64", errors: {} } });
const float32 = claimsOf({ ...traits, formulas: { arithmetic: "float32", errors: {} } });
const flushed: Claims = { ...float32, flushed: true, either: true, special: false };

/** What the outcome for one element may be. */
function setOf(term: Term, values: readonly number[], claims: Claims): Interval {
  const made = formula(term, operand(0));
  const evaluator = new SetEvaluator(made, claims, []);
  for (const [i, set] of evaluator.operands.entries()) take(values[i]!, set, claims);
  evaluator.run();
  const set = { ...evaluator.outputs[0]! };
  store(set, claims);
  return set;
}

const [x, y] = [operand(0), operand(1)];

Deno.test("SetEvaluator leaves one result of one correctly rounded step", () => {
  for (const claims of [float32, float64]) {
    for (const [term, want] of [[div(x, y), 1 / 3], [add(x, y), 4], [mul(x, y), 3]] as const) {
      const { low, high } = setOf(term, [1, 3], claims);
      assertEquals([low, high], [Math.fround(want), Math.fround(want)]);
    }
  }
});

Deno.test("SetEvaluator holds a step to float64 where that is claimed, and lets float32 round", () => {
  const values = [1 + 2 ** -23, 1];
  const square = sub(mul(x, x), y);
  const [wide, narrow] = [setOf(square, values, float64), setOf(square, values, float32)];
  const exact = Math.fround((1 + 2 ** -23) ** 2 - 1);
  assertEquals([wide.low, wide.high], [exact, exact]);
  assert(holds(narrow, exact) && holds(narrow, 2 ** -22), "joined or rounded");
  assert(!holds(narrow, 2 ** -23));
});

Deno.test("SetEvaluator knows NaN, infinities and what is free", () => {
  assert(holds(setOf(div(x, y), [0, 0], float32), NaN));
  assert(!holds(setOf(div(x, y), [0, 0], float32), 0));
  const quotient = setOf(div(x, y), [1, 0], float64);
  assert(holds(quotient, -Infinity) && holds(quotient, Infinity) && !holds(quotient, 1));
  assert(holds(setOf(unary("log", x), [-1], float64), NaN));
  assert(!holds(setOf(unary("sign", x), [NaN], float64), 0));
  assert(!decides(setOf(mul(x, y), [2 ** 100, 2 ** 100], flushed)));
});

Deno.test("SetEvaluator takes both branches of a comparison that is undecided, and one else", () => {
  const values = [0.1, 0.2, Math.fround(0.1) + Math.fround(0.2)].map(Math.fround);
  const test = choose("less", add(x, y), operand(2), 1, 2);
  assert(holds(setOf(test, values, float32), 1) && holds(setOf(test, values, float32), 2));
  assertEquals(setOf(choose("less", x, y, 1, 2), [1, 1], float32).low, 2);
  assert(holds(setOf(choose("less", x, y, 1, 2), [0, 2 ** -140], flushed), 2));
});
