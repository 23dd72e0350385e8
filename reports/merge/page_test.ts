import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { formatInterval } from "../../common/numbers.ts";
import { assertSound, elements, tableOf, textOf } from "../markup_testing.ts";
import { hostile, hostileResults, sampleResults } from "../../results/sample_testing.ts";
import { unpacked } from "../packed.ts";
import { machinesOf, mergedTable } from "./machines.ts";
import { renderMerged } from "./page.tsx";
import { otherMachine, sampleMerged } from "./runs_testing.ts";

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

Deno.test("renderMerged() has a section and two charts for each machine, and none without a script", async () => {
  const html = await renderMerged(sampleMerged(), client);
  const headings = [...html.matchAll(/<h2 id="([^"]+)"/g)].map(([, id]) => id);
  assertEquals(headings, ["all", "machine-1", "machine-2", "machine-3", "foreign", "reading"]);
  assertEquals(html.match(/<canvas/g)?.length, 6);
  const without = await renderMerged(sampleMerged(), null);
  assertEquals(/<canvas|<script/.test(without), false);
  assertStringIncludes(without, "This report has no charts");
});

Deno.test("renderMerged() embeds the runs and nothing averaged", async () => {
  const { runs } = sampleMerged();
  const html = await renderMerged(sampleMerged(), client);
  const json = /<script type="application\/json" id="data">(.*?)<\/script>/.exec(html)?.[1] ?? "";
  assertEquals(await unpacked(JSON.parse(json)), { runs });
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

Deno.test("renderMerged() counts machines as such where no two look alike", async () => {
  const title = async (runs: ReturnType<typeof sampleResults>[]) =>
    /<h1>(.*?)<\/h1>/.exec(await renderMerged({ runs, foreign: [] }, client))?.[1];
  assertEquals(
    await title([sampleResults(), otherMachine()]),
    "How fast is a Dense layer on 2 machines?",
  );
  assertEquals(
    await title([sampleResults(), sampleResults()]),
    "How fast is a Dense layer? 2 runs side by side",
  );
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
  assertEquals(html.match(/<script/g)?.length, 2);
  assertEquals(/<img|<!--|[\u202a-\u202e\u2066-\u2069]/.test(html), false);
  assert(!html.includes("x".repeat(401)));
});
