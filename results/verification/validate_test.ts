import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { mostCharacters } from "../../common/json_fields.ts";
import { ResultFileError } from "../fields.ts";
import type { SumTree } from "./schema.ts";
import { chain } from "./formulas_testing.ts";
import {
  cleanVerificationSample,
  hostileVerification,
  sampleVerification,
} from "./sample_testing.ts";
import { readVerification } from "./validate.ts";
import { maxDepth } from "./validate_tree.ts";
import { toJson } from "../json.ts";

/** A report as JSON with the value at a path replaced, or removed where it is undefined. */
function changed(path: string, value: unknown, report: unknown = sampleVerification()): string {
  const copy = structuredClone(report) as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let at = copy;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return JSON.stringify(copy);
}

/** The message with which a text is refused. */
function refusal(text: string): string {
  const { message } = assertThrows(() => readVerification(text), ResultFileError);
  assertMatch(message, /^Cannot read the results: [^\n]+\.$/);
  return message;
}

Deno.test("readVerification() gives back what was written", () => {
  const { date } = sampleVerification();
  const hostile = { ...hostileVerification(), date };
  for (const report of [sampleVerification(), cleanVerificationSample(), hostile]) {
    assertEquals(readVerification(toJson(report)), report);
    assertEquals(readVerification(JSON.stringify(report)), report);
  }
});

Deno.test("readVerification() reads a run without kernels, probes and self-test", () => {
  const report = {
    ...cleanVerificationSample(),
    kernels: [],
    groups: [],
    self: null,
    build: null,
    partial: true,
  };
  assertEquals(readVerification(toJson(report)), report);
});

Deno.test("readVerification() leaves out fields that it does not know", () => {
  const text = JSON.stringify({ ...sampleVerification(), later: 1 }).replace(
    '"kernel"',
    '"__proto__": {"passed": true}, "kernel"',
  );
  assertEquals(readVerification(text), sampleVerification());
});

Deno.test("readVerification() refuses a text that was cut off, or is too long", () => {
  const text = JSON.stringify(sampleVerification());
  for (const length of [0, 1, 100, text.length - 1]) {
    assertStringIncludes(refusal(text.slice(0, length)), "the file is not JSON");
  }
  assertStringIncludes(refusal(" ".repeat(mostCharacters + 1)), "at most 67108864 (64 MiB)");
});

Deno.test("readVerification() refuses other JSON and other versions", () => {
  assertStringIncludes(refusal("[]"), "the file is a list; it must be an object");
  assertStringIncludes(refusal("{}"), "schema is missing");
  assertStringIncludes(
    refusal(changed("schema", "densemark-results/1")),
    'schema is "densemark-results/1"; this version reads "densemark-verification/2" and "densemark-verification/1" only',
  );
});

const gradient = {
  ...sampleVerification().kernels[2]!.activations[3]!,
  profile: [],
  stride: 4093,
  offset: 4092,
  seen: 0.25,
};

Deno.test("readVerification() reads gradients and what of their inputs was seen, where a file has them", () => {
  const text = changed("sweepSeed", 7, JSON.parse(changed("kernels.2.gradients", [gradient])));
  const { sweepSeed, kernels } = readVerification(text);
  assertEquals(sweepSeed, 7);
  assertEquals(kernels[2]?.gradients, [gradient]);
  assert(!("gradients" in kernels[1]!) && !("stride" in kernels[2]!.activations[0]!));
});

const kernel = "kernels.2";
const check = `${kernel}.checks.0`;
const tree = `${kernel}.summation.trees.0`;
const wrong: readonly (readonly [string, unknown, string])[] = [
  ["mode", "fast", 'it must be "quick", "full", "soak" or "self"'],
  ["seed", "1", 'seed is "1"; it must be a finite number'],
  ["exitCode", 5, "exitCode is 5; it must be a whole number, 0 to 4"],
  ["exitCode", null, "exitCode is null; it must be a whole number, 0 to 4"],
  ["build", 3, "build is 3; it must be a text"],
  ["environment.cores", undefined, "environment.cores is missing"],
  ["kernels", {}, "kernels is an object; it must be a list"],
  ["kernels.1.kernel", "naive", 'kernels has the kernel "naive" twice'],
  ["skipped.0.kernel", "naive", 'kernels has the kernel "naive" twice'],
  ["skipped.0.required", 1, "skipped[0].required is 1; it must be true or false"],
  [`${kernel}.passed`, "true", 'kernels[2].passed is "true"; it must be true or false'],
  [`${kernel}.elapsed`, -1, "kernels[2].elapsed is -1; it must be a finite number >= 0"],
  [`${kernel}.ulpHistogram`, [1, 2], "ulpHistogram has 2 numbers; it must have 10 or none"],
  [`${kernel}.ulpHistogram.3`, 0.5, "ulpHistogram[3] is 0.5; it must be a whole number"],
  [`${kernel}.summation.accumulator`, "f32", 'it must be "float32" or "float64"'],
  [`${kernel}.checks.1.check`, "exact", 'kernels[2].checks has the check "exact" twice'],
  [`${check}.worst`, null, "kernels[2].checks[0].worst is null; it must be a finite number"],
  [`${check}.cases`, 1.5, "kernels[2].checks[0].cases is 1.5; it must be a whole number"],
  [`${check}.coverage.0.shapes`, "huge", 'coverage[0].shapes is "huge"; it must be "empty"'],
  [`${check}.coverage.0.elements`, -1, "coverage[0].elements is -1; it must be a whole number"],
  [
    `${check}.coverage.0.compared`,
    1,
    "coverage[0].compared is 1; it must be a whole number, 0 to 0",
  ],
  [`${check}.coverage.0.failed`, 1e6, "coverage[0].failed is 1000000; it must be a whole number"],
  [`${kernel}.activations.0.profile`, [0], "profile has 1 numbers; it must have 512 or none"],
  [`${kernel}.activations.0.ulp`, null, "activations[0].ulp is null; it must be a number >= 0"],
  [`${kernel}.activations.0.odd`, 0, "activations[0].odd is 0; it must be true or false"],
  [`${kernel}.gradients`, {}, "gradients is an object; it must be a list"],
  [`${kernel}.gradients`, [gradient, gradient], 'gradients has the activation "tanh" twice'],
  [`${kernel}.gradients`, [{ ...gradient, seen: 1.5 }], "seen is 1.5; it must be"],
  [`${kernel}.activations.0.stride`, 0, "stride is 0; it must be a whole number"],
  ["sweepSeed", -1, "sweepSeed is -1; it must be a whole number"],
  [`${kernel}.growth.0.k`, 0, "growth[0].k is 0; it must be a whole number, 1 or more"],
  ["groups.0.kernels.0", "other", 'groups[0].kernels names "other", which kernels does not list'],
  ["self.mutants.0.killed", false, 'self.mutants[0].killed is false, but the outcome of "exact"'],
  ["self.mutants.0.killed", null, 'self.mutants[0].killed is null, but the outcome of "exact"'],
  ["self.mutants.11.killed", true, 'killed is true, but the outcome of "activations" is "surv'],
  ["self.mutants.0.outcomes.exact", "yes", 'it must be "killed", "survived" or "not run"'],
  ["self.mutants.0.outcomes.other", "killed", "is of a check that checks does not list"],
  ["self.conformingOf", 0, "self.conformingOf is 0; it must be a whole number"],
  ["self.conforming.0.problem", "x", 'self.conforming[0].accepted is true, but problem is "x"'],
];

for (const [path, value, message] of wrong) {
  Deno.test(`readVerification() refuses ${JSON.stringify(value)} as ${path}`, () => {
    assertStringIncludes(refusal(changed(path, value)), message);
  });
}

const against: readonly (readonly [string, unknown, string])[] = [
  [`${check}.failures`, sampleVerification().kernels[1]?.checks[0]?.failures, "has failures"],
  [`${check}.coverage.0.failed`, 1, 'passed is true, but its check "exact" has failures'],
  [`${kernel}.checks`, [], "passed is true, but no case of any check was run"],
  [`${kernel}.summation.agrees`, false, "its probed order of sums is not what it claims"],
  [`${kernel}.activations.3.ulp`, 2.01, '"tanh" is 2.01 ULP off and declares 2'],
  [
    `${kernel}.gradients`,
    [{ ...gradient, ulp: 3, declared: 2 }],
    'the gradient of "tanh" is 3 ULP off and declares 2',
  ],
];

for (const [path, value, message] of against) {
  Deno.test(`readVerification() believes no pass against ${path}`, () => {
    assertStringIncludes(refusal(changed(path, value)), message);
    // The same is read of a kernel that is said to have failed.
    const failed = JSON.parse(changed(`${kernel}.passed`, false));
    readVerification(changed(path, value, failed));
  });
}

Deno.test("readVerification() believes no exit code 0 against what the file says", () => {
  const clean = cleanVerificationSample();
  const sample = sampleVerification();
  for (
    const [path, value, message] of [
      ["kernels.0.passed", false, 'exitCode is 0, but kernel "naive" did not pass'],
      ["skipped", sample.skipped, '"webgpu-half" was required and is missing'],
      ["groups.0.problem", "bits", "kernels of a group are not bit-identical"],
      ["self", sample.self, 'mutant "sigmoid flushed below −17" survived'],
      [
        "self.conforming.0",
        { name: "x", accepted: false, problem: null },
        'variant "x" was rejected',
      ],
      ["self.references.0.failures", ["x"], "the reference failed at"],
    ] as const
  ) {
    assertStringIncludes(refusal(changed(path, value, clean)), message);
    const other = JSON.parse(changed(path, value, clean));
    readVerification(changed("exitCode", 4, other));
  }
});

Deno.test("readVerification() takes errors without bound from failed kernels, and no NaN", () => {
  const report = sampleVerification();
  const [first, blocked, ...others] = report.kernels;
  if (first === undefined || blocked === undefined) throw new Error("the sample has no kernels");
  const worst = (ulp: number) => ({
    ...report,
    kernels: [
      first,
      {
        ...blocked,
        activations: blocked.activations.map((one) => ({ ...one, ulp, at: -Infinity })),
      },
      ...others,
    ],
  });
  const json = toJson(worst(Infinity));
  assertStringIncludes(json, '"ulp": 1e999');
  assertStringIncludes(json, '"at": -1e999');
  assertEquals(readVerification(json), worst(Infinity));
  assertStringIncludes(refusal(toJson(worst(NaN))), "activations[0].ulp is null");
  assertStringIncludes(refusal(json.replace(/"elapsed": [^,]+/, '"elapsed": 1e999')), "elapsed is");
});

const trees: readonly (readonly [SumTree | unknown, string])[] = [
  [[], "has a sum of nothing"],
  [[0, "1"], 'has the leaf "1"; leaves are whole numbers from 0 to 16'],
  [[0, 1.5], "has the leaf 1.5"],
  [[0, null], "has the leaf null"],
  [[0, -1], "has the leaf -1"],
  [[[0, 1], 1], "has the leaf 1 twice"],
  [[chain(0, 16), 17], "has the leaf 17"],
  [chain(0, 15), "has 15 of the 16 products"],
  [null, "has the leaf null"],
  [{ 0: 1 }, "has the leaf an object"],
];

for (const [value, message] of trees) {
  Deno.test(`readVerification() refuses the tree ${JSON.stringify(value).slice(0, 30)}`, () => {
    assertStringIncludes(refusal(changed(`${tree}.tree`, value)), `trees[0].tree ${message}`);
  });
}

Deno.test("readVerification() ends on a tree however deep it is nested", () => {
  const text = changed(`${tree}.tree`, "TREE");
  for (const depth of [maxDepth + 1, 2_000_000]) {
    const nested = text.replace('"TREE"', "[".repeat(depth) + "0" + "]".repeat(depth));
    assertStringIncludes(refusal(nested), "trees[0].tree is more than 2048 sums deep");
  }
});

Deno.test("readVerification() reads a file of version 1 under the names of today", async () => {
  const text = await Deno.readTextFile(
    new URL("../fixtures/verification_1.json", import.meta.url),
  );
  const old = JSON.parse(text);
  const read = readVerification(text);
  assertEquals(read.kernels[0]?.summation, old.kernels[0].signature);
  assertEquals(read.self?.conforming, old.self.legal);
  assertEquals(read.self?.mutants[0]?.outcomes, old.self.mutants[0].verdicts);
  assertEquals(readVerification(JSON.stringify(read)), read);
});
