import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  casesOf,
  cautions,
  checksOf,
  evidence,
  exitCodes,
  failedCases,
  headline,
  selfCounts,
} from "./findings.ts";
import type { CheckReport, VerificationReport } from "../../results/verification/schema.ts";
import {
  cleanVerificationSample,
  sampleVerification,
} from "../../results/verification/sample_testing.ts";

Deno.test("headline() names the kernels that failed", () => {
  const sample = sampleVerification();
  assertEquals(headline(sample), "blocked failed; 4 of 5 kernels passed.");
  const clean = cleanVerificationSample();
  assertEquals(headline(clean), "All 4 kernels passed.");
  assertEquals(
    headline({ ...clean, kernels: clean.kernels.slice(0, 1) }),
    "The one kernel verified passed.",
  );
  assertEquals(headline({ ...clean, kernels: [] }), "No kernel was verified in this run.");
  assertEquals(
    headline({ ...clean, exitCode: 3 }),
    "All 4 kernels passed, but the run did not succeed.",
  );
});

Deno.test("evidence() counts cases, groups and the self-test", () => {
  const sample = sampleVerification();
  const [cases, groups, self] = evidence(sample);
  assertEquals(casesOf(sample.kernels), 5 * casesOf(sample.kernels.slice(0, 1)));
  assertStringIncludes(
    cases ?? "",
    `${casesOf(sample.kernels).toLocaleString("en-US")} cases on 5`,
  );
  assertStringIncludes(cases ?? "", "6 results not counted");
  assertStringIncludes(groups ?? "", "1 of 2 groups");
  assertEquals(
    self,
    "Self-test of the verifier: 17 of 18 mutants killed (1 more cannot run here), 6 of 6 " +
      "conforming variants accepted, reference right at 3,000 points.",
  );
  assertEquals(evidence({ ...sample, groups: [], self: null }).length, 1);
  const kernels = sample.kernels.map((kernel, i) => i < 2 ? { ...kernel, half: i } : kernel);
  const [, halves] = evidence({ ...sample, kernels });
  assertStringIncludes(halves ?? "", `${kernels[0]!.kernel} and ${kernels[1]!.kernel} had a drawn`);
});

Deno.test("cautions() says what a verdict is worth, and what to do", () => {
  assertEquals(cautions(cleanVerificationSample()), []);
  const sample = sampleVerification();
  const about = (change: Partial<VerificationReport>) =>
    cautions({ ...sample, ...change }).join("\n");
  assertStringIncludes(
    about({}),
    "Not every mutant was killed: sigmoid flushed below −17 survived.",
  );
  assertStringIncludes(about({}), "1 warning: unusual");
  assertStringIncludes(about({ self: null }), "The verifier was not tested in this run.");
  assertStringIncludes(about({ partial: true }), "A partial run");
  assertStringIncludes(about({ build: null }), "its build is unknown");
  const self = sample.self;
  if (self === null) throw new Error("the sample has no self-test");
  const rejected = [{ name: "pairwise", accepted: false, problem: null }];
  assertStringIncludes(
    about({ self: { ...self, conforming: rejected } }),
    "was rejected: pairwise",
  );
  const references = [{ name: "sums", points: 1, failures: ["x"] }];
  assertStringIncludes(about({ self: { ...self, references } }), "The reference is wrong: sums");
  assertEquals(selfCounts({ ...self, references }).wrong, ["sums"]);
});

Deno.test("failedCases() takes the greater of what is counted and what is listed", () => {
  const check = sampleVerification().kernels[1]?.checks[0];
  if (check === undefined) throw new Error("the sample has no checks");
  const part = { family: "int", shapes: "edge", cases: 9, failed: 7 } as const;
  const of = (change: Partial<CheckReport>) => failedCases({ ...check, ...change });
  assertEquals(of({}), 2);
  assertEquals(of({ coverage: [part, part] }), 14);
  assertEquals(of({ coverage: [] }), 2);
  assertEquals(of({ coverage: [], failures: [] }), 0);
});

Deno.test("checksOf() has the checks of all kernels once, and exitCodes a meaning for each code", () => {
  assertEquals(checksOf(sampleVerification()).length, 9);
  assertEquals(exitCodes.length, 5);
});
