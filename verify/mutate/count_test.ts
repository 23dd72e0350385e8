import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { intervalNote, survivors } from "../../results/mutation/outcome.ts";
import { ratesOf } from "./count.ts";
import { madeMutant, madeSurvivor } from "./mutate_testing.ts";
import { formatMutation } from "./table.ts";

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
  const { open, equivalent } = survivors(mutants);
  assertEquals([open.map(({ id }) => id), equivalent.map(({ id }) => id)], [["3"], ["4"]]);
  const text = formatMutation({ mutants, rates: ratesOf(mutants) });
  assertStringIncludes(text, "1 survivor:");
  assertStringIncludes(text, "differs in dense 1x1x1");
  assertStringIncludes(text, "1 hung or crashed, 1 equivalent, 1 invalid");
  assertStringIncludes(text, intervalNote);
});
