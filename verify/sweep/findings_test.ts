import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  bins,
  type Findings,
  histogramLength,
  mergeFindings,
  noFindings,
  type Violations,
  type WorstResult,
} from "./findings.ts";

const seed = 7;

// Few values, so that errors are often equal and the rule for ties is met.
const error = fc.constantFrom(0.25, 0.5, 1, 3, 1e30);
const bits = fc.constantFrom(0, 1, 0x3f800000, 0x80000000, 0xff7fffff);
const count = fc.nat({ max: 2 ** 31 });

// What is at an input is the same wherever it is found.
const worst: fc.Arbitrary<WorstResult | null> = fc.option(
  fc.record({ error, bits }).map((place) => ({ ...place, got: place.bits ^ 1, want: place.bits })),
);

const violations: fc.Arbitrary<Violations> = fc.record({
  pairs: count,
  count,
  largest: fc.option(fc.record({ error, bits })),
});

const findings: fc.Arbitrary<Findings> = fc.record({
  inputs: count,
  ulp: worst,
  absolute: worst,
  nan: fc.record({ count, bits: fc.option(bits) }),
  histogram: fc.array(count, { minLength: histogramLength, maxLength: histogramLength }),
  ulpByBin: fc.array(error, { minLength: bins, maxLength: bins, size: "max" }),
  decreases: violations,
  asymmetries: violations,
});

Deno.test(`mergeFindings() is associative and commutative, seed ${seed}`, () => {
  fc.assert(
    fc.property(findings, findings, findings, (a, b, c) => {
      const left = mergeFindings(mergeFindings(a, b), c);
      assertEquals(left, mergeFindings(a, mergeFindings(b, c)));
      assertEquals(left, mergeFindings(mergeFindings(c, a), b));
    }),
    { seed, numRuns: 60 },
  );
});

Deno.test(`mergeFindings() with no findings changes nothing, seed ${seed}`, () => {
  fc.assert(
    fc.property(findings, (a) => {
      assertEquals(mergeFindings(a, noFindings), a);
      assertEquals(mergeFindings(noFindings, a), a);
    }),
    { seed, numRuns: 30 },
  );
});

Deno.test("mergeFindings() adds counts and keeps the larger error", () => {
  const at = (error: number, place: number): WorstResult => ({
    error,
    bits: place,
    got: 1,
    want: 2,
  });
  const a = { ...noFindings, inputs: 3, ulp: at(2, 9), nan: { count: 1, bits: 8 } };
  const b = { ...noFindings, inputs: 4, ulp: at(1, 5), nan: { count: 2, bits: 6 } };
  const { inputs, ulp, nan } = mergeFindings(a, b);
  assertEquals({ inputs, ulp, nan }, { inputs: 7, ulp: at(2, 9), nan: { count: 3, bits: 6 } });
});
