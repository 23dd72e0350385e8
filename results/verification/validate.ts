/**
 * Reads a verification file. The bench publishes no speed of a kernel that this
 * file does not call verified, so it must not be believed lightly: every field
 * is checked, and a file whose verdict its own findings contradict is refused.
 *
 * @module
 */
import type { JsonFields } from "../../common/json_fields.ts";
import { quote } from "../../common/text.ts";
import { checkDate } from "../consistency.ts";
import { fail, parseFields } from "../fields.ts";
import { environmentOf } from "../validate.ts";
import type * as schema from "./schema.ts";
import { formerNames, olderVerificationSchema, ulpBins, verificationSchema } from "./schema.ts";
import { sumTree } from "./validate_tree.ts";

/** How many classes a float32 number can be of by sign and exponent. */
export const classes = 512;

/**
 * What a verify.json says. Fields that the schema does not know are left out.
 * Errors without bound are read from numbers like 1e999, as `toJson()` writes them.
 *
 * @throws {ResultFileError} where the text is no verification file of this version, or contradicts itself.
 *
 * @example A file of another kind
 * ```ts
 * import { readVerification } from "./validate.ts";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => readVerification('{"schema": "other"}'), Error, "this version reads");
 * ```
 */
export function readVerification(text: string): schema.VerificationReport {
  return verificationOf(parseFields(text));
}

/**
 * The verification in the fields of a file.
 *
 * @throws {ResultFileError} where it is no verification file of this version, or contradicts itself.
 */
export function verificationOf(file: JsonFields): schema.VerificationReport {
  if (file.schema(verificationSchema, olderVerificationSchema) !== verificationSchema) {
    file = file.withFormerNames(formerNames);
  }
  const report: schema.VerificationReport = {
    schema: verificationSchema,
    date: file.text("date"),
    command: file.text("command"),
    mode: file.choice("mode", ["quick", "full", "soak", "self"]),
    seed: file.number("seed", -Number.MAX_VALUE),
    ...file.absent("sweepSeed", (f, key) => f.count(key, 0, 2 ** 32 - 1)),
    elapsed: file.number("elapsed", 0),
    partial: file.flag("partial"),
    build: file.optional("build", (f, key) => f.text(key)),
    environment: environmentOf(file.object("environment")),
    engine: file.text("engine"),
    exitCode: file.count("exitCode", 0, 4),
    ...file.absent("warnings", (f, key) => f.count(key, 0)),
    ...file.absent("strict", (f, key) => f.flag(key)),
    kernels: file.list("kernels", kernel),
    skipped: file.list("skipped", (fields) => ({
      kernel: fields.text("kernel"),
      reason: fields.text("reason"),
      required: fields.flag("required"),
    })),
    groups: file.list("groups", group),
    self: file.optional("self", (f, key) => selfTest(f.object(key))),
  };
  checkDate(report.date);
  checkNames(report);
  checkWarnings(report);
  checkExitCode(report);
  return report;
}

function kernel(fields: JsonFields): schema.KernelVerification {
  const found: schema.KernelVerification = {
    kernel: fields.text("kernel"),
    ...fields.absent("code", (f, key) => f.text(key)),
    ...fields.absent("half", (f, key) => f.count(key, 0, 1)),
    device: fields.text("device"),
    threads: fields.count("threads", 0),
    passed: fields.flag("passed"),
    elapsed: fields.number("elapsed", 0),
    summation: fields.optional("summation", (f, key) => summation(f.object(key))),
    checks: fields.list("checks", check),
    activations: fields.list("activations", activation),
    ...fields.absent("gradients", (f, key) => f.list(key, activation)),
    growth: fields.list("growth", (growth) => ({
      family: growth.text("family"),
      k: growth.count("k", 1),
      rho: growth.unbounded("rho", 0),
      lambda: growth.unbounded("lambda", 0),
      units: growth.unbounded("units", 0),
      depth: growth.number("depth", 0),
    })),
    ulpHistogram: lengthOf(fields, "ulpHistogram", fields.counts("ulpHistogram"), ulpBins.length),
  };
  unique(fields.place("checks"), "check", found.checks.map(({ check }) => check));
  const names = found.activations.map(({ activation }) => activation);
  unique(fields.place("activations"), "activation", names);
  const gradients = found.gradients?.map(({ activation }) => activation) ?? [];
  unique(fields.place("gradients"), "activation", gradients);
  if (found.passed) {
    const against = evidence(found);
    if (against !== null) fields.fail("passed", `is true, but ${against}`);
  }
  return found;
}

/** What speaks against a kernel that is said to have passed; null where nothing does. */
function evidence(found: schema.KernelVerification): string | null {
  const failed = found.checks.find(({ failures, coverage }) =>
    failures.length > 0 || coverage.some((part) => part.failed > 0)
  );
  if (failed !== undefined) return `its check ${quote(failed.check)} has failures`;
  if (!found.checks.some(({ cases }) => cases > 0)) return "no case of any check was run";
  if (found.summation?.agrees === false) return "its probed order of sums is not what it claims";
  const exceeds = ({ ulp, declared }: schema.ActivationReport) => !(ulp <= declared);
  const wrong = found.activations.find(exceeds);
  const gradient = found.gradients?.find(exceeds);
  const off = ({ ulp, declared }: schema.ActivationReport) =>
    `is ${ulp} ULP off and declares ${declared}`;
  if (wrong !== undefined) return `${quote(wrong.activation)} ${off(wrong)}`;
  return gradient === undefined
    ? null
    : `the gradient of ${quote(gradient.activation)} ${off(gradient)}`;
}

function summation(fields: JsonFields): schema.SummationReport {
  return {
    claim: fields.text("claim"),
    agrees: fields.flag("agrees"),
    fused: fields.flag("fused"),
    accumulator: fields.choice("accumulator", ["float32", "float64"]),
    denormals: fields.choice("denormals", ["kept", "flushed"]),
    nan: fields.choice("nan", ["propagates", "lost"]),
    ...fields.absent("proposal", (f, key) => f.text(key)),
    trees: fields.list("trees", (tree) => {
      const k = tree.count("k", 0);
      return {
        path: tree.text("path"),
        k,
        column: tree.count("column", 0),
        depth: tree.count("depth", 0),
        tree: sumTree(tree.any("tree"), k, tree.place("tree")),
      };
    }),
  };
}

function check(fields: JsonFields): schema.CheckReport {
  return {
    check: fields.text("check"),
    description: fields.text("description"),
    cases: fields.count("cases", 0),
    indeterminate: fields.count("indeterminate", 0),
    worst: fields.number("worst", 0),
    worstCase: fields.optional("worstCase", (f, key) => f.text(key)),
    failures: fields.list("failures", failure),
    warnings: fields.list("warnings", failure),
    coverage: fields.list("coverage", coverage),
  };
}

function coverage(fields: JsonFields): schema.Coverage {
  const cases = fields.count("cases", 0);
  const { elements } = fields.absent("elements", (f, key) => f.count(key, 0));
  return {
    family: fields.text("family"),
    shapes: fields.choice("shapes", ["empty", "small", "edge", "large", "none"]),
    cases,
    failed: fields.count("failed", 0, cases),
    ...(elements !== undefined && { elements }),
    ...fields.absent("compared", (f, key) => f.count(key, 0, elements ?? 0)),
  };
}

function failure(fields: JsonFields): schema.FailureReport {
  return {
    id: fields.text("id"),
    problem: fields.text("problem"),
    repeat: fields.text("repeat"),
    minimal: fields.optional("minimal", (f, key) => {
      const minimal = f.object(key);
      return { id: minimal.text("id"), steps: minimal.count("steps", 0) };
    }),
  };
}

function activation(fields: JsonFields): schema.ActivationReport {
  const holds = (key: string) => fields.optional(key, (f) => f.flag(key));
  return {
    activation: fields.text("activation"),
    declared: fields.number("declared", 0),
    inputs: fields.count("inputs", 0),
    exhaustive: fields.flag("exhaustive"),
    ulp: fields.unbounded("ulp", 0),
    at: fields.unbounded("at", -Infinity),
    monotone: holds("monotone"),
    odd: holds("odd"),
    profile: lengthOf(fields, "profile", fields.numbers("profile", Infinity), classes),
    ...fields.absent("stride", (f, key) => f.count(key, 1, 2 ** 32)),
    ...fields.absent("offset", (f, key) => f.count(key, 0, 2 ** 32)),
    ...fields.absent("seen", (f, key) => f.number(key, 0, 1)),
  };
}

function group(fields: JsonFields): schema.Group {
  return {
    kernels: fields.texts("kernels"),
    cases: fields.count("cases", 0),
    problem: fields.optional("problem", (f, key) => f.text(key)),
  };
}

function selfTest(fields: JsonFields): schema.SelfTest {
  const checks = fields.texts("checks");
  unique(fields.place("checks"), "check", checks);
  const conforming = fields.list("conforming", (one) => {
    const accepted = one.flag("accepted");
    const problem = one.optional("problem", (f, key) => f.text(key));
    if (accepted && problem !== null) {
      one.fail("accepted", `is true, but problem is ${quote(problem)}`);
    }
    return { name: one.text("name"), accepted, problem };
  });
  return {
    references: fields.list("references", (one) => ({
      name: one.text("name"),
      points: one.count("points", 0),
      failures: one.texts("failures"),
    })),
    checks,
    mutants: fields.list("mutants", (one) => mutant(one, checks)),
    conforming,
    ...fields.absent("conformingOf", (f, key) => f.count(key, conforming.length)),
  };
}

function mutant(fields: JsonFields, checks: readonly string[]): schema.MutantReport {
  const outcomes = fields.object("outcomes");
  for (const name of outcomes.names()) {
    if (!checks.includes(name)) {
      outcomes.fail(name, "is of a check that checks does not list");
    }
  }
  const found: schema.MutantReport = {
    name: fields.text("name"),
    kind: fields.choice("kind", ["JavaScript", "WebAssembly", "threads", "WGSL", "comparison"]),
    killer: fields.text("killer"),
    // fromEntries, since assignment to __proto__ would do something else.
    outcomes: Object.fromEntries(
      outcomes.names().map((name) => [
        name,
        outcomes.choice(name, ["killed", "survived", "not run"]),
      ]),
    ),
    killed: fields.optional("killed", (f, key) => f.flag(key)),
    detail: fields.text("detail"),
  };
  const outcome = new Map(Object.entries(found.outcomes)).get(found.killer) ?? "not run";
  if ((found.killed ?? false) !== (outcome === "killed")) {
    fields.fail(
      "killed",
      `is ${found.killed}, but the outcome of ${quote(found.killer)} is ${quote(outcome)}`,
    );
  }
  return found;
}

/** Names are how the parts of the file find each other, so that they must be unique and known. */
function checkNames({ kernels, skipped, groups, self }: schema.VerificationReport): void {
  const names = kernels.map(({ kernel }) => kernel);
  unique("kernels", "kernel", [...names, ...skipped.map(({ kernel }) => kernel)]);
  for (const [i, group] of groups.entries()) {
    unique(`groups[${i}].kernels`, "kernel", group.kernels);
    for (const name of group.kernels) {
      if (!names.includes(name)) {
        fail(`groups[${i}].kernels`, `names ${quote(name)}, which kernels does not list`);
      }
    }
  }
  if (self === null) return;
  unique("self.mutants", "name", self.mutants.map(({ name }) => name));
  unique("self.conforming", "name", self.conforming.map(({ name }) => name));
}

/** The number of warnings is that of its parts. */
function checkWarnings({ warnings, strict, kernels, exitCode }: schema.VerificationReport): void {
  const found = kernels.flatMap(({ checks }) => checks)
    .reduce((sum, check) => sum + check.warnings.length, 0);
  if (warnings !== undefined && warnings !== found) {
    fail("warnings", `is ${warnings}, but the checks have ${found}`);
  }
  if (strict === true && exitCode === 0 && found > 0) {
    contradict("there are warnings, which strict counts as failures");
  }
}

/** Success must not be claimed against what the file itself says. */
function checkExitCode({ exitCode, kernels, skipped, groups, self }: schema.VerificationReport) {
  if (exitCode !== 0) return;
  const failed = kernels.find(({ passed }) => !passed);
  if (failed !== undefined) contradict(`kernel ${quote(failed.kernel)} did not pass`);
  const missing = skipped.find(({ required }) => required);
  if (missing !== undefined) contradict(`${quote(missing.kernel)} was required and is missing`);
  const differing = groups.find(({ problem }) => problem !== null);
  if (differing !== undefined) contradict("kernels of a group are not bit-identical");
  const survivor = self?.mutants.find(({ killed }) => killed === false);
  if (survivor !== undefined) contradict(`mutant ${quote(survivor.name)} survived`);
  const rejected = self?.conforming.find(({ accepted }) => !accepted);
  if (rejected !== undefined) contradict(`conforming variant ${quote(rejected.name)} was rejected`);
  const wrong = self?.references.find(({ failures }) => failures.length > 0);
  if (wrong !== undefined) contradict(`the reference failed at ${quote(wrong.name)}`);
}

function contradict(what: string): never {
  return fail("exitCode", `is 0, but ${what}`);
}

function unique(where: string, what: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) fail(where, `has the ${what} ${quote(name)} twice; names must differ`);
    seen.add(name);
  }
}

/** A list that is empty where nothing was recorded, and else has one number for each bin. */
function lengthOf(fields: JsonFields, key: string, list: number[], length: number): number[] {
  if (list.length === 0 || list.length === length) return list;
  return fields.fail(key, `has ${list.length} numbers; it must have ${length} or none`);
}
