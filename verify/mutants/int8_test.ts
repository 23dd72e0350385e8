import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { copies } from "../checks/copies.ts";
import { int8 } from "../checks/int8.ts";
import { verifyKernel } from "../verify.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { eitherNeighbour, flush } from "./conforming.ts";
import { int8Kernel, type Int8Steps, rightInt8 } from "./int8_subject.ts";

Deno.test("the subject of the mutants of int8 products passes the checks that are to find them", async () => {
  await using kernel = await int8Kernel();
  const { checks } = await verifyKernel(kernel, { checks: [int8, copies] });
  assertEquals(checks.flatMap(({ failures }) => failures), []);
  // Not by the one case that says that there is nothing to be judged.
  for (const { cases } of checks) assertGreaterOrEqual(cases, 100);
});

const { fround } = Math;

/** Unusual products that are right, by their claims. */
const variants: Readonly<Record<string, readonly [Partial<Int8Steps>, Partial<KernelTraits>]>> = {
  "every step is rounded to either neighbour": [{
    multiplier: (largest) => eitherNeighbour(127 / eitherNeighbour(largest + fround(1e-7))),
    quantize: (value, by) => Math.round(eitherNeighbour(value * by)),
    result: (sum, multiplier, scale, bias) => {
      const quotient = eitherNeighbour(eitherNeighbour(sum) / eitherNeighbour(multiplier * scale));
      return eitherNeighbour(quotient + (bias ?? 0));
    },
  }, { rounding: "either" }],
  "subnormal numbers are flushed": [{
    largest: (row) => rightInt8.largest(row.map(flush)),
    quantize: (value, by) => rightInt8.quantize(flush(value), flush(by)),
    result: (...given) => flush(rightInt8.result(...given)),
  }, { denormals: "flushed" }],
  "nothing is claimed of NaN": [{
    largest: (row) => rightInt8.largest(row.map((value) => Number.isFinite(value) ? value : 1)),
  }, { nan: "unspecified" }],
  "zeros have the other sign": [{
    result: (...given) => {
      const value = rightInt8.result(...given);
      return value === 0 ? -value : value;
    },
  }, {}],
};

for (const [name, [steps, claims]] of Object.entries(variants)) {
  Deno.test(`the check of int8 products accepts a kernel in which ${name}, by its claims alone`, async () => {
    const failures = async (traits: Partial<KernelTraits>) => {
      await using kernel = await int8Kernel(steps);
      Object.assign(kernel, { traits: { ...kernel.traits, ...traits } });
      const { checks } = await verifyKernel(kernel, { checks: [int8], effort: "smoke" });
      return checks.flatMap(({ failures }) => failures);
    };
    assertEquals(await failures(claims), []);
    assertEquals((await failures({})).length === 0, Object.keys(claims).length === 0);
  });
}

Deno.test("the check of int8 products refuses one operation without the other, and accepts neither", async () => {
  for (
    const [change, refused] of [
      [{ denseInt8: undefined }, 1],
      [{ int8Weight: undefined }, 1],
      [{ denseInt8: undefined, int8Weight: undefined }, 0],
    ] as const
  ) {
    await using kernel = await int8Kernel();
    Object.assign(kernel, change);
    const { checks } = await verifyKernel(kernel, { checks: [int8] });
    assertEquals(checks.map(({ cases, failures }) => [cases, failures.length]), [[1, refused]]);
  }
});
