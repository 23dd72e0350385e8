import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { bitsOf, floatOf, hexBits } from "../../common/float_bits.ts";
import { float64ActivationUlp } from "../../kernels/activation.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { references } from "../reference_activations.ts";
import {
  type Findings,
  histogramSteps,
  mergeFindings,
  noFindings,
  type Pointwise,
  pointwise,
} from "./findings.ts";
import { problemsOf } from "./judge.ts";
import { inputsOf, partsOf, sweepPart } from "./part.ts";
import { spoiledKernel } from "./spoiled_kernel_testing.ts";

const everything = { first: 0, last: 2 ** 32 };

/** The distance of float32 numbers at y, by a logarithm. */
function unitAt(y: number): number {
  let exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(y) || Number.MIN_VALUE)));
  if (exponent > -126 && 2 ** exponent > Math.abs(y)) exponent--;
  // An overflow is as coarse as the largest numbers are.
  return 2 ** (Math.min(exponent, 127) - 23);
}

/** The same findings by the simplest loop: one input after the other, and the reference itself. */
async function plainly(kernel: Kernel, activation: Pointwise, stride: number) {
  const all: number[] = [];
  for (let bits = 0; bits < 2 ** 32; bits += stride) {
    if (Number.isFinite(floatOf(bits))) all.push(bits);
  }
  const z = Float32Array.from(all, floatOf);
  using input = kernel.tensor([1, z.length], z);
  using output = kernel.tensor([1, z.length]);
  kernel.activate(activation, input, output);
  const y = await output.read();
  const histogram = Array<number>(histogramSteps.length + 1).fill(0);
  const ulpByBin = Array<number>(512).fill(0);
  let [nan, ulp, ulpBits, absolute, absoluteBits] = [0, 0, -1, 0, -1];
  const limit = (value: number) => Math.max(-(2 ** 128), Math.min(value, 2 ** 128));
  all.forEach((bits, i) => {
    const want = limit(references[activation].value(z[i]!));
    const error = Math.abs(limit(y[i]!) - want);
    if (Number.isNaN(error)) return nan++;
    const units = error / unitAt(want);
    const step = histogramSteps.findIndex((end) => units <= end);
    histogram[step < 0 ? histogramSteps.length : step]!++;
    ulpByBin[bits >>> 23] = Math.max(ulpByBin[bits >>> 23]!, units);
    if (units > ulp) [ulp, ulpBits] = [units, bits];
    if (error > absolute) [absolute, absoluteBits] = [error, bits];
    return 0;
  });
  return { inputs: all.length, nan, histogram, ulpByBin, ulp, ulpBits, absolute, absoluteBits };
}

function summaryOf({ inputs, nan, histogram, ulpByBin, ulp, absolute }: Findings) {
  return {
    inputs,
    nan: nan.count,
    histogram,
    ulpByBin,
    ulp: ulp?.error ?? 0,
    ulpBits: ulp?.bits ?? -1,
    absolute: absolute?.error ?? 0,
    absoluteBits: absolute?.bits ?? -1,
  };
}

for (const activation of pointwise) {
  Deno.test(`sweepPart() finds of ${activation} what the simplest loop finds`, async () => {
    await using good = await createKernel("wasm-simd");
    // Errors of all sizes, of either sign, some infinite, some NaN.
    await using bad = await spoiledKernel(activation, (z, y) => {
      const choices = [y, y * (1 + 2 ** -23), y * (1 - 2 ** -21), -y, y + 1e-40, y / 0, NaN];
      return choices[(Math.imul(bitsOf(z), 0x9e3779b1) >>> 8) % choices.length]!;
    });
    for (const stride of [400_009, 262_144]) {
      const found = await sweepPart(good, { activation, ...everything, stride });
      assertEquals(summaryOf(found), await plainly(good, activation, stride));
      assertEquals(problemsOf(activation, found, good.traits), []);
      const wrong = await sweepPart(bad, { activation, ...everything, stride });
      assertEquals(summaryOf(wrong), await plainly(bad, activation, stride));
      assert(wrong.nan.count > 500 && problemsOf(activation, wrong, bad.traits).length >= 2);
    }
  });
}

for (const activation of ["tanh", "gelu", "softplus"] as const) {
  Deno.test(`sweepPart() of parts of ${activation}, merged, is that of the whole`, async () => {
    // Now and then a result that is too small, so that there are decreases, at parts' ends too.
    const change = (z: number, y: number) => bitsOf(z) % 5 === 0 ? y * 0.999 : y;
    await using kernel = await spoiledKernel(activation, change);
    const stride = 200_003;
    const whole = await sweepPart(kernel, { activation, ...everything, stride });
    for (const patterns of [37, 777, 10_737, 2 ** 22]) {
      let merged = noFindings;
      for (const part of partsOf(activation, stride, patterns)) {
        merged = mergeFindings(merged, await sweepPart(kernel, part));
      }
      assertEquals(merged, whole, `parts of ${patterns}`);
    }
    assertEquals(whole.decreases.count > 1000, activation !== "gelu");
  });
}

Deno.test("partsOf() holds every finite number once, whatever the stride", () => {
  for (const [stride, patterns] of [[1, 2 ** 22], [3, 2 ** 24], [16_381, 1000], [2 ** 24, 1]]) {
    const parts = partsOf("relu", stride!, patterns!);
    parts.forEach(({ first, last }, i) => {
      assertEquals(first % stride!, 0);
      assertEquals(first, i === 0 ? 0 : parts[i - 1]!.last);
      assert(first < last);
    });
    assertEquals(parts.at(-1)!.last, 2 ** 32);
    const sum = parts.reduce((total, part) => total + inputsOf(part), 0);
    assertEquals(sum, inputsOf({ activation: "relu", ...everything, stride: stride! }));
  }
  assertEquals(
    inputsOf({ activation: "relu", ...everything, stride: 1 }),
    2 ** 32 - 2 ** 24,
  );
});

/** What is found wrong with a spoiled kernel on every 100 003rd input. */
async function problemsWith(
  activation: Pointwise,
  change: (z: number, y: number) => number,
  traits: Partial<Kernel["traits"]> = {},
): Promise<{ findings: Findings; problems: string[] }> {
  await using kernel = await spoiledKernel(activation, change, traits);
  const findings = await sweepPart(kernel, { activation, ...everything, stride: 100_003 });
  return { findings, problems: problemsOf(activation, findings, kernel.traits) };
}

Deno.test("a sweep finds one NaN, and says where", async () => {
  const bits = 100_003 * 5000;
  const { findings, problems } = await problemsWith(
    "sigmoid",
    (z, y) => bitsOf(z) === bits ? NaN : y,
  );
  assertEquals(findings.nan, { count: 1, bits });
  assertEquals(problems.length, 1);
  assertStringIncludes(problems[0]!, `(${hexBits(floatOf(bits))}) is NaN`);
});

Deno.test("a sweep finds an infinity where the result is finite, and the other way around", async () => {
  const infinite = await problemsWith("silu", (z, y) => z > 1e38 ? Infinity : y);
  assertStringIncludes(infinite.problems[0]!, "is Infinity, should be");
  const finite = await problemsWith("exponential", (_, y) => Math.min(y, 3.4028234663852886e38));
  assertStringIncludes(
    finite.problems[0]!,
    "is 3.4028234663852886e+38, should be 3.402823669209385e+38: 1.000 ULP off",
  );
});

Deno.test("a sweep finds where a monotone activation decreases, and accepts a small decrease", async () => {
  // 3 ULP down in one binade: at its lower end results fall.
  const dip = (z: number, y: number) => z >= 1 && z < 2 ? y - 3 * 2 ** -24 : y;
  const { findings, problems } = await problemsWith("sigmoid", dip);
  assertEquals(findings.decreases.count, 0, "the stride is too coarse to see it");
  assertEquals(problems.length, 1);
  const coarse = await problemsWith("relu", (z, y) => z > 100 ? y / 4 : y);
  assertStringIncludes(coarse.problems.at(-1)!, "relu decreases by");

  // Adjacent inputs: what the declared error allows is counted, and is no failure.
  const wiggle = (z: number, y: number) => bitsOf(z) % 2 === 0 ? y * (1 + 2 ** -23) : y;
  await using kernel = await spoiledKernel("sigmoid", wiggle, {});
  const declared = { activationUlp: { ...kernel.traits.activationUlp, sigmoid: 2.6 } };
  for (const first of [bitsOf(1), bitsOf(-1)]) {
    const part = { activation: "sigmoid", first, last: first + 1000, stride: 1 } as const;
    const found = await sweepPart(kernel, part);
    assert(found.decreases.count > 100 && found.decreases.largest!.error >= 1);
    assertEquals(found.decreases.pairs, 1000);
    assertEquals(problemsOf("sigmoid", found, declared), []);
    const strict = { activationUlp: { ...kernel.traits.activationUlp, sigmoid: 0.4 } };
    assertStringIncludes(problemsOf("sigmoid", found, strict).join("\n"), "sigmoid decreases by");
  }
});

Deno.test("a sweep looks at the pair of numbers on both sides of a part's end", async () => {
  const first = bitsOf(0.75);
  // Only the step from the number before to the first one goes down.
  const step = (z: number, y: number) => z < 0.75 ? y + 0.01 : y;
  await using kernel = await spoiledKernel("tanh", step);
  const part = { activation: "tanh", first, last: first + 100, stride: 1 } as const;
  const { decreases } = await sweepPart(kernel, part);
  assertEquals([decreases.pairs, decreases.count, decreases.largest!.bits], [100, 1, first]);
});

Deno.test("a sweep looks at the pair of inputs on both sides of a call's end", async () => {
  // 2^15 inputs are computed in one call, of which the last is too large.
  const first = bitsOf(0.5);
  const last = floatOf(first + 2 ** 15 - 1);
  await using kernel = await spoiledKernel("tanh", (z, y) => z === last ? y + 0.01 : y);
  const part = { activation: "tanh", first, last: first + 2 ** 15 + 9, stride: 1 } as const;
  const { decreases } = await sweepPart(kernel, part);
  assertEquals(
    [decreases.pairs, decreases.count, decreases.largest!.bits],
    [2 ** 15 + 9, 1, first + 2 ** 15],
  );
});

Deno.test("a sweep looks at the pair of 0 and the first number with a sign", async () => {
  await using kernel = await spoiledKernel("elu", (z, y) => z < 0 ? y + 1 : y);
  const part = { activation: "elu", first: 2 ** 31 - 5, last: 2 ** 31 + 10, stride: 1 } as const;
  const { decreases } = await sweepPart(kernel, part);
  // −0 against 0 is one, and then it is the number below −0 that is larger.
  assertEquals([decreases.pairs, decreases.count, decreases.largest!.bits], [10, 1, 2 ** 31 + 1]);
});

Deno.test("a sweep finds where an odd activation is not odd", async () => {
  const { findings, problems } = await problemsWith("tanh", (z, y) => z < -3 ? y * 0.999 : y);
  assert(findings.asymmetries.count > 1000 && findings.asymmetries.largest!.error > 100);
  assertStringIncludes(problems.at(-1)!, "and of its negative differ by");
  const zero = await problemsWith("tanh", (z, y) => z === 0 ? 0 : y);
  assertEquals(zero.findings.asymmetries.count, 1, "the sign of 0 alone");
  assertEquals(zero.problems, []);
  assertEquals((await problemsWith("sigmoid", (_, y) => y)).findings.asymmetries.pairs, 0);
});

Deno.test("a sweep lets a kernel flush what is subnormal if it says so", async () => {
  const flush = (_: number, y: number) => Math.abs(y) < 2 ** -126 ? 0 : y;
  assertEquals((await problemsWith("silu", flush)).problems.length, 1);
  assertEquals((await problemsWith("silu", flush, { denormals: "flushed" })).problems, []);
  assertEquals((await problemsWith("elu", flush, { denormals: "flushed" })).problems, []);
});

Deno.test("a sweep lets a kernel take a subnormal input for 0 if it says so, and no other", async () => {
  // selu of the largest subnormal numbers is no subnormal number itself.
  const stride = 1_003;
  const problemsOfPart = async (limit: number, traits: Partial<Kernel["traits"]>) => {
    const flush = (z: number, y: number) => Math.abs(z) < limit ? 0 : y;
    await using kernel = await spoiledKernel("selu", flush, traits);
    const last = bitsOf(2 ** -124);
    const findings = await sweepPart(kernel, { activation: "selu", first: 0, last, stride });
    return problemsOf("selu", findings, kernel.traits).length;
  };
  assertEquals(await problemsOfPart(2 ** -126, { denormals: "flushed" }), 0);
  assert(await problemsOfPart(2 ** -126, {}) > 0);
  assert(await problemsOfPart(2 ** -125, { denormals: "flushed" }) > 0);
});

Deno.test("a sweep takes the smaller error of a subnormal input and of 0 in its place", async () => {
  // selu of these is a normal number, of which nothing may be flushed.
  const [first, last] = [bitsOf(0.97 * 2 ** -126), bitsOf(2 ** -126)];
  const problemsWhere = async (
    change: (z: number, y: number) => number,
    claims: Partial<Kernel["traits"]>,
  ) => {
    await using kernel = await spoiledKernel("selu", change, claims);
    const findings = await sweepPart(kernel, { activation: "selu", first, last, stride: 1_003 });
    return problemsOf("selu", findings, kernel.traits).length;
  };
  const flushed = {
    denormals: "flushed",
    activationUlp: { ...float64ActivationUlp, selu: 1 },
  } as const;
  const besideZero = () => 2 ** -149;
  assertEquals(await problemsWhere(besideZero, flushed), 0);
  assertEquals(await problemsWhere((_, y) => y, flushed), 0);
  assert(await problemsWhere(besideZero, {}) > 0);
  assert(await problemsWhere(() => 2 ** -147, flushed) > 0);
  assert(await problemsWhere((_, y) => y / 2, flushed) > 0);
});

Deno.test("a sweep of no input is no success", () => {
  const traits = { activationUlp: { relu: 0 } } as Parameters<typeof problemsOf>[2];
  assertEquals(problemsOf("relu", noFindings, traits), ["relu: no input was checked"]);
});
