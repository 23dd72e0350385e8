import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { type Case, runCase } from "../check.ts";
import { conformingVariants } from "../mutants/conforming.ts";
import { brokenFunctions } from "./broken_functions_testing.ts";
import { type Broken, brokenElements, brokenProducts } from "./broken_values_testing.ts";
import { exceptional } from "./exceptional.ts";
import { rigorousBackward } from "./rigorous_backward.ts";
import { rigorousForward } from "./rigorous_forward.ts";
import { sweep } from "./sweep.ts";
import { unusualFunctions } from "./unusual_functions_testing.ts";
import { backwardFamilyCases, forwardFamilyCases } from "./value_families.ts";
import { verifyKernel } from "../verify.ts";

const seed = Deno.env.get("DENSEMARK_TEST_SEED") ?? "5";

function casesOf(kernel: Kernel, which: Broken["cases"]): Case[] {
  return which === "exceptional" ? exceptional.cases(kernel, { effort: "quick", create: null }) : [
    ...forwardFamilyCases("rigorous-forward", kernel.traits, "quick"),
    ...backwardFamilyCases("rigorous-backward", kernel.traits, "quick"),
  ];
}

/** The first problem that the cases find; null where they find none. */
async function problemOf(kernel: Kernel, which: Broken["cases"]): Promise<string | null> {
  for (const one of casesOf(kernel, which)) {
    const { problem } = await runCase(one, kernel, Number(seed));
    if (problem !== null) return `${one.id}: ${problem}`;
  }
  return null;
}

for (const { name, cases, create } of [...brokenProducts, ...brokenElements]) {
  Deno.test(`${cases} reject a kernel in which ${name}, seed ${seed}`, async () => {
    await using kernel = await create();
    assert(await problemOf(kernel, cases), name);
  });
}

for (const { name, swept, create } of brokenFunctions) {
  Deno.test(`sweep rejects a kernel in which ${name}, seed ${seed}`, async () => {
    await using kernel = await create();
    const context = { effort: "quick", create: null, sweepSeed: Number(seed) } as const;
    const one = sweep.cases(kernel, context).find(({ id }) => id.startsWith(`sweep/${swept}/`))!;
    const { problem } = await runCase(one, kernel, 1);
    assert(problem, name);
    // The id alone repeats it, whatever the run's seed is.
    const again = await runCase(sweep.find!(one.id, { create: null })!, kernel, 2);
    assertEquals(again.problem, problem);
  });
}

for (const variant of conformingVariants) {
  Deno.test(`exceptional values and families accept a kernel in which ${variant.name}, seed ${seed}`, async () => {
    await using kernel = await variant.create();
    assertEquals(await problemOf(kernel, "exceptional"), null);
    assertEquals(await problemOf(kernel, "families"), null);
  });
}

for (const { name, create } of unusualFunctions) {
  Deno.test(`no check of values rejects a kernel in which ${name}, seed ${seed}`, async () => {
    await using kernel = await create();
    const { checks } = await verifyKernel(kernel, {
      checks: [exceptional, sweep, rigorousForward, rigorousBackward],
      effort: "smoke",
      seed: Number(seed),
      sweepSeed: Number(seed),
    });
    assertEquals(checks.flatMap(({ failures }) => failures), []);
    assertEquals(await problemOf(kernel, "exceptional"), null);
  });
}

Deno.test("sweep begins elsewhere for another seed, and has no case of an offset beyond its stride", async () => {
  await using kernel = await createKernel("naive");
  const ids = (sweepSeed: number) =>
    sweep.cases(kernel, { effort: "quick", create: null, sweepSeed }).map(({ id }) => id);
  assertEquals(ids(3), ids(3));
  const both = ids(3).filter((id) => ids(4).includes(id));
  assert(both.length < 3, both.join());
  assertStringIncludes(ids(3)[0]!, "sweep/linear/every-4093-from-");
  assertEquals(sweep.find!("sweep/tanh/every-4093-from-4093", { create: null }), null);
  assertEquals(sweep.find!("sweep/softmax/every-4093-from-1", { create: null }), null);
  assert(sweep.find!("sweep/tanh-gradient/every-4093-from-4092", { create: null }));
});
