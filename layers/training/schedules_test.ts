import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError } from "../../common/errors.ts";
import {
  cosineDecay,
  exponentialDecay,
  inverseTimeDecay,
  piecewiseConstantDecay,
  polynomialDecay,
} from "./schedules.ts";

Deno.test("exponentialDecay() and inverseTimeDecay() follow their formulas, in stairs or not", () => {
  const options = { initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.5 };
  assertAlmostEquals(exponentialDecay(options)(5), 0.1 * Math.SQRT1_2);
  assertEquals(exponentialDecay({ ...options, staircase: true })(19), 0.05);
  assertAlmostEquals(inverseTimeDecay(options)(5), 0.1 / 1.25);
  assertAlmostEquals(inverseTimeDecay({ ...options, staircase: true })(25), 0.05);
});

Deno.test("piecewiseConstantDecay() changes behind each boundary", () => {
  const rate = piecewiseConstantDecay({ boundaries: [2, 4], values: [3, 2, 1] });
  assertEquals([0, 2, 3, 4, 5, 99].map(rate), [3, 3, 2, 2, 1, 1]);
  const few = { boundaries: [1], values: [1] };
  assertThrows(() => piecewiseConstantDecay(few), ArgumentError, "1 values and 1 boundaries");
  const falling = { boundaries: [2, 2], values: [1, 2, 3] };
  assertThrows(() => piecewiseConstantDecay(falling), ArgumentError, "that rise; got 2, 2");
});

Deno.test("polynomialDecay() ends at its last rate, or begins again", () => {
  const options = { initialLearningRate: 1, decaySteps: 10, endLearningRate: 0.2 };
  const line = polynomialDecay(options);
  [1, 0.6, 0.2, 0.2].forEach((rate, i) => assertAlmostEquals(line([0, 5, 10, 50][i]!), rate));
  assertAlmostEquals(polynomialDecay({ ...options, power: 2 })(5), 0.4);
  assertEquals(polynomialDecay({ ...options, cycle: true })(0), 1);
  // After 10 steps the whole is 20 steps long.
  assertAlmostEquals(polynomialDecay({ ...options, cycle: true })(15), 0.4);
});

Deno.test("cosineDecay() falls along half a cosine, after a straight warm-up", () => {
  const rate = cosineDecay({ initialLearningRate: 1, decaySteps: 10, alpha: 0.1 });
  [[0, 1], [5, 0.55], [10, 0.1], [20, 0.1]].forEach(([step, value]) =>
    assertAlmostEquals(rate(step!), value!)
  );
  const warm = cosineDecay({
    initialLearningRate: 0,
    warmupTarget: 2,
    warmupSteps: 4,
    decaySteps: 10,
  });
  [[0, 0], [2, 1], [4, 2], [9, 1], [14, 0], [99, 0]].forEach(([step, value]) =>
    assertAlmostEquals(warm(step!), value!)
  );
  const nothing = { initialLearningRate: 1 } as Parameters<typeof cosineDecay>[0];
  assertThrows(
    () => cosineDecay(nothing),
    ArgumentError,
    "cosineDecay() needs the option decaySteps",
  );
});
