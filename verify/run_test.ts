import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { stripAnsiCode } from "@std/fmt/colors";
import { toJson } from "../results/json.ts";
import { sampleVerification } from "../results/verification/sample_testing.ts";
import type {
  KernelVerification,
  SelfTest,
  VerificationReport,
} from "../results/verification/schema.ts";
import { readVerification } from "../results/verification/validate.ts";
import { checksOnVariants, countWarnings, exitCodeOf, runVerification } from "./run.ts";
import { formatMatrix, formatReport } from "./table.ts";
import { checks } from "./verify.ts";

const kernel = (passed: boolean, warned = false): KernelVerification => ({
  kernel: "naive",
  device: "JavaScript",
  threads: 1,
  passed,
  elapsed: 1,
  summation: null,
  activations: [],
  growth: [],
  ulpHistogram: [],
  checks: [{
    check: "contract",
    description: "",
    cases: 1,
    indeterminate: 0,
    worst: 0,
    worstCase: null,
    failures: [],
    warnings: warned ? [{ id: "contract/x", problem: "odd", repeat: "", minimal: null }] : [],
    coverage: [],
  }],
});

const self = (killed: boolean | null, accepted = true, failures: string[] = []): SelfTest => ({
  references: [{ name: "reference", points: 3, failures }],
  checks: ["contract", "order"],
  mutants: [{
    name: "something is wrong",
    kind: "JavaScript",
    killer: "order",
    outcomes: { contract: "survived", order: killed ? "killed" : "survived" },
    killed,
    detail: "",
  }],
  conforming: [{ name: "all is well", accepted, problem: accepted ? null : "no" }],
});

Deno.test("exitCodeOf() gives the most serious: self-test, missing, failed, and warnings where strict", () => {
  const fine = { kernels: [kernel(true)], skipped: [], groups: [], self: self(true) };
  const missing = [{ kernel: "webgpu", reason: "none", required: true }];
  const failed = [kernel(false)];
  const unequal = [{ kernels: ["a", "b"], cases: 1, problem: "differ" }];
  assertEquals(exitCodeOf(fine, false), 0);
  assertEquals(exitCodeOf({ ...fine, self: null }, false), 0);
  assertEquals(exitCodeOf({ ...fine, self: self(null) }, false), 0);
  assertEquals(exitCodeOf({ ...fine, kernels: failed }, false), 1);
  assertEquals(exitCodeOf({ ...fine, groups: unequal }, false), 1);
  assertEquals(exitCodeOf({ ...fine, skipped: [{ ...missing[0]!, required: false }] }, false), 0);
  assertEquals(exitCodeOf({ ...fine, skipped: missing, kernels: failed }, false), 3);
  for (const bad of [self(false), self(true, false), self(true, true, ["off"])]) {
    assertEquals(exitCodeOf({ ...fine, self: bad, skipped: missing, kernels: failed }, false), 4);
  }
  assertEquals(exitCodeOf({ ...fine, kernels: [kernel(true, true)] }, false), 0);
  assertEquals(exitCodeOf({ ...fine, kernels: [kernel(true, true)] }, true), 1);
});

/** A report of these kernels. */
const reportOf = (kernels: readonly KernelVerification[], strict: boolean): VerificationReport => ({
  ...sampleVerification(),
  kernels,
  groups: [],
  skipped: [],
  self: null,
  warnings: countWarnings(kernels),
  ...(strict && { strict }),
});

Deno.test("formatReport() counts warnings, and says that strict failed for them", () => {
  const lines = (kernels: readonly KernelVerification[], strict: boolean) =>
    stripAnsiCode(formatReport(reportOf(kernels, strict))).split("\n");
  const warned = [kernel(true, true)];
  const lax = lines(warned, false);
  assertStringIncludes(lax.at(-1)!, "1 passed, 0 failed, 1 warning");
  assert(lax.some((line) => /^ +PASS$/.test(line)));
  assert(lax.some((line) => line.includes("1 warned")));
  const strict = lines(warned, true);
  assertEquals(strict.at(-1), "FAIL: 1 warning, which --strict counts as failures");
  assert(strict.some((line) => /^ +FAIL$/.test(line)));
  assert(!lines([kernel(true)], true).some((line) => line.includes("FAIL")));
});

Deno.test("verify.json keeps the warnings' number, strict and a module's hash, and no false ones", () => {
  const warned = { ...kernel(true, true), code: "abc" };
  const file = toJson({ ...reportOf([warned], true), exitCode: 1 });
  const read = readVerification(file);
  assertEquals([read.warnings, read.strict, read.kernels[0]?.code], [1, true, "abc"]);
  const contradictions: Record<string, object> = {
    "warnings is 3, but the checks have 1": { warnings: 3 },
    "there are warnings, which strict counts as failures": { exitCode: 0 },
  };
  for (const [message, change] of Object.entries(contradictions)) {
    const wrong = JSON.stringify({ ...JSON.parse(file), ...change });
    assertThrows(() => readVerification(wrong), Error, message);
  }
});

Deno.test("checksOnVariants() leaves out of quick mode what takes long, and never all", () => {
  const names = checks.map(({ name }) => name);
  const quick = checksOnVariants("quick", names);
  assertEquals(names.filter((name) => !quick.includes(name)).toSorted(), [
    "array-sizes",
    "combinations",
    "product-sizes",
    "sequences",
    "sweep",
  ]);
  assertEquals(checksOnVariants("full", names), names);
  assertEquals(checksOnVariants("self", names), names);
  assertEquals(checksOnVariants("quick", ["sweep"]), ["sweep"]);
});

Deno.test("runVerification() verifies kernels and itself, and the report says so", async () => {
  const plan = {
    mode: "quick",
    kernels: ["naive", "blocked"],
    checks: ["contract", "order", "exact-forward"],
    seed: 5,
    required: [],
    strict: false,
    command: "deno task verify",
  } as const;
  const report = await runVerification(plan);
  assertEquals(report.exitCode, 0);
  assertEquals(report.partial, true);
  assertEquals([report.warnings, report.strict], [0, undefined]);
  assertEquals(report.kernels.map((each) => each.kernel), ["naive", "blocked"]);
  assertEquals(report.kernels[0]?.summation?.claim, "sequential");
  assertEquals(report.kernels[1]?.summation?.accumulator, "float64");
  assertEquals(report.kernels.map(({ half }) => half), [0, 1]);
  assertEquals([report.self?.conforming.length, report.self?.conformingOf], [4, 11]);
  const text = stripAnsiCode(formatReport(report));
  assertStringIncludes(text, "naive and blocked: of checks with many cases alike");
  assertStringIncludes(text, "4 of 4 conforming variants accepted by 3 checks (drawn from 11)");
  assertStringIncludes(text, ", 0 failed");
  const read = readVerification(toJson(report));
  assertEquals(read.kernels.map(({ half }) => half), [0, 1]);
  assertEquals(read.self?.conformingOf, 11);
});

Deno.test("runVerification() that is stopped is partial, and passes nothing", async () => {
  const plan = {
    mode: "quick",
    kernels: ["naive"],
    checks: ["contract"],
    seed: 5,
    required: [],
    strict: false,
    command: "",
  } as const;
  const report = await runVerification(plan, { signal: AbortSignal.abort() });
  assertEquals([report.partial, report.exitCode, report.kernels.length], [true, 1, 0]);
});

Deno.test("formatMatrix() marks the killer, and a survivor", () => {
  const lines = formatMatrix(self(true)).map(stripAnsiCode);
  assertEquals(lines[1], "something is wrong  . X");
  assertStringIncludes(formatMatrix(self(false)).map(stripAnsiCode)[1]!, ". !  SURVIVED");
});
