import {
  assert,
  assertEquals,
  assertGreater,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { computeExample } from "./example.ts";
import { headline } from "./findings.ts";
import { timeInterval } from "./format.ts";
import { manyKernels } from "./many_testing.ts";
import { rankingOf } from "./ranking.ts";
import { formatInterval, formatRatio } from "../common/numbers.ts";
import { renderReport } from "./html.tsx";
import type { Results } from "../results/schema.ts";
import { standingOf } from "../results/roofline.ts";
import { placedOf } from "./ceilings.ts";
import { shortNumbers } from "./page_data.ts";
import { unpacked } from "./packed.ts";
import { panelsOf } from "./panels.ts";
import { bySize, byWorkload, seriesOf } from "./series.ts";
import { assertSound, elements, tableOf, textOf } from "./markup_testing.ts";
import {
  cleanSample,
  hostile,
  hostileResults,
  sampleResults,
  wholeSample,
} from "../results/sample_testing.ts";

const example = await computeExample();
const client = "console.log('a stand-in for the browser code')";

function report(results: Results, script: string | null = client): Promise<string> {
  return renderReport(results, { client: script, example });
}

Deno.test("renderReport() needs nothing but itself, and is sound HTML", async () => {
  assertSound(await report(sampleResults()));
});

Deno.test("renderReport() has a place for each chart, words for it, and its numbers in a table", async () => {
  const results = wholeSample();
  const html = await report(results);
  const canvases = [...html.matchAll(/<canvas[^>]*>/g)].map(([canvas]) => canvas);
  assertEquals(canvases.map((canvas) => / id="([^"]*)"/.exec(canvas)?.[1]), [
    "by-size",
    "by-workload",
    "roofline",
    "accuracy",
    "controls-chart",
    "samples",
    "warm-up",
  ]);
  for (const canvas of canvases) {
    assertMatch(canvas, / height="\d{2,4}" tabindex="0" role="img" aria-label="[^"]{40,}" /);
    assertMatch(canvas, /aria-describedby="[^"]+-caption"/);
  }
  // The table of all numbers has every speed with its interval.
  const lines = tableOf(html, "all").split("<tr").slice(2).map((line) => textOf("<tr" + line));
  for (const { rows, series } of [bySize(results), byWorkload(results)]) {
    for (const { cells } of rows) {
      for (const [s, cell] of cells.entries()) {
        if (!cell) continue;
        const { value, low, high } = formatInterval(cell.value, cell.low, cell.high);
        const speed = `${value} (${low}–${high})`;
        const name = ` ${series[s]?.name} `;
        assert(lines.some((line) => line.includes(name) && line.includes(speed)), name + speed);
      }
    }
  }
});

Deno.test("renderReport() draws each workload in one panel", () => {
  for (const results of [sampleResults(), wholeSample()]) {
    const series = seriesOf(results);
    const panels = panelsOf(results, series);
    const keys = panels.flatMap(({ data }) => data.rows.map(({ at }) => at.key));
    assertEquals(keys.toSorted(), byWorkload(results).rows.map(({ at }) => at.key).toSorted());
    assertEquals(new Set(panels.map(({ id }) => id)).size, panels.length);
  }
});

Deno.test("renderReport() has no charts without a script, and no more than nine sections", async () => {
  const html = await report(wholeSample());
  assert((html.match(/<section/g)?.length ?? 0) + 1 <= 9);
  const without = await report(wholeSample(), null);
  assertEquals(
    /<canvas|<script|<noscript|<button|<select|<input type="search/.test(without),
    false,
  );
  assertStringIncludes(without, "This report has no charts");
  assertStringIncludes(without, "script-src 'none'");
  // All else is there.
  assertEquals(without.match(/<table/g)?.length, html.match(/<table/g)?.length);
});

Deno.test("renderReport() shows every result, failure and skipped kernel", async () => {
  const results = sampleResults();
  const html = await report(results);
  const lines = tableOf(html, "all").split("<tr").slice(2).map((line) => textOf("<tr" + line));
  assertEquals(lines.length, results.results.length);
  for (const [i, result] of results.results.entries()) {
    const line = lines[i] ?? "";
    assertStringIncludes(line, `${result.m}×${result.n}×${result.k}`);
    assertStringIncludes(line, result.verification.detail);
    assertEquals(line.includes("no speed: not verified"), result.seconds === null);
    assertEquals(line.includes("peer"), result.peer);
  }
  const text = textOf(html);
  for (
    const part of [
      "1 of 72 results failed verification; 1 of 72 results could not be checked",
      "onnxruntime-web on tiny-odd failed verification: row 6 of y differs: got 0, expected 1.25",
      "ml-matrix on gpt2-decode could not be checked: ml-matrix threw: no activation gelu_tanh",
      "webgpu was skipped: no adapter",
      "not settled",
      "deno task bench --suite quick --rounds 12 --seed 1",
      "probability of 96.1 % or more",
      "2·m·n·k",
      "y 1 = relu(1·0.5 + 2·1 + 3·(−0.5) + 0.5) = 1.5",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("renderReport() shows no speed of a result that was timed but failed", async () => {
  const sample = sampleResults();
  const [first, ...others] = sample.results;
  if (first === undefined) throw new Error("the sample is empty");
  const failed = {
    ...first,
    verification: { status: "failed", detail: "wrong", worst: 3 },
  } as const;
  const html = await report({ ...sample, results: [failed, ...others] });
  const [, , line] = tableOf(html, "all").split("<tr");
  assertStringIncludes(textOf("<tr" + line), "no speed: not verified –");
});

Deno.test("renderReport() says so where nothing failed", async () => {
  const text = textOf(await report(cleanSample()));
  assertStringIncludes(text, "All 70 results passed verification");
  assertStringIncludes(text, "no kernel was skipped, and every result was verified and timed");
  assertEquals(text.includes("stopped early"), false);
});

Deno.test("renderReport() has the answer as its title and each contender's factor to the best at once", async () => {
  const results = cleanSample();
  const html = await report(results);
  assertStringIncludes(html, `<h1>${headline(results)}</h1>`);
  const table = textOf(tableOf(html, "matrix"));
  const { columns, rows } = rankingOf(results);
  for (const { name } of columns) assertStringIncludes(table, name);
  for (const { workload, cells } of rows) {
    assertStringIncludes(table, workload.label);
    for (const cell of cells) if (cell) assertStringIncludes(table, `${formatRatio(cell.factor)}x`);
  }
  // Before anything else that is a table or a chart.
  assertEquals(html.indexOf("<table"), html.indexOf('<table id="matrix"'));
});

Deno.test("renderReport() marks a run that lacks something, also an empty one, and no whole one", async () => {
  const sample = sampleResults();
  const [first, ...others] = sample.results;
  const lacking = [{ ...first!, roundMedians: first!.roundMedians.slice(1) }, ...others];
  const some = textOf(await report({ ...sample, partial: true, results: lacking }));
  assertStringIncludes(some, "stopped early");
  assertStringIncludes(some, "The run was stopped before its end");
  const whole = textOf(await report({ ...sample, partial: true }));
  assertEquals(/stopped early|stopped before its end/.test(whole), false);
  const none = await report({ ...sample, partial: true, results: [] });
  assertStringIncludes(textOf(none), "stopped early");
  assertStringIncludes(textOf(none), "The run measured nothing");
  assertStringIncludes(textOf(none), "No kernel has a verified time");
  assertEquals(none.includes("<canvas"), false);
});

Deno.test("renderReport() calls untimed only in red what is not right", async () => {
  const sample = sampleResults();
  const untimed = sample.results.map((one) => ({ ...one, seconds: null, gflops: null }));
  const html = await report({ ...sample, results: untimed });
  assertEquals(html.match(/class="untimed"/g)?.length, 70);
  assertEquals(html.match(/class="none"/g)?.length, 2);
});

Deno.test("renderReport() calls a range a range", async () => {
  const sample = sampleResults();
  const results = sample.results.map((result) => ({
    ...result,
    seconds: result.seconds && { ...result.seconds, confidence: 0 },
  }));
  const text = textOf(await report({ ...sample, results }));
  assertStringIncludes(text, "70 results have too few rounds for a confidence interval");
  assertStringIncludes(text, "range, no interval");
  assertEquals(text.includes("probability of"), false);
});

Deno.test("renderReport() makes no markup of hostile texts", async () => {
  const html = await report(hostileResults());
  // There is a row for each wording of a check.
  const rest = (page: string) => elements(page.replace(tableOf(page, "checks"), ""));
  assertEquals(rest(html), rest(await report(sampleResults())));
  assertEquals(html.includes("<img"), false);
  assertEquals(html.match(/<script/g)?.length, 3);
  assertEquals(html.match(/<\/script/g)?.length, 3);
  assertEquals(html.includes("<!--"), false);
  assertEquals(/[\u202a-\u202e\u2066-\u2069]/.test(html), false);
  assertEquals(html.includes("x".repeat(401)), false);
  // They are shown as the texts that they are.
  assertStringIncludes(html, "&lt;/script>&lt;!--&lt;script>alert(1)");
  assertStringIncludes(html, hostile.formula);
});

Deno.test("renderReport() contains the results whole, with times at five digits", async () => {
  const html = await report(sampleResults());
  const json = /<script type="application\/json" id="data">(.*?)<\/script>/.exec(html)?.[1] ?? "";
  assertEquals(await unpacked(JSON.parse(json)), shortNumbers(sampleResults()));
});

Deno.test("renderReport() has every result that has a ceiling, with its shares in a table", async () => {
  const results = sampleResults();
  const html = await report(results);
  const placed = results.results.filter((result) => standingOf(result, results));
  assertEquals(placed.length, 70);
  assertEquals(placedOf(results).length, placed.length);
  const lines = tableOf(html, "shares").split("<tr").slice(2).map((line) => textOf("<tr" + line));
  assertEquals(lines.length, placed.length);
  for (const [i, result] of placed.entries()) {
    const line = lines[i] ?? "";
    const share = 100 * (standingOf(result, results)?.ofPeak ?? NaN);
    const found = [...line.matchAll(/([\d.]+) %/g)].map(([, text]) => Number(text));
    assertEquals(found.length, 2, line);
    assertEquals(Math.abs((found[0] ?? NaN) - share) <= 0.5, true, line);
    assertStringIncludes(line, result.workload);
  }
  const rows = tableOf(html, "ceilings-table").split("<tr").slice(2);
  assertEquals(rows.length, results.ceilings?.length);
  assertStringIncludes(textOf(rows[0] ?? ""), "JavaScript, multiply and add of float64");
  assertStringIncludes(textOf(html), "The peak of a GPU was not measured");
  assertEquals(
    /NaN|Infinity/.test(
      html.slice(html.indexOf('id="ceilings"'), html.indexOf('id="believe"')),
    ),
    false,
  );
});

Deno.test("renderReport() shows a ceiling that a result exceeds as not known, and no share of it", async () => {
  const run = sampleResults();
  // As in files of older versions, whose ceilings were not checked.
  const ceilings = (run.ceilings ?? []).map((one) =>
    one.id.startsWith("js-") && one.threads === 1
      ? { ...one, low: 1e-3, median: 1e-3, high: 1e-3, best: 1e-3 }
      : one
  );
  const html = await report({ ...run, ceilings });
  const shares = textOf(tableOf(html, "shares"));
  assertEquals(/\b(?:naive|blocked)\b/.test(shares), false);
  assertEquals([...shares.matchAll(/(\d+) %/g)].filter(([, share]) => Number(share) > 100), []);
  const text = textOf(html);
  assertStringIncludes(
    text,
    "One ceiling is not known, because the machine did better than what was measured as its " +
      "best: JavaScript, float64, 1 thread.",
  );
  assertStringIncludes(text, "The peak of naive, blocked and ml-matrix is not known");
  const [, row = ""] =
    /(<tr>(?:(?!<tr>).)*JavaScript, float64.*?<\/tr>)/s.exec(tableOf(html, "ceilings-table")) ??
      [];
  assertStringIncludes(textOf(row), "not known");
  assertStringIncludes(textOf(row), "more than the 0.00100 that it allows");
});

Deno.test("renderReport() compares native peers with their own peak", async () => {
  const run = sampleResults();
  const peak = run.ceilings?.find(({ id, threads }) => id === "wasm-128-fused" && threads === 1);
  const native = {
    ...run,
    kernels: run.kernels.map((one) =>
      one.name === "ml-matrix" ? { ...one, device: "native, 512 bit, SkylakeX code" } : one
    ),
  };
  const before = await report(native);
  assertStringIncludes(textOf(before), "The peak of ml-matrix is not known");
  const after = await report({
    ...native,
    ceilings: [...run.ceilings ?? [], { ...peak!, id: "native-512-fused" }],
  });
  assertEquals(textOf(after).includes("The peak of ml-matrix is not known"), false);
  const shares = textOf(tableOf(after, "shares"));
  assertStringIncludes(shares, "arithmetic: 512-bit native code, multiply-add");
});

Deno.test("renderReport() says so where no ceilings were measured, or none fits", async () => {
  const { ceilings = [], ...without } = sampleResults();
  assertStringIncludes(
    textOf(await report(without)),
    "The limits of the machine were not measured in this run.",
  );
  const html = await report({
    ...without,
    ceilings: ceilings.map((one) => ({ ...one, threads: 7 })),
  });
  assertEquals(/id="shares"|id="roofline"/.test(html), false);
  assertStringIncludes(html, 'id="ceilings-table"');
});

Deno.test("renderReport() says first how noisy the run was, then the passes, verdicts, controls and figures", async () => {
  const results = wholeSample();
  const html = await report(results);
  assertSound(html);
  const { noise } = results;
  const text = textOf(html.slice(html.indexOf("<body")));
  // In the first screen that of the fastest; the whole sentence with the answer in words.
  const [grade, matrix] = ["run: ±", "Time as a multiple of the fastest"];
  assert(text.indexOf(grade) > 0 && text.indexOf(grade) < text.indexOf(matrix));
  assertStringIncludes(text, noise?.sentence ?? "-");
  assertStringIncludes(text, "The machine's speed drifted by 4 %");
  const all = textOf(tableOf(html, "all"));
  for (const words of ["forward-unpacked", "backward", "training", "3 layers", "A/A control"]) {
    assertStringIncludes(all, words);
  }
  assertMatch(all, /12\.1x time \(11\.8–12\.4\) slower wasm-simd/);
  assertMatch(all, /inconclusive wasm-simd, about 30 more rounds to decide/);
  assertMatch(all, /1 measurement repeated/);
  assertStringIncludes(textOf(tableOf(html, "controls")), "tiny-odd");
  assertStringIncludes(textOf(tableOf(html, "published-table")), "NVIDIA V100");
  const kernels = textOf(tableOf(html, "kernels-table"));
  for (const words of ["engine: --revectorize", "version: v0.1", "A/A control of wasm-simd"]) {
    assertStringIncludes(kernels, words);
  }
  // The control is no contender.
  assertEquals(textOf(tableOf(html, "matrix")).includes("control"), false);
});

Deno.test("renderReport() leaves out noise and figures that a file does not have", async () => {
  const html = await report(sampleResults());
  for (const id of ["noise", "published"]) {
    assertEquals(html.includes(`#${id}"`) || html.includes(`id="${id}"`), false);
  }
});

Deno.test("renderReport() shows the machine's state as far as it is known", async () => {
  const sample = sampleResults();
  const environment = {
    ...sample.environment,
    governor: "powersave",
    hypervisor: "KVM",
    load: [2.281, 0.5, 0],
    cpuQuota: 1.5,
    cpuset: "0-1",
    caches: [
      { level: 1, kind: "data", bytes: 2 ** 15, sharedBy: 1 },
      { level: 3, kind: "both", bytes: 2 ** 25, sharedBy: 8 },
    ],
  } as const;
  const known = textOf(await report({ ...sample, environment }));
  for (
    const text of [
      "L1 data 32 KiB; L3 32 MiB, shared by 8",
      "powersave",
      "KVM",
      "the time of 1.5",
      "0-1",
      "2.28, 0.50, 0.00",
    ]
  ) assertStringIncludes(known, text);
  assertEquals(textOf(await report(sample)).includes("governor"), false);
});

Deno.test("renderReport() says where caches were cold, and only there", async () => {
  const sample = sampleResults();
  const results = sample.results.map((one) => ({ ...one, cold: true as const }));
  const emptied = "emptied before each timed call";
  assertStringIncludes(textOf(await report({ ...sample, results })), emptied);
  assertEquals(textOf(await report(sample)).includes(emptied), false);
});

Deno.test("renderReport() shows no id of a ceiling", async () => {
  const text = textOf((await report(wholeSample())).replace(/<script[\s\S]*<\/script>/, ""));
  assertEquals(/\b(?:read-\d|js-f\d|wasm-\d+|native-\d+)/.test(text), false);
});

Deno.test("renderReport() draws a bias only where there is one", async () => {
  const sample = sampleResults();
  const drawn = (html: string) => html.match(/<g class="bias"><circle/g)?.length;
  // The largest layer of the sample is a product without a bias.
  assertEquals(drawn(await report(sample)), 1);
  const results = sample.results.map((one) => ({ ...one, bias: true }));
  assertEquals(drawn(await report({ ...sample, results })), 2);
});

Deno.test("renderReport() of a long run has every result in a compact table that needs no script", async () => {
  const run = manyKernels(20);
  assertGreater(run.results.length, 100);
  const html = await renderReport(run, { client: null, example });
  assertSound(html);
  const [, open = "", body = ""] = /(<table id="all"[^>]*>)([\s\S]*?)<\/table>/.exec(html) ?? [];
  assertStringIncludes(open, "compact");
  assertEquals(body.match(/<tr>/g)?.length, run.results.length + 1);
  assertEquals(/data-|class="number"/.test(body), false);
  const [first] = run.results;
  const row = textOf(body).split(first!.kernel)[1] ?? "";
  assertStringIncludes(row, `(${timeInterval(first!.seconds!).low}–`);
});
