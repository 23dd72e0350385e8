import { assert, assertEquals, assertGreater } from "@std/assert";
import { bitsOf, floatOf } from "../../common/float_bits.ts";
import { createRandom } from "../../common/random.ts";
import { createKernel } from "../../kernels/registry.ts";
import { criticalBits, criticalParts, roundNumberParts } from "./critical_points.ts";
import { bins, mergeFindings, pointwise, sweptNames } from "./findings.ts";
import { sweptFunctions } from "./functions.ts";
import { gradientAsymptote } from "./gradient_asymptotes.ts";
import { problemsOf } from "./judge.ts";
import { inputsOf, sweepPart, sweepParts } from "./part.ts";
import { spoiledKernel } from "./spoiled_kernel_testing.ts";

const seed = 12;

for (const activation of pointwise) {
  Deno.test(`gradientAsymptote() is the reference of ${activation}'s gradient to the bit, seed ${seed}`, () => {
    const random = createRandom(seed);
    const { value, inputs } = sweptFunctions[`${activation}-gradient`];
    let lines = 0;
    for (let bin = 0; bin < bins; bin++) {
      const line = gradientAsymptote(activation, bin);
      if (line === null || (bin & 0xff) === 0xff) continue;
      const mantissas = [0, 1, 2, 0x3fffff, 0x400000, 0x7ffffe, 0x7fffff];
      for (let i = 0; i < 60; i++) mantissas.push(random.integer() >>> 9);
      for (const bits of mantissas.map((mantissa) => bin * 2 ** 23 + mantissa)) {
        if (!inputs.some(({ start, end }) => start <= bits && bits < end)) continue;
        lines++;
        const x = floatOf(bits);
        const got = line.offset + line.slope * x;
        assert(got === value(x), `at ${x} it is ${value(x)}, the line says ${got}`);
      }
    }
    assertGreater(lines, 4000);
  });
}

Deno.test("the inputs of a gradient of y are the results of its activation", () => {
  const ends = (name: keyof typeof sweptFunctions) =>
    sweptFunctions[name].inputs.map(({ start, end }) => [floatOf(start), floatOf(end - 1)]);
  const largest = floatOf(0x7f7fffff);
  assertEquals(ends("sigmoid-gradient"), [[0, 1], [-0, -0]]);
  assertEquals(ends("tanh-gradient"), [[0, 1], [-0, -1]]);
  assertEquals(ends("elu-gradient"), [[0, largest], [-0, -1]]);
  assertEquals(ends("silu-gradient"), [[0, largest], [-0, -largest]]);
  assertEquals(
    inputsOf({ activation: "sigmoid-gradient", first: 0, last: 2 ** 32, stride: 1 }),
    0x3f800002,
  );
});

Deno.test("criticalBits() holds where results saturate, overflow, and cross 0, and both zeros", () => {
  const has = (name: (typeof sweptNames)[number], point: number, within: number) =>
    assert(
      criticalBits(name).some((bits) => Math.abs(floatOf(bits) - point) <= within),
      `${name} at ${point}: ${criticalBits(name).map(floatOf)}`,
    );
  has("tanh", 9.01091, 1e-4);
  has("sigmoid", 17.32868, 1e-4);
  has("sigmoid", -103.972, 1e-3);
  has("gelu", -14.356, 1e-3);
  has("gelu-gradient", -0.7517915, 1e-6);
  has("silu-gradient", -91.846, 1e-2);
  has("exponential", 88.72284, 1e-5);
  for (const name of sweptNames) {
    const bits = criticalBits(name);
    assert(bits.includes(0) && bits.includes(bitsOf(-0)), name);
    assertEquals(bits, bits.toSorted((a, b) => a - b));
    // Stretches do not overlap, so that every float is an input once.
    const parts = criticalParts(name, 100);
    for (const [i, { first, last }] of parts.entries()) {
      assert(last > first && first >= (parts[i - 1]?.last ?? 0), name);
    }
    // As many floats after a point as before it, but for the ends of the inputs.
    for (const point of bits) {
      const { start, end } = sweptFunctions[name].inputs.find(({ end }) => point < end)!;
      const own = parts.find(({ last }) => point < last)!;
      assert(own.first <= Math.max(start, point - 100), `${name} before ${floatOf(point)}`);
      assert(own.last > Math.min(end - 1, point + 100), `${name} after ${floatOf(point)}`);
    }
  }
});

Deno.test("roundNumberParts() holds 20, 88 and -0.5, and their neighbours", () => {
  const parts = roundNumberParts("gelu");
  for (const point of [20, 88, -0.5, 104].map(bitsOf)) {
    assert(parts.some(({ first, last }) => first <= point - 24 && point + 24 < last));
  }
});

Deno.test("sweepParts() of several parts finds what each alone finds", async () => {
  await using kernel = await createKernel("naive");
  for (const name of ["tanh", "mish-gradient", "relu-gradient"] as const) {
    const parts = [
      { activation: name, first: 0, last: 2 ** 32, stride: 1_000_003, offset: 77 },
      { activation: name, first: 0x3f000000, last: 0x3f000100, stride: 1 },
      { activation: name, first: 0xbe000000, last: 0xbe001000, stride: 7, offset: 3 },
    ];
    const together = await sweepParts(kernel, name, parts);
    const alone = [];
    for (const part of parts) alone.push(await sweepPart(kernel, part));
    const { decreases: _, ...rest } = alone.reduce(mergeFindings);
    const { decreases: __, ...found } = together;
    assertEquals(found, rest);
    assertEquals(together.inputs, parts.reduce((sum, part) => sum + inputsOf(part), 0));
    assertEquals(problemsOf(name, together, kernel.traits), []);
  }
});

Deno.test("a sweep allows the absolute error that a kernel declares, and no more", async () => {
  const part = { activation: "sigmoid", first: 0, last: 2 ** 32, stride: 1_000_003 } as const;
  for (const [allowed, passes] of [[2e-6, true], [5e-7, false]] as const) {
    const traits = { activationAbsolute: { sigmoid: allowed } };
    await using kernel = await spoiledKernel("sigmoid", (_, y) => y + 1e-6, traits);
    const findings = await sweepPart(kernel, part);
    assertEquals(problemsOf("sigmoid", findings, kernel.traits).length === 0, passes);
  }
});

Deno.test("offsets of one stride together hold every input once", () => {
  for (const name of ["gelu", "elu-gradient"] as const) {
    const stride = 1_048_573;
    const all = { activation: name, first: 0, last: 2 ** 32 };
    const [a, b] = [0, stride - 1].map((offset) => inputsOf({ ...all, stride, offset }));
    const whole = inputsOf({ ...all, stride: 1 });
    assert(Math.abs(a! * stride / whole - 1) < 1e-3 && Math.abs(b! * stride / whole - 1) < 1e-3);
    let small = 0;
    const few = { ...all, first: 0x3f800000, last: 0x3f800100 };
    for (let offset = 0; offset < 13; offset++) small += inputsOf({ ...few, stride: 13, offset });
    assertEquals(small, 256);
  }
});
