import { assert, assertAlmostEquals, assertEquals, assertGreater } from "@std/assert";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { createRandom } from "../../common/random.ts";
import { floats } from "../check.ts";
import type { ModelLayer } from "../../models/model.ts";
import { type ExactLayer, ExactNetwork, propagate, stageBounds } from "./network.ts";

const seed = 5;
const random = createRandom(seed);
const traits: KernelTraits = await createKernel("naive").then(async (kernel) => {
  await using open = kernel;
  return open.traits;
});

function layerOf(inputs: number, units: number, activation: ModelLayer["activation"]): ModelLayer {
  return {
    name: "fc",
    activation,
    inputs,
    units,
    weight: floats(inputs * units, -1, 1, random),
    bias: floats(units, -1, 1, random),
  };
}

function exactly(layer: ModelLayer, x: Float64Array, rows: number): ExactLayer {
  return new ExactNetwork([layer]).layer(0, x, rows);
}

Deno.test("propagate() takes the errors of the inputs through |W|", () => {
  const layer = { ...layerOf(2, 1, "linear"), weight: new Float32Array([3, -4]), bias: null };
  const exact = exactly(layer, new Float64Array([1, 1]), 1);
  const none = propagate(layer, exact, new Float64Array(2), traits, 1);
  const some = propagate(layer, exact, new Float64Array([0.125, 0.25]), traits, 1);
  assertGreater(none[0] ?? 0, 0);
  assert((none[0] ?? 1) < 1e-5);
  // |3|·0.125 + |−4|·0.25, and the layer's own rounding.
  assertAlmostEquals(some[0] ?? 0, 1.375, 1e-5);
  assertGreater(some[0] ?? 0, 1.375);
});

Deno.test("propagate() of exact inputs is the bound of the layer alone", () => {
  for (const activation of ["linear", "tanh", "softmax"] as const) {
    const layer = layerOf(20, 7, activation);
    const x = Float64Array.from(floats(3 * 20, -1, 1, random));
    const exact = exactly(layer, x, 3);
    const { edges } = stageBounds(layer, exact.terms, traits);
    const far = propagate(layer, exact, new Float64Array(x.length), traits, 3);
    far.forEach((bound, i) => {
      const { below, above } = edges(i);
      assertAlmostEquals(bound, Math.max(below, above), 1e-12 * bound);
    });
  }
});

Deno.test(`propagate() holds wherever the inputs are within their bounds, seed ${seed}`, () => {
  for (const activation of ["linear", "relu", "sigmoid", "gelu", "softmax"] as const) {
    const layer = layerOf(30, 6, activation);
    const x = Float64Array.from(floats(4 * 30, -1, 1, random));
    const delta = Float64Array.from(floats(x.length, 0, 0.1, random));
    const exact = exactly(layer, x, 4);
    const far = propagate(layer, exact, delta, traits, 4);
    let most = 0;
    for (let trial = 0; trial < 200; trial++) {
      // At the ends of the intervals, in every other trial towards the signs of one column's weights.
      const column = trial % 6;
      const moved = x.map((value, at) => {
        const towards = trial % 2
          ? Math.sign(layer.weight?.[(at % 30) * 6 + column] ?? 0)
          : random.integer() % 2
          ? 1
          : -1;
        return value + towards * (delta[at] ?? 0);
      });
      exactly(layer, moved, 4).y.forEach((y, i) => {
        const share = Math.abs(y - (exact.y[i] ?? NaN)) / (far[i] ?? NaN);
        most = Math.max(most, share);
        assert(share <= 1, `${activation} ${i}: ${share}`);
      });
    }
    // The bound is reached, or nearly: it is not too wide.
    assertGreater(most, activation === "softmax" ? 0.3 : 0.9, activation);
  }
});

Deno.test("propagate() allows all of float32 where nothing is known", () => {
  for (const activation of ["linear", "softmax"] as const) {
    const layer = layerOf(2, 3, activation);
    const exact = exactly(layer, new Float64Array([1, 1]), 1);
    const far = propagate(layer, exact, new Float64Array([Infinity, 0]), traits, 1);
    // Results lie within 2^127, and float32 ends at 2^128.
    assertEquals([...far].map((bound) => bound >= 2 ** 127), [true, true, true], activation);
  }
});
