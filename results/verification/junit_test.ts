import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { toJUnit } from "./junit.ts";
import type { VerificationReport } from "./schema.ts";
import {
  cleanVerificationSample,
  hostileVerification,
  sampleVerification,
} from "./sample_testing.ts";
import { type Element, parseXml } from "./xml_testing.ts";

/** The file as its elements. */
function parsed(report: VerificationReport): Element {
  return parseXml(toJUnit(report));
}

function named(suites: Element, name: string): Element {
  const found = suites.children.find((suite) => suite.attributes["name"] === name);
  if (found === undefined) throw new Error(`there is no suite ${name}`);
  return found;
}

function casesIn(suite: Element): Element[] {
  return suite.children.filter(({ name }) => name === "testcase");
}

function inner(testcase: Element | undefined, name: string): Element | undefined {
  return testcase?.children.find((child) => child.name === name);
}

function caseOf(suite: Element, start: string): Element {
  const found = casesIn(suite).find((one) => one.attributes["name"]?.startsWith(start));
  if (found === undefined) throw new Error(`there is no case ${start}`);
  return found;
}

for (
  const [title, report] of [
    ["a failed run", sampleVerification()],
    ["a clean run", cleanVerificationSample()],
    ["a hostile run", hostileVerification()],
  ] as const
) {
  Deno.test(`toJUnit() follows the rules of JUnit's readers on ${title}`, () => {
    const suites = parsed(report);
    assertEquals(suites.name, "testsuites");
    const count = (cases: readonly Element[], kind: string) =>
      String(cases.filter((one) => inner(one, kind) !== undefined).length);
    const check = (element: Element, cases: readonly Element[]) => {
      assertEquals(element.attributes["tests"], String(cases.length));
      assertEquals(element.attributes["failures"], count(cases, "failure"));
      assertEquals(element.attributes["skipped"], count(cases, "skipped"));
      assertEquals(element.attributes["errors"], "0");
      assertEquals(/^\d+\.\d{3}$/.test(element.attributes["time"] ?? ""), true);
    };
    check(suites, suites.children.flatMap(casesIn));
    assertEquals(suites.attributes["time"], report.elapsed.toFixed(3));
    for (const suite of suites.children) {
      assertEquals(suite.name, "testsuite");
      check(suite, casesIn(suite));
      // Properties come first, then cases only.
      const names = suite.children.map(({ name }) => name);
      assertEquals(names.lastIndexOf("properties") <= 0, true);
      for (const one of casesIn(suite)) {
        assertEquals(one.attributes["classname"], suite.attributes["name"]);
        assert(one.attributes["name"]);
        for (const child of one.children) {
          assert(["failure", "skipped", "system-out"].includes(child.name));
        }
        assert(one.children.filter(({ name }) => name !== "system-out").length <= 1);
      }
      const titles = casesIn(suite).map((one) => one.attributes["name"]);
      assertEquals(new Set(titles).size, titles.length);
    }
  });
}

Deno.test("toJUnit() makes a suite of every kernel, with its environment", () => {
  const report = sampleVerification();
  const suites = parsed(report);
  for (const { kernel, elapsed, checks } of report.kernels) {
    const suite = named(suites, kernel);
    assertEquals(suite.attributes["time"], elapsed.toFixed(3));
    assertEquals(suite.attributes["timestamp"], "2026-03-01T09:30:12");
    const families = new Set(
      checks.flatMap(({ check, coverage }) => coverage.map(({ family }) => `${check}/${family}`)),
    );
    for (const family of families) caseOf(suite, `${family} (`);
  }
  const properties = Object.fromEntries(
    (named(suites, "naive").children[0]?.children ?? [])
      .map(({ attributes }) => [attributes["name"], attributes["value"]]),
  );
  for (
    const [name, value] of [
      ["mode", "full"],
      ["seed", String(0x5eed2026)],
      ["engine", "plain"],
      ["build", "9f2c6a1e4b7d8035"],
      ["environment.cpu", "Example CPU @ 2.60GHz"],
      ["exitCode", "4"],
    ] as const
  ) assertEquals(properties[name], value, name);
});

Deno.test("toJUnit() has a failure with its problem, command and smallest case", () => {
  const failed = caseOf(named(parsed(sampleVerification()), "blocked"), "exact/int (");
  const cases = sampleVerification().kernels[1]?.checks[0]?.coverage
    .filter(({ family }) => family === "int").reduce((sum, part) => sum + part.cases, 0);
  assertEquals(failed.attributes["name"], `exact/int (${cases} cases)`);
  assertEquals(failed.attributes["assertions"], String(cases));
  const failure = inner(failed, "failure");
  assertEquals(failure?.attributes["type"], "verification");
  assertStringIncludes(failure?.attributes["message"] ?? "", "37 of 1517 elements differ");
  for (
    const part of [
      "int/forward/37x41x259/ld43",
      "repeat:  deno task verify --case blocked/int/forward/37x41x259/ld43 --seed 0x5eed2026",
      "minimal: int/forward/1x1x5 (in 14 steps)",
    ]
  ) assertStringIncludes(failure?.text ?? "", part);
  // Other families of the check passed.
  const other = caseOf(named(parsed(sampleVerification()), "blocked"), "exact/rank-one (");
  assertEquals(other.children, []);
});

Deno.test("toJUnit() loses no failure that names no family, and none that is only counted", () => {
  const report = sampleVerification();
  const [first, ...others] = report.kernels;
  if (first === undefined) throw new Error("the sample has no kernels");
  const failure = { id: "elsewhere", problem: "wrong", repeat: "again", minimal: null };
  const suite = named(
    parsed({
      ...report,
      kernels: [{
        ...first,
        passed: false,
        checks: first.checks.map((check, i) => ({
          ...check,
          failures: i === 0 ? [failure, { ...failure, id: "elsewhere/too" }] : [],
          coverage: check.coverage.map((part) => ({
            ...part,
            failed: i === 1 && part.family === "wide" && part.shapes === "edge" ? 2 : 0,
          })),
        })),
      }, ...others],
    }),
    first.kernel,
  );
  const whole = inner(caseOf(suite, "exact ("), "failure");
  assertEquals(whole?.attributes["message"], "elsewhere: wrong (and 1 more)");
  assertStringIncludes(whole?.text ?? "", "elsewhere/too");
  const counted = inner(caseOf(suite, "rigorous/wide ("), "failure");
  assertEquals(/^2 of \d+ cases failed$/.test(counted?.attributes["message"] ?? ""), true);
  assertEquals(suite.attributes["failures"], "2");
});

Deno.test("toJUnit() never shows a kernel green that did not pass", () => {
  const report = cleanVerificationSample();
  const kernels = report.kernels.map((one) => ({ ...one, passed: false }));
  for (const suite of parsed({ ...report, exitCode: 1, kernels }).children.slice(0, 4)) {
    assertEquals(suite.attributes["failures"], "1");
    assertEquals(inner(caseOf(suite, "verdict"), "failure")?.text, "the kernel did not pass");
  }
});

Deno.test("toJUnit() skips skipped kernels, and fails required ones", () => {
  const suites = parsed(sampleVerification());
  const [skipped] = casesIn(named(suites, "wasm-relaxed"));
  assertEquals(
    inner(skipped, "skipped")?.attributes["message"],
    "this engine has no relaxed SIMD",
  );
  const [required] = casesIn(named(suites, "webgpu-half"));
  const failure = inner(required, "failure");
  assertEquals(failure?.attributes["type"], "required kernel missing");
  assertEquals(failure?.text, "the adapter has no shader-f16");
});

Deno.test("toJUnit() has the verifier's own test, groups and warnings", () => {
  const suites = parsed(sampleVerification());
  const self = named(suites, "self-test");
  const survivor = inner(caseOf(self, "mutant/sigmoid flushed below −17"), "failure");
  assertEquals(survivor?.attributes["type"], "mutant survived");
  assertEquals(survivor?.text, "activations did not find it: no failure in 13 cases");
  assertEquals(caseOf(self, "mutant/bias added twice").children, []);
  assert(inner(caseOf(self, "mutant/workgroups above 65535 lost"), "skipped"));
  assertEquals(caseOf(self, "conforming/pairwise sums").children, []);
  assertEquals(caseOf(self, "reference/activations").attributes["assertions"], "2600");
  const groups = named(suites, "bit-identical groups");
  assertEquals(caseOf(groups, "wasm-simd = wasm-threads (186 cases)").children, []);
  assertEquals(
    inner(caseOf(groups, "naive = blocked"), "failure")?.attributes["type"],
    "bits differ",
  );
  const warned = inner(caseOf(named(suites, "webgpu"), "rigorous ("), "system-out");
  assertStringIncludes(warned?.text ?? "", "warning: positive/forward/64x64x4096");
});

Deno.test("toJUnit() fails a rejected conforming variant and a wrong reference", () => {
  const report = sampleVerification();
  if (report.self === null) throw new Error("the sample has no self-test");
  const self = named(
    parsed({
      ...report,
      self: {
        ...report.self,
        references: [{ name: "sums", points: 3, failures: ["1 is 2", "2 is 3"] }],
        conforming: [{ name: "odd one", accepted: false, problem: "rejected by exact" }],
      },
    }),
    "self-test",
  );
  assertEquals(inner(caseOf(self, "conforming/odd one"), "failure")?.text, "rejected by exact");
  assertEquals(inner(caseOf(self, "reference/sums"), "failure")?.text, "1 is 2\n2 is 3");
});

Deno.test("toJUnit() writes only characters that XML 1.0 allows", () => {
  const report = sampleVerification();
  const text = "a\u0000\u0001\u001b[31m\ud800<&>\"']]>\ufffe\uffff\u0085\u202eb";
  const xml = toJUnit({ ...report, command: text, engine: text });
  // Production 2 of XML 1.0, without the controls that it discourages.
  assertEquals(
    /^[\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u.test(xml),
    true,
  );
  const [properties] = named(parseXml(xml), "naive").children;
  const command = properties?.children.find(({ attributes }) => attributes["name"] === "command");
  assertEquals(command?.attributes["value"], "a [31m\ufffd<&>\"']]> b");
});
