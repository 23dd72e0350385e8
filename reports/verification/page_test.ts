import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { assertSound, elements, tableOf, textOf } from "../markup_testing.ts";
import { formatList } from "../../common/text.ts";
import { hostile } from "../../results/sample_testing.ts";
import { renderVerification } from "./page.tsx";
import { binTexts } from "./sections/histogram.tsx";
import type { VerificationReport } from "../../results/verification/schema.ts";
import {
  cleanVerificationSample,
  hostileVerification,
  sampleVerification,
} from "../../results/verification/sample_testing.ts";

/** The rows of a table as texts, its head left out. */
function rowsOf(html: string, id: string): string[] {
  return tableOf(html, id).split("<tr").slice(2).map((line) => textOf("<tr" + line).trim());
}

/** The part of a page under a heading. */
function sectionOf(html: string, id: string): string {
  return new RegExp(`<section aria-labelledby="${id}">[\\s\\S]*?</section>`).exec(html)?.[0] ?? "";
}

/** The report with its first kernels changed. */
function withFirst(
  report: VerificationReport,
  change: (kernel: VerificationReport["kernels"][number]) => object,
): VerificationReport {
  return {
    ...report,
    kernels: report.kernels.map((one, i) => i === 0 ? { ...one, ...change(one) } : one),
  };
}

Deno.test("renderVerification() needs nothing but itself, no script, and is sound HTML", async () => {
  for (const report of [sampleVerification(), cleanVerificationSample(), hostileVerification()]) {
    const html = await renderVerification(report);
    assertSound(html);
    assertEquals(html.includes("<script"), false);
    assertStringIncludes(html, "script-src 'none'");
  }
});

Deno.test("renderVerification() starts with the answer", async () => {
  const html = await renderVerification(sampleVerification());
  const head = textOf(html.slice(html.indexOf("<header>"), html.indexOf("</header>")));
  for (
    const part of [
      "✗ FAIL blocked failed; 4 of 5 kernels passed.",
      "✓ PASS naive",
      "✗ FAIL blocked",
      "⚠ SKIPPED wasm-relaxed not verified: this engine has no relaxed SIMD",
      "⚠ MISSING webgpu-half not verified: the adapter has no shader-f16 (required)",
      "17 of 18 mutants killed (1 more cannot run here)",
      "6 of 6 conforming variants accepted",
      "Exit code 4 : the verifier failed its self-test.",
      "Not every mutant was killed: sigmoid flushed below −17 survived.",
      "1 warning: unusual",
    ]
  ) assertStringIncludes(head, part);
  assertStringIncludes(html, "<title>Densemark verification: FAIL, 2026-03-01 09:30 UTC</title>");
  assert(html.indexOf("</header>") < html.indexOf("<nav"));
});

Deno.test("renderVerification() says PASS where nothing failed, and only there", async () => {
  const text = textOf(await renderVerification(cleanVerificationSample()));
  assertStringIncludes(text, "✓ PASS All 4 kernels passed.");
  assertStringIncludes(text, "None: no case failed, and none was unusual.");
  assertEquals(/✗ (FAIL|SURVIVED)|SKIPPED|MISSING/.test(text), false);
  const sample = cleanVerificationSample();
  const other = textOf(await renderVerification({ ...sample, exitCode: 4 }));
  assertStringIncludes(other, "✗ FAIL All 4 kernels passed, but the run did not succeed.");
});

Deno.test("renderVerification() shows every failure with its command and smallest case", async () => {
  const report = sampleVerification();
  const text = textOf(sectionOf(await renderVerification(report), "failures"));
  const all = report.kernels.flatMap(({ checks }) =>
    checks.flatMap(({ failures, warnings }) => [...failures, ...warnings])
  );
  assertEquals(all.length, 4);
  for (const { id, problem, repeat, minimal } of all) {
    for (const part of [id, problem, repeat, minimal?.id ?? ""]) assertStringIncludes(text, part);
  }
  assertStringIncludes(text, "int/forward/1x1x5 , found in 14 steps");
});

Deno.test("renderVerification() cuts a flood of failures, and says so", async () => {
  const report = withFirst(sampleVerification(), ({ checks }) => ({
    passed: false,
    checks: checks.map((check, i) => ({
      ...check,
      failures: i > 0 ? [] : Array.from({ length: 70 }, (_, at) => ({
        id: `case/${at}`,
        problem: "wrong",
        repeat: "again",
        minimal: null,
      })),
    })),
  }));
  const text = textOf(sectionOf(await renderVerification(report), "failures"));
  assertEquals(text.match(/case\/\d+/g)?.length, 50);
  assertStringIncludes(text, "The first 50 of 70 are shown");
});

Deno.test("renderVerification() has a row for every check and a cell for every kernel", async () => {
  const report = sampleVerification();
  const rows = rowsOf(await renderVerification(report), "checks-table");
  assertEquals(rows.length, 9);
  assertStringIncludes(rows[0] ?? "", "✗ 2 of 1,168 failed");
  for (const [i, { check }] of (report.kernels[0]?.checks ?? []).entries()) {
    assertStringIncludes(rows[i] ?? "", check);
    assertEquals(rows[i]?.match(/[✓✗] [\d,]+ /g)?.length, 5);
  }
  assertStringIncludes(rows[1] ?? "", "share 0.12 ⚠ 1 warning");
  const without = withFirst(report, ({ checks }) => ({ checks: checks.slice(1) }));
  const [exact] = rowsOf(await renderVerification(without), "checks-table");
  // The row goes to where it is met first, and the kernel that lacks it says so.
  const last = rowsOf(await renderVerification(without), "checks-table").at(-1) ?? "";
  assertStringIncludes(exact ?? "", "rigorous");
  assertStringIncludes(last, "exact");
  assertStringIncludes(last, "not run");
});

Deno.test("renderVerification() draws a line for each kernel, and has its numbers in a table", async () => {
  const report = sampleVerification();
  const html = await renderVerification(report);
  const growth = sectionOf(html, "growth");
  // Two families of data, three panels each.
  assertEquals(growth.match(/<figure class="panel"/g)?.length, 6);
  assertEquals(growth.match(/<g class="line s\d"/g)?.length, 30);
  // Only blocked and webgpu have a depth that is not about k.
  assertEquals(growth.match(/<path class="depth s\d"/g)?.length, 4);
  const points = report.kernels.flatMap(({ growth }) => growth);
  assertEquals(rowsOf(html, "growth-table").length, points.length);
  const bars = sectionOf(html, "ulp");
  const counts = report.kernels.flatMap(({ ulpHistogram }) => ulpHistogram);
  assertEquals(
    bars.match(/<rect class="bar/g)?.length,
    counts.filter((count) => count > 0).length,
  );
  for (const [i, { kernel, ulpHistogram }] of report.kernels.entries()) {
    const row = rowsOf(html, "ulp-table")[i] ?? "";
    assertEquals(
      row,
      [kernel, ...ulpHistogram.map((count) => count.toLocaleString("en-US"))].join(" "),
    );
  }
  for (const bin of binTexts) assertStringIncludes(tableOf(html, "ulp-table"), bin);
});

Deno.test("renderVerification() draws activations that have errors, and marks those above their limit", async () => {
  const report = sampleVerification();
  const profiles = sectionOf(await renderVerification(report), "profiles");
  assertEquals(profiles.match(/<figure class="panel"/g)?.length, 11);
  assertEquals(profiles.match(/<path class="steps s\d"/g)?.length, 55);
  assertStringIncludes(textOf(profiles), "Without any error, and not drawn: linear, relu.");
  assertEquals(profiles.includes("above its limit"), false);
  const broken = withFirst(report, ({ activations }) => ({
    passed: false,
    activations: activations.map((one) =>
      one.activation === "tanh" ? { ...one, ulp: Infinity } : one
    ),
  }));
  const html = await renderVerification(broken);
  assertStringIncludes(textOf(sectionOf(html, "profiles")), "tanh ✗ above its limit: naive");
  assertStringIncludes(
    rowsOf(html, "activations-table").find((row) => row.startsWith("tanh")) ?? "",
    "✗ ∞",
  );
});

Deno.test("renderVerification() shows the largest error of every activation, and where it is proven", async () => {
  const report = sampleVerification();
  const rows = rowsOf(await renderVerification(report), "activations-table");
  assertEquals(rows.length, 65);
  assertEquals(rows.filter((row) => row.includes("proven maximum")).length, 39);
  const tanh = rows.findIndex((row) => row.startsWith("tanh"));
  const found = report.kernels[2]?.activations[3];
  assertStringIncludes(rows[tanh + 2] ?? "", `wasm-simd all 2³² ${found?.ulp.toPrecision(3)}`);
  // 0.82 rounded to float32.
  assertStringIncludes(rows[tanh + 2] ?? "", "2 0.82 0x3f51eb85 yes yes");
});

Deno.test("renderVerification() shows what every check made of every mutant", async () => {
  const report = sampleVerification();
  const html = await renderVerification(report);
  const lines = tableOf(html, "mutants-table").split("<tr").slice(2);
  assertEquals(lines.length, report.self?.mutants.length);
  for (const [i, mutant] of (report.self?.mutants ?? []).entries()) {
    const line = lines[i] ?? "";
    const cells = [...line.matchAll(/<td class="cell">(.*?)<\/td>/gs)].map(([, cell]) =>
      cell ?? ""
    );
    assertEquals(cells.length, report.self?.checks.length);
    for (const [at, check] of (report.self?.checks ?? []).entries()) {
      const said = textOf(cells[at] ?? "");
      assertStringIncludes(said, mutant.outcomes[check] ?? "not run");
      assertEquals(said.includes("the check that must find it"), check === mutant.killer);
    }
    assertEquals(line.includes("✗ SURVIVED"), mutant.killed === false);
    assertEquals(line.includes('class="alarm"'), mutant.killed === false);
  }
  const survivor = lines.find((line) => line.includes("✗ SURVIVED")) ?? "";
  assertEquals(survivor.match(/sign missed named/g)?.length, 1);
});

Deno.test("renderVerification() draws each tree of sums once, with all that have it", async () => {
  const text = textOf(sectionOf(await renderVerification(sampleVerification()), "trees"));
  for (
    const part of [
      "naive dense 33x29, columns 0, 28 ; " +
      "blocked dense 33x29, columns 0, 28",
      "blocked dense 33x29, columns 0, 28 ((0…47)+(48…66))+bias",
      "(((((0…47)+(48…95))+(96…143))+(144…191))+(192…239))+(240…258)",
      "(((0,4…256)+(1,5…257))+(2,6…258))+(3,7…255)",
    ]
  ) assertStringIncludes(text, part);
  assertEquals(text.match(/Sum of \d+ products/g)?.length, 8 + 8);
});

Deno.test("renderVerification() says in words what did not run, by the names of checks alone", async () => {
  const sample = sampleVerification();
  const check = sample.kernels[0]!.checks[0]!;
  const part = { family: "zz-family", shapes: "none", cases: 1, failed: 0 } as const;
  const report = withFirst(sample, ({ checks: [first, ...checks] }) => ({
    checks: [{ ...first!, coverage: [...first!.coverage, part] }, ...checks],
  }));
  const section = sectionOf(await renderVerification(report), "coverage");
  const words = textOf(section.slice(0, section.indexOf("<details")));
  const others = formatList(sample.kernels.slice(1).map(({ kernel }) => kernel));
  assertStringIncludes(
    words,
    `1 kind of data did not run on ${others}: 1 of the check ${check.check}.`,
  );
  assertEquals([words, section].map((text) => text.includes(part.family)), [false, true]);
});

Deno.test("renderVerification() folds many lines of what did not run", async () => {
  const sample = sampleVerification();
  const kernels = sample.kernels.map((one, i) => ({
    ...one,
    checks: one.checks.map((check, j) => ({
      ...check,
      coverage: [
        ...check.coverage,
        ...(j === 0 ? [{ family: `of-${i}`, shapes: "none", cases: 1, failed: 0 } as const] : []),
      ],
    })),
  }));
  const section = sectionOf(await renderVerification({ ...sample, kernels }), "coverage");
  const [open = "", folded = ""] = section.split("<details>");
  assertEquals([open, folded].map((text) => text.split("of data did not run on").length - 1), [
    0,
    sample.kernels.length,
  ]);
});

Deno.test("renderVerification() adds up the coverage of all checks", async () => {
  const report = sampleVerification();
  const rows = rowsOf(await renderVerification(report), "coverage-table");
  const parts = (report.kernels[1]?.checks ?? []).flatMap(({ coverage }) => coverage);
  assertEquals(rows.length, new Set(parts.map(({ family, shapes }) => family + shapes)).size);
  const edge = parts.filter(({ family, shapes }) => family === "int" && shapes === "edge");
  const cases = edge.reduce((sum, part) => sum + part.cases, 0);
  const failed = edge.reduce((sum, part) => sum + part.failed, 0);
  assertEquals(failed, 2);
  assertEquals(rows[2], `edge ${cases} ${cases} ✗ 2 failed ${cases} ${cases} ${cases}`);
});

Deno.test("renderVerification() says how many elements were compared where that was counted", async () => {
  const report = sampleVerification();
  assertEquals((await renderVerification(report)).includes("elements of results"), false);
  const [first, ...kernels] = report.kernels;
  const [check, ...checks] = first!.checks;
  const [part, ...coverage] = check!.coverage;
  const counted = { ...part!, elements: 5000, compared: 1200 };
  const changed = {
    ...first!,
    checks: [{ ...check!, coverage: [counted, ...coverage] }, ...checks],
  };
  const html = await renderVerification({ ...report, kernels: [changed, ...kernels] });
  assertStringIncludes(
    html,
    "1,200 elements of results at all sizes were compared with what they must be; 3,800 more",
  );
});

Deno.test("renderVerification() is whole where nothing was measured", async () => {
  const { kernels, ...report } = cleanVerificationSample();
  const html = await renderVerification({
    ...report,
    groups: [],
    self: null,
    build: null,
    partial: true,
    kernels: kernels.map((one) => ({
      ...one,
      summation: null,
      activations: [],
      growth: [],
      ulpHistogram: [],
    })),
  });
  assertSound(html);
  const text = textOf(html);
  for (
    const part of [
      "partial run",
      "The verifier was not tested in this run.",
      "its build is unknown",
      "The order of sums was not probed in this run.",
      "No activation was swept in this run.",
      "Errors of sums of different lengths were not measured in this run.",
      "No two kernels of this run add in the same order.",
    ]
  ) assertStringIncludes(text, part);
  assertSound(await renderVerification({ ...report, groups: [], kernels: [] }));
});

Deno.test("renderVerification() makes no markup of hostile texts", async () => {
  const html = await renderVerification(hostileVerification());
  assertEquals(elements(html), elements(await renderVerification(sampleVerification())));
  assertEquals(/<img|<script|<!--/.test(html), false);
  assertEquals(/[\u202a-\u202e\u2066-\u2069]/.test(html), false);
  assertEquals(html.includes("x".repeat(2001)), false);
  // They are shown, though, as the texts that they are.
  assertStringIncludes(html, "&lt;/script>&lt;!--&lt;script>alert(1)");
  assertStringIncludes(textOf(html), hostile.reordered.replaceAll(/[\u202e\u2066]/g, " ").trim());
});

Deno.test("renderVerification() draws errors of nothing and without bound at the edges", async () => {
  const report = withFirst(sampleVerification(), ({ growth }) => ({
    growth: growth.map((one, i) => ({
      ...one,
      rho: i % 2 ? 0 : Infinity,
      units: 0,
      lambda: Infinity,
    })),
  }));
  const html = await renderVerification(report);
  assertEquals(
    / (d|[xy]|c[xy]|transform|viewBox|width|height)="[^"]*(NaN|Infinity)/.test(html),
    false,
  );
  assertStringIncludes(rowsOf(html, "growth-table")[0] ?? "", "∞");
});
