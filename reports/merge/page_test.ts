import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatInterval, formatRatio } from "../../common/numbers.ts";
import { formatTime } from "../../common/units.ts";
import { pairsOf, sidesOf } from "../compare/findings.ts";
import { assertSound, elements, tableOf, textOf } from "../markup_testing.ts";
import { hostile, hostileResults, sampleResults } from "../../results/sample_testing.ts";
import type { Results } from "../../results/schema.ts";
import { unpacked } from "../packed.ts";
import { shortNumbers } from "../page_data.ts";
import { machinesOf, mergedTable } from "./machines.ts";
import { renderMerged } from "./page.tsx";
import { otherMachine, sameMachine, sampleMerged } from "./runs_testing.ts";

const client = "console.log('a stand-in for the browser code')";

Deno.test("renderMerged() needs nothing but itself, and is sound HTML", async () => {
  assertSound(await renderMerged(sampleMerged(), client));
  assertSound(await renderMerged(sampleMerged(), null));
});

Deno.test("renderMerged() has every number of the merged table, and the reason of every gap", async () => {
  const merged = sampleMerged();
  const html = tableOf(await renderMerged(merged, client), "all-machines");
  const { columns, rows } = mergedTable(machinesOf(merged.runs));
  const lines = html.split("<tr").slice(3).map((line) =>
    [...("<tr" + line).matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([cell]) => textOf(cell).trim())
  );
  assertEquals(lines.length, rows.length);
  for (const [i, { cells }] of rows.entries()) {
    const expected = cells.map((cell) => {
      if (typeof cell === "string") return `– ${cell}`;
      const { value, low, high } = formatInterval(cell.value, cell.low, cell.high);
      return `${value} (${low}–${high})`;
    });
    assertEquals(lines[i], expected);
  }
  const spans = [...html.matchAll(/scope="colgroup" colspan="(\d+)"/g)].map(([, n]) => Number(n));
  assertEquals(spans.reduce((sum, span) => sum + span, 0), columns.length);
});

Deno.test("renderMerged() has a section and two charts for each machine, one for each comparison, and none without a script", async () => {
  const html = await renderMerged(sampleMerged(), client);
  const headings = [...html.matchAll(/<h2 id="([^"]+)"/g)].map(([, id]) => id);
  assertEquals(headings, [
    "differences",
    "compare-1",
    "compare-2",
    "all",
    "machine-1",
    "machine-2",
    "machine-3",
    "foreign",
    "reading",
  ]);
  assertEquals(html.match(/<canvas/g)?.length, 6 + 2);
  const without = await renderMerged(sampleMerged(), null);
  assertEquals(/<canvas|<script/.test(without), false);
  assertStringIncludes(without, "This report has no charts");
});

Deno.test("renderMerged() embeds the runs and nothing averaged", async () => {
  const { runs } = sampleMerged();
  const html = await renderMerged(sampleMerged(), client);
  const json = /<script type="application\/json" id="data">(.*?)<\/script>/.exec(html)?.[1] ?? "";
  assertEquals(await unpacked(JSON.parse(json)), { runs: runs.map(shortNumbers) });
});

Deno.test("renderMerged() shows files of other tools as not verified", async () => {
  const text = textOf(await renderMerged({ ...sampleMerged(), runs: [] }, client));
  for (
    const part of [
      "What other tools measured",
      "3 files of other tools; nothing is averaged over them",
      "Densemark has not verified any of it",
      "gemm.json: Google Benchmark, 5 benchmarks",
      "BM_gemm/256 – 2.5 ms (2.0–3.0) median 2 12.5",
      "BM_broken – no time – – no such file",
      "120 ns one sample",
      "./gemm 64 64×64×64",
      "2 runs ended with an exit code other than 0",
      "naive jet baseline",
    ]
  ) assertStringIncludes(text, part);
  assertEquals(text.includes("How to read this"), false);
});

Deno.test("renderMerged() has the answer of two runs as its title, and the answers of more below it", async () => {
  const page = async (runs: readonly Results[]) =>
    await renderMerged({ runs, foreign: [] }, client);
  const title = (html: string) => /<h1>(.*?)<\/h1>/.exec(html)?.[1] ?? "";
  const two = await page([sampleResults(), otherMachine()]);
  assertMatch(
    title(two),
    /^\S+ is 2\.00x as fast in B on \d+ of \d+ workloads, .*nothing is slower/,
  );
  assertEquals(
    title(await page([sampleResults(), sampleResults()])),
    "Nothing is faster or slower in B than in A: 70 comparisons, all equivalent",
  );
  const three = await page([sampleResults(), otherMachine(), sameMachine()]);
  assertEquals(title(three), "How 2 runs differ from run A");
  assertMatch(textOf(three), /B against A : \S+ is 2\.00x as fast in B/);
  assertMatch(textOf(three), /C against A : Nothing is faster or slower in C than in A/);
});

Deno.test("renderMerged() says what differs first, and has every comparison in a table with verdict and interval", async () => {
  const html = await renderMerged({ runs: [sampleResults(), otherMachine()], foreign: [] }, null);
  const facts = textOf(tableOf(html, "runs-differing"));
  for (
    const text of [
      "processor Example CPU @ 2.60GHz Other CPU",
      "operating system linux 6.1.0, x86_64 darwin 25.1.0, aarch64",
      "suite quick dense",
    ]
  ) assertStringIncludes(facts, text);
  assertEquals(facts.includes("Deno"), false);
  const { cells, onlyOld, onlyNew } =
    pairsOf(sidesOf([sampleResults(), otherMachine()]))[0]!.comparison;
  const rows = tableOf(html, "compare-1-all").split("<tr").slice(2).map(textOf);
  assertEquals(rows.length, cells.length);
  for (const { kernel, workload, verdict, old, new: now } of cells) {
    const [row] = rows.filter((text) => text.includes(`> ${workload} ${kernel} `));
    assert(row, `${workload} ${kernel}`);
    assertStringIncludes(row, `${formatTime(old)} ${formatTime(now)} ${formatRatio(old / now)}x (`);
    assert(row.trim().endsWith(verdict), row);
  }
  const text = textOf(html);
  assert(onlyOld.length > 0 && onlyNew.length > 0);
  assertStringIncludes(text, "In A alone naive, no V8 flags, 1 thread: tiny-odd");
  assertStringIncludes(text, "onnxruntime-web, no V8 flags, 1 thread: tiny-odd, jet, ");
  assertStringIncludes(text, "In B alone naive, no V8 flags, 1 thread: only-here");
  assertStringIncludes(text, "Without a time");
});

Deno.test("renderMerged() makes no markup of hostile texts", async () => {
  const merged = sampleMerged();
  const foreign = (name: string) =>
    merged.foreign.map(({ run }) => ({
      file: name,
      run: {
        ...run,
        facts: [[name, name]] as const,
        benchmarks: run.benchmarks.map((one) => ({ ...one, name, group: name, failure: name })),
      },
    }));
  const html = await renderMerged(
    { runs: [hostileResults(), hostileResults()], foreign: foreign(hostile.markup) },
    client,
  );
  const tame = await renderMerged(
    { runs: [sampleResults(), sampleResults()], foreign: foreign("a") },
    client,
  );
  assertEquals(elements(html), elements(tame));
  assertEquals(html.match(/<script/g)?.length, 3);
  assertEquals(/<img|<!--|[\u202a-\u202e\u2066-\u2069]/.test(html), false);
  assert(!html.includes("x".repeat(401)));
});
