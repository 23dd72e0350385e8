import { assertEquals, assertStringIncludes } from "@std/assert";
import { inFolder, namesIn } from "../../common/deno_testing.ts";
import { type MutantRecord, type Mutation, mutationSchema } from "../../results/mutation/schema.ts";
import { hostile, sampleResults } from "../../results/sample_testing.ts";
import { assertSound, elements, tableOf } from "../markup_testing.ts";
import { renderMutation } from "./page.tsx";
import { writeWithPage } from "../write_page.ts";

function mutant(id: string, more: Partial<MutantRecord> = {}): MutantRecord {
  return {
    id,
    kernel: "naive",
    kind: "source",
    file: "kernels/naive.ts",
    line: 34,
    operator: "replace operator",
    place: "sum += a * b;",
    from: "+=",
    to: "-=",
    becomes: "sum -= a * b;",
    outcome: "survived",
    check: null,
    effort: "quick",
    detail: "",
    seconds: 1,
    runs: [],
    witness: null,
    equivalent: null,
    ...more,
  };
}

function sample(mutants: readonly MutantRecord[]): Mutation {
  const rate = { low: 0.1, high: 0.9, lost: 1, equivalent: 1, invalid: 1, seconds: 4 };
  return {
    schema: mutationSchema,
    date: "2026-03-01T09:30:00.000Z",
    command: "deno task mutate",
    environment: sampleResults().environment,
    engine: "plain",
    settings: { seed: 1, code: "abc" },
    mutants,
    rates: mutants.length === 0 ? [] : [
      { ...rate, group: "all", name: "all", killed: 3, of: 4 },
      { ...rate, group: "check", name: "order", killed: 0, of: 0, seconds: 0 },
    ],
  };
}

const mutants = [
  mutant("1", { witness: { found: "dense 1x1x1: it differs", calls: 3, seconds: 1 } }),
  mutant("2", { equivalent: "the lane is never read" }),
  mutant("3", { outcome: "invalid", detail: "it cannot be imported" }),
  mutant("4", { outcome: "killed", check: "order" }),
];

Deno.test("renderMutation() needs nothing but itself, no script, and is sound HTML", async () => {
  for (const all of [mutants, []]) {
    const html = await renderMutation(sample(all));
    assertSound(html);
    assertEquals(html.includes("<script"), false);
    assertStringIncludes(html, "script-src 'none'");
    assertStringIncludes(html, "mutants of shared code depend on each other");
  }
});

Deno.test("renderMutation() shows survivors with their witness, and equivalents with their reason", async () => {
  const html = await renderMutation(sample(mutants));
  assertStringIncludes(html, "kills 3 of 4 mutants that count: 75");
  assertStringIncludes(html, "1 mutant survived without a reason; of these 1 is known");
  const open = tableOf(html, "survivors-table");
  assertStringIncludes(open, "dense 1x1x1: it differs");
  assertEquals(open.includes("never read"), false);
  assertStringIncludes(tableOf(html, "equivalent-table"), "the lane is never read");
  assertStringIncludes(tableOf(html, "invalid-table"), "it cannot be imported");
});

Deno.test("renderMutation() shows texts from elsewhere as text", async () => {
  const { markup } = hostile;
  const texts = {
    from: markup,
    to: markup,
    place: markup,
    becomes: markup,
    detail: markup,
    operator: markup,
  };
  const changed = mutants.map((one) => ({ ...one, ...texts }));
  const html = await renderMutation({ ...sample(changed), command: markup });
  assertSound(html);
  assertEquals(elements(html), elements(await renderMutation(sample(mutants))));
});

Deno.test("writeWithPage() writes a mutation test's file and page", async () => {
  await inFolder(async (folder) => {
    const found = sample(mutants);
    await writeWithPage(folder, "mutation", { found, page: await renderMutation(found) });
    assertEquals(namesIn(folder), ["mutation.html", "mutation.json"]);
  });
});
