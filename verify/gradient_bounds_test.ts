import { assert, assertEquals } from "@std/assert";
import { gradientNeedsZ, type Pointwise } from "../kernels/activation.ts";
import { isGradient, softmaxGradientJudge } from "./checks/exceptional_gradients.ts";
import { stepwise, usualGradients } from "./checks/stepwise_functions_testing.ts";
import { boundedGradient, boundedSoftmaxGradient, slopeError } from "./gradient_bounds.ts";
import { references } from "./reference_activations.ts";
import { lostByFlushing, referenceGradients } from "./reference_gradients.ts";

const { fround } = Math;
const kept = { rounding: "nearest", denormals: "kept" } as const;
const flushed = { rounding: "nearest", denormals: "flushed" } as const;
const ofZ = ["gelu", "gelu_tanh", "silu", "mish"] as const;

Deno.test("what an undeclared gradient's error is measured by is finite and positive wherever there are inputs", () => {
  for (const activation of Object.keys(references) as Pointwise[]) {
    const { slope, looseSize, from, to } = referenceGradients[activation];
    for (const x of [from, -1e4, -3, -0, 0, 1e-40, 0.5, 3, 1e4, to]) {
      if (x < from || x > to) continue;
      const size = looseSize(x, slope(x));
      // That of a slope which is infinite, or itself 0, is so too.
      const own = ["linear", "exponential"].includes(activation);
      assert(own ? size === Math.abs(x) : size >= 0 && size < 3e3, `${activation} ${x}: ${size}`);
    }
  }
});

Deno.test("lostByFlushing() is 0 of what is kept, and of numbers far from the smallest normal one", () => {
  for (const activation of Object.keys(references) as Pointwise[]) {
    for (const what of ["value", "slope"] as const) {
      assertEquals(lostByFlushing(activation, what, kept)(-87, 1e-39), 0);
      assertEquals(lostByFlushing(activation, what, flushed)(-2, -0.25), 0);
      assertEquals(lostByFlushing(activation, what, flushed)(3, 2 ** -130), 2 ** -126);
    }
  }
});

Deno.test("lostByFlushing() is all that a flushed gate is multiplied into, and nothing where the gate is normal", () => {
  for (const [activation, gone, normal] of [["silu", -88, -85], ["mish", -88, -85]] as const) {
    const { value } = references[activation];
    const { slope } = referenceGradients[activation];
    assertEquals(lostByFlushing(activation, "value", flushed)(gone, value(gone)), -value(gone));
    assert(lostByFlushing(activation, "slope", flushed)(gone, slope(gone)) >= -slope(gone));
    assertEquals(lostByFlushing(activation, "value", flushed)(normal, value(normal)), 0);
    assertEquals(lostByFlushing(activation, "slope", flushed)(normal, slope(normal)), 0);
    // A small dy, multiplied first, makes a normal gate subnormal.
    assert(lostByFlushing(activation, "slope", flushed)(normal, slope(normal), 2 ** -10) > 0);
  }
  // e^z − 1 is flushed, and times 1.76 it would be normal.
  const small = -1.5 * 2 ** -126;
  assertEquals(lostByFlushing("selu", "value", flushed)(-1, small), 1.7580993408473766 * 2 ** -126);
  assertEquals(lostByFlushing("selu", "value", flushed)(1, -small), 0);
});

Deno.test("boundedGradient() allows what is declared for dy = 1, the rounding of the product, and no more", () => {
  const traits = { ...kept, gradientUlp: { tanh: 0.5 } };
  const inputs = { z: 0, y: 0.5, dy: fround(1 / 3) };
  const { value, bound } = boundedGradient("tanh", inputs, traits);
  assertEquals(value, inputs.dy * 0.75);
  // Half a unit of the slope and of the product, and a rounding of the slope.
  const half = 2 ** -25;
  assert(bound >= inputs.dy * half + half / 2 && bound <= 3 * half, `${bound / half}`);
  const either = boundedGradient("tanh", inputs, { ...traits, rounding: "either" });
  assert(either.bound > bound * 1.3);
  const absolute = boundedGradient("tanh", inputs, { ...traits, gradientAbsolute: { tanh: 1e-3 } });
  assert(absolute.bound > inputs.dy * 1e-3 && absolute.bound < inputs.dy * 1.001e-3);
  assertEquals(boundedGradient("relu", { z: 0, y: 2, dy: 3 }, kept), { value: 3, bound: 0 });
});

Deno.test("isGradient() takes a function of NaN and infinity times 0 for NaN alone", () => {
  const nothing = { z: NaN, y: NaN, dy: 1, dz: 1 };
  for (const activation of Object.keys(references) as Pointwise[]) {
    if (activation === "relu" || activation === "linear") continue;
    assert(!isGradient(activation, nothing, kept), activation);
    assert(isGradient(activation, { ...nothing, dz: NaN }, kept), activation);
  }
  const saturated = { z: 0, y: 1, dy: Infinity, dz: 0 };
  assert(!isGradient("tanh", saturated, kept));
  assert(isGradient("tanh", { ...saturated, dz: NaN }, kept));
  const empty = { z: 0, y: Infinity, dy: 0, dz: 0 };
  assert(!isGradient("exponential", empty, kept));
  assert(isGradient("exponential", { ...empty, dz: NaN }, kept));
});

Deno.test("isGradient() lets subnormal y and dy be 0 where they may be flushed, and nowhere else", () => {
  const small = fround(0.75 * 2 ** -126);
  const upstream = { z: 0, y: 0.5, dy: small, dz: 0 };
  const own = { z: 0, y: small, dy: 1e3, dz: 0 };
  for (const found of [upstream, own]) {
    assert(isGradient("sigmoid", found, flushed));
    assert(!isGradient("sigmoid", found, { ...kept, gradientUlp: { sigmoid: 0.51 } }));
  }
  // relu is flat at 0, and selu steeper.
  assert(isGradient("relu", own, flushed) && !isGradient("relu", own, kept));
  assert(isGradient("selu", { ...own, dz: fround(1758.0993) }, flushed));
  assert(!isGradient("selu", { ...own, dz: fround(1758.0993) }, kept));
  const normal = { z: 0, y: 2 ** -120, dy: 1e3, dz: 0 };
  assert(!isGradient("sigmoid", normal, flushed) && !isGradient("relu", normal, flushed));
});

Deno.test("an infinite dy has the slope's sign where that is certain, and a limit of 0 times infinity elsewhere", () => {
  for (const activation of ofZ) {
    const right = { z: 2, y: NaN, dy: Infinity, dz: Infinity };
    assert(isGradient(activation, right, kept), activation);
    assert(!isGradient(activation, { ...right, dz: NaN }, kept), activation);
    assert(!isGradient(activation, { ...right, dz: -Infinity }, kept), activation);
    const minimum = fround(references[activation].minimum!);
    assert(slopeError(activation, { z: minimum, y: 0 }, kept) > 0);
    for (const dz of [Infinity, -Infinity, NaN, 0]) {
      assert(isGradient(activation, { ...right, z: minimum, dz }, kept), `${activation} ${dz}`);
    }
    assert(!isGradient(activation, { ...right, z: minimum, dz: 1 }, kept));
  }
});

Deno.test("the gradient of softmax may lose what was flushed with all that it is multiplied into", () => {
  const y = Float32Array.of(fround(0.5 * 2 ** -126), 1);
  const dy = Float32Array.of(1e10, 1);
  const lost = Float32Array.of(0, 0);
  const judged = (traits: typeof kept | typeof flushed) =>
    softmaxGradientJudge(y, dy, lost, 2, traits)[1];
  assert(judged(flushed)(0) && judged(flushed)(1));
  assert(!judged(kept)(0));
  const { bound } = boundedSoftmaxGradient(y, dy, 2, kept);
  const declared = { ...kept, gradientAbsolute: { softmax: 1e-6 } };
  const more = boundedSoftmaxGradient(y, dy, 2, declared).bound;
  assert(more[1]! > bound[1]! + 0.999e4 && more[1]! < bound[1]! + 1.001e4);
});

Deno.test("boundedGradient() allows the usual formulas in float32 where nothing is claimed", () => {
  for (const formulas of [stepwise(fround).gradients, usualGradients(fround)]) {
    for (const [name, gradient] of Object.entries(formulas)) {
      const activation = name as Pointwise;
      const { from, to } = referenceGradients[activation];
      const [low, high] = gradientNeedsZ(activation) ? [-16, 16] : [from, Math.min(to, 20)];
      for (let i = 0; i <= 4000; i++) {
        const x = fround(Math.max(low, -20) + (high - Math.max(low, -20)) * i / 4000);
        const { value, bound } = boundedGradient(activation, { z: x, y: x, dy: 1 }, kept);
        const got = gradient(x, 1);
        assert(Math.abs(got - value) <= bound, `${activation} at ${x}: ${got} for ${value}`);
      }
    }
  }
});

Deno.test("boundedGradient() takes a slope of 0 nowhere for gelu's, and for gelu_tanh's not where 1 − t² has digits", () => {
  for (let z = -13; z <= -1; z += 1 / 16) {
    const { value, bound } = boundedGradient("gelu", { z, y: 0, dy: 1 }, kept);
    assert(bound < Math.abs(value) / 4, `${z}: ${bound} of ${value}`);
  }
  for (const z of [-2, -3, -4, -5]) {
    const { value, bound } = boundedGradient("gelu_tanh", { z, y: 0, dy: 1 }, kept);
    assert(bound < Math.abs(value), `${z}: ${bound} of ${value}`);
  }
});

Deno.test("boundedGradient() allows an undeclared gradient near 0 no more than a few roundings of 1", () => {
  const allowed = (activation: Pointwise, y: number) =>
    boundedGradient(activation, { z: 0, y, dy: 1 }, kept).bound * 2 ** 24;
  assert(allowed("elu", fround(-1 + 2 ** -20)) < 1e-3);
  for (const [activation, y] of [["sigmoid", 1], ["tanh", 1], ["selu", -1.7580993]] as const) {
    assert(allowed(activation, fround(y)) < 1.01, activation);
  }
  assert(allowed("softplus", 2 ** -20) < 2.01);
});

Deno.test("boundedGradient() allows what underflows before z multiplies it", () => {
  const { exp } = Math;
  const flush = (value: number) => Math.abs(fround(value)) < 2 ** -126 ? 0 : fround(value);
  for (const [traits, r, least] of [[kept, fround, -126], [flushed, flush, -114]] as const) {
    for (let i = 0; i < 4000; i++) {
      const z = fround(-16 + i / 125);
      const dy = fround(2 ** (least + i % 12) * (1 + i / 4000));
      const gate = fround(1 / fround(1 + fround(exp(-z))));
      const other = fround(1 / fround(1 + fround(exp(z))));
      // dy·g + (dy·g')·z
      const term = r(r(r(dy * r(gate * other))) * z);
      const got = r(r(dy * gate) + term);
      const { value, bound } = boundedGradient("silu", { z, y: 0, dy }, traits);
      assert(
        Math.abs(got - value) <= bound,
        `${traits.denormals}, ${z}, ${dy}: ${got} for ${value}`,
      );
    }
  }
});

Deno.test("boundedSoftmaxGradient() allows a rounding to the smallest number in each product of the sum", () => {
  const columns = 33;
  const smallest = 2 ** -149;
  const y = new Float32Array(columns).fill(fround(0.4 / 32));
  y[0] = fround(0.6);
  // Each product is just below half of the smallest number, and lost.
  const dy = new Float32Array(columns).fill(39 * smallest);
  dy[0] = 0;
  const { value, bound } = boundedSoftmaxGradient(y, dy, columns, kept);
  const sum = dy.reduce((sum, each, i) => fround(sum + fround(each * y[i]!)), 0);
  const got = fround(y[0] * fround(dy[0] - sum));
  assert(Math.abs(got - value[0]!) > 4 * smallest);
  assert(Math.abs(got - value[0]!) <= bound[0]!);
});

Deno.test("a declared absolute error holds for relu and linear too, and without one they are exact", () => {
  const inputs = { z: 1, y: 1, dy: 3 };
  for (const activation of ["relu", "linear"] as const) {
    const exact = { ...kept, gradientUlp: { [activation]: 0 } };
    assertEquals(boundedGradient(activation, inputs, exact).bound, 0, activation);
    const declared = { ...exact, gradientAbsolute: { [activation]: 2 ** -16 } };
    assert(boundedGradient(activation, inputs, declared).bound >= 3 * 2 ** -16, activation);
  }
});
