import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, ShapeError } from "../common/errors.ts";
import {
  checkInitializer,
  initialize,
  type Initializer,
  initializerConfig,
  type InitializerName,
  readInitializer,
} from "./initializers.ts";

const shape = [60, 140];
const draw = (initializer: Initializer, seed = 1, of = shape) =>
  initialize(checkInitializer("it", initializer), of, seed);

const mean = (values: Float32Array) => values.reduce((sum, v) => sum + v, 0) / values.length;
const deviation = (values: Float32Array) =>
  Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length - mean(values) ** 2);
const largest = (values: Float32Array) =>
  values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

// A normal number within ±2 has this deviation.
const within = 0.87962566103423978;

Deno.test("random initializers have Keras's limits and deviations, by a seed", () => {
  const [fanIn, fanOut] = shape as [number, number];
  /** Name, limit (Infinity where there is none), deviation. */
  const cases: readonly (readonly [Initializer, number, number])[] = [
    ["glorot_uniform", Math.sqrt(6 / 200), Math.sqrt(2 / 200)],
    ["he_uniform", Math.sqrt(6 / fanIn), Math.sqrt(2 / fanIn)],
    ["lecun_uniform", Math.sqrt(3 / fanIn), Math.sqrt(1 / fanIn)],
    ["glorot_normal", 2 / within * Math.sqrt(2 / 200), Math.sqrt(2 / 200)],
    ["he_normal", 2 / within * Math.sqrt(2 / fanIn), Math.sqrt(2 / fanIn)],
    ["lecun_normal", 2 / within * Math.sqrt(1 / fanIn), Math.sqrt(1 / fanIn)],
    // Not corrected for the cut.
    ["truncated_normal", 0.1, 0.05 * within],
    [{ name: "truncated_normal", stddev: 3 }, 6, 3 * within],
    ["random_normal", Infinity, 0.05],
    ["random_uniform", 0.05, 0.05 / Math.sqrt(3)],
    ["variance_scaling", 2 / within * Math.sqrt(1 / fanIn), Math.sqrt(1 / fanIn)],
    [
      { name: "variance_scaling", scale: 3, mode: "fan_out", distribution: "uniform" },
      Math.sqrt(9 / fanOut),
      Math.sqrt(3 / fanOut),
    ],
    [
      { name: "variance_scaling", scale: 2, mode: "fan_avg", distribution: "untruncated_normal" },
      Infinity,
      Math.sqrt(2 / 100),
    ],
    [
      { name: "variance_scaling", distribution: "normal" },
      2 / within * Math.sqrt(1 / fanIn),
      Math.sqrt(1 / fanIn),
    ],
  ];
  for (const [initializer, limit, expected] of cases) {
    const values = draw(initializer);
    const what = JSON.stringify(initializer);
    assert(largest(values) <= limit * (1 + 1e-6), what);
    if (limit < Infinity) assert(largest(values) > 0.98 * limit, what);
    else assert(largest(values) > 3 * expected, what);
    assertAlmostEquals(deviation(values) / expected, 1, 0.03, what);
    assertAlmostEquals(mean(values) / expected, 0, 0.04, what);
    assertEquals(draw(initializer), values, what);
    assert(`${draw(initializer, 2)}` !== `${values}`, what);
  }
  const shifted = draw({ name: "random_normal", mean: 7, stddev: 1 });
  assertAlmostEquals(mean(shifted), 7, 0.04);
  const uniform = draw({ name: "random_uniform", minval: 2, maxval: 3 });
  assert(uniform.every((v) => v >= 2 && v <= 3));
});

Deno.test("constant initializers fill, and identity has its diagonal", () => {
  assertEquals([...draw("zeros", 1, [2])], [0, 0]);
  assertEquals([...draw({ name: "constant", value: 4 }, 1, [2])], [4, 4]);
  assertEquals([...draw("constant", 1, [2])], [0, 0]);
  assertEquals([...draw({ name: "identity", gain: 2 }, 1, [2, 3])], [2, 0, 0, 0, 2, 0]);
  assertThrows(() => draw("identity", 1, [3]), ShapeError, "needs two axes; got the shape [3]");
  assertThrows(() => draw("orthogonal", 1, [3]), ShapeError, "needs at least two axes");
});

Deno.test("orthogonal matrices have rows or columns of one length, orthogonal to each other", () => {
  for (const [rows, columns] of [[7, 4], [4, 7], [5, 5], [1, 3], [3, 1]] as const) {
    const q = draw({ name: "orthogonal", gain: 2 }, 3, [rows, columns]);
    const tall = rows >= columns;
    const [count, length] = tall ? [columns, rows] : [rows, columns];
    const at = (vector: number, i: number) =>
      q[tall ? i * columns + vector : vector * columns + i]!;
    for (let a = 0; a < count; a++) {
      for (let b = 0; b < count; b++) {
        let product = 0;
        for (let i = 0; i < length; i++) product += at(a, i) * at(b, i);
        assertAlmostEquals(product, a === b ? 4 : 0, 1e-6);
      }
    }
  }
});

Deno.test("initializers have Keras's other names, and configurations in both directions", () => {
  const aliases: Readonly<Record<string, InitializerName>> = {
    zero: "zeros",
    one: "ones",
    normal: "random_normal",
    uniform: "random_uniform",
    GlorotUniform: "glorot_uniform",
    HeNormal: "he_normal",
    IdentityInitializer: "identity",
  };
  for (const [alias, name] of Object.entries(aliases)) {
    assertEquals(checkInitializer("it", alias), name);
  }
  const all: readonly Initializer[] = [
    "glorot_uniform",
    "lecun_normal",
    "zeros",
    { name: "constant", value: 3 },
    { name: "random_uniform", minval: -1, maxval: 2, seed: 7 },
    { name: "variance_scaling", scale: 2, mode: "fan_out", distribution: "uniform", seed: 3 },
    { name: "orthogonal", gain: 0.5 },
  ];
  for (const initializer of all) {
    const config = JSON.parse(JSON.stringify(initializerConfig(initializer)));
    const again = readInitializer("it", config)!;
    assertEquals(draw(again), draw(initializer), JSON.stringify(config));
  }
  assertEquals(initializerConfig([1, 2]), null);
  assertEquals(readInitializer("it", null), undefined);
  // As TensorFlow.js writes glorot_normal.
  const scaled = readInitializer("it", {
    class_name: "VarianceScaling",
    config: { scale: 1, mode: "fan_avg", distribution: "normal", seed: null },
  })!;
  assertEquals(draw(scaled), draw("glorot_normal"));
  const cases: readonly (readonly [unknown, string])[] = [
    [{ class_name: "STFT", config: {} }, 'unknown initializer "STFT"'],
    [{ class_name: "GlorotUniform", config: { input_axes: [0] } }, "has axes of its own"],
    [{ class_name: "Constant", config: { value: [1] } }, "value must be a finite number"],
    [3, "must be { class_name, config }; got 3"],
  ];
  for (const [config, says] of cases) {
    assertThrows(() => readInitializer("it", config), ArgumentError, says);
  }
});
