import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ratesOf } from "./count.ts";
import { parseEquivalences, readEquivalences, reasonFor } from "./equivalent.ts";
import { madeMutant, madeSurvivor } from "./mutate_testing.ts";
import { formatMutation, survivorsOf } from "./table.ts";

const mutants = [
  madeMutant("1"),
  madeMutant("2", { outcome: "timeout", check: "contract", kernel: "blocked" }),
  madeSurvivor("3", { witness: { found: "dense 1x1x1: it differs", calls: 3, seconds: 1 } }),
  madeSurvivor("4", { equivalent: "the lane is never read" }),
  madeMutant("5", { outcome: "invalid", check: null, runs: [] }),
];

Deno.test("ratesOf() leaves out what is invalid or equivalent, and counts a hang as killed", () => {
  const rates = ratesOf(mutants);
  const [all] = rates;
  assertEquals([all?.killed, all?.of, all?.lost, all?.equivalent, all?.invalid], [2, 3, 1, 1, 1]);
  assert(all!.low > 0.09 && all!.low < 0.1 && all!.high > 0.99 && all!.high < 1);
  const of = (group: string, name: string) =>
    rates.find((rate) => rate.group === group && rate.name === name);
  assertEquals([of("kernel", "naive")?.killed, of("kernel", "naive")?.of], [1, 2]);
  assertEquals([of("kernel", "blocked")?.killed, of("kernel", "blocked")?.of], [1, 1]);
});

Deno.test("ratesOf() counts for a check the mutants that met it, and those it killed", () => {
  const of = (name: string) =>
    ratesOf(mutants).find((rate) => rate.group === "check" && rate.name === name);
  assertEquals([of("contract")?.killed, of("contract")?.of, of("contract")?.lost], [1, 3, 1]);
  assertEquals([of("exact-forward")?.killed, of("exact-forward")?.of], [1, 2]);
});

Deno.test("formatMutation() names every survivor that has no reason, with its witness", () => {
  assertEquals(survivorsOf(mutants).map(({ id }) => id), ["3"]);
  const text = formatMutation({ mutants, rates: ratesOf(mutants) });
  assertStringIncludes(text, "1 survivor:");
  assertStringIncludes(text, "differs in dense 1x1x1");
  assertStringIncludes(text, "1 hung or crashed, 1 equivalent, 1 invalid");
});

Deno.test("reasonFor() finds a reason by file, operator and text, in whatever line", () => {
  const reasons = parseEquivalences(JSON.stringify({
    equivalent: [
      { file: "kernels/naive.ts", place: "a < b;", operator: "replace operator", reason: "one" },
      { file: "tile", place: "20 01", becomes: "20 02", reason: "two" },
    ],
  }));
  const own = madeSurvivor("1", { place: "a < b;" });
  assertEquals(reasonFor(own, reasons), "one");
  assertEquals(reasonFor({ ...own, operator: "change constant" }, reasons), null);
  assertEquals(reasonFor({ ...own, place: "a < c;" }, reasons), null);
  const generated = madeSurvivor("2", {
    kind: "wasm",
    file: "tile 8 2 true 4",
    place: "20 01",
    becomes: "20 02",
  });
  assertEquals(reasonFor(generated, reasons), "two");
  assertEquals(reasonFor({ ...generated, becomes: "20 00" }, reasons), null);
});

Deno.test("each reason that is kept is of a line that the code has", async () => {
  for (const { file, place, reason } of await readEquivalences()) {
    assert(reason.length > 20, `${file}: ${place} has a reason`);
    if (!file.endsWith(".ts")) continue;
    const text = await Deno.readTextFile(new URL(`../../${file}`, import.meta.url));
    const lines = text.split("\n").map((line) => line.trim());
    assert(lines.includes(place), `${file} has no line ${place}`);
  }
});
