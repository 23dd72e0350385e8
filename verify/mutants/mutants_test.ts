import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { testWhere } from "../../common/requirements_testing.ts";
import { whyNoKernel } from "../../kernels/kernels_testing.ts";
import { checks } from "../verify.ts";
import { conformingVariants } from "./conforming.ts";
import { comparisonMutants, findFault, ownComparisons } from "./comparison.ts";
import {
  joinMutationTests,
  mutants,
  type MutationTests,
  runMutationTests,
  testConforming,
  testMutant,
} from "./mutants.ts";

const noGpu = await whyNoKernel("webgpu");
for (const mutant of mutants) {
  testWhere(
    mutant.kind === "WGSL" ? noGpu : null,
    `verify rejects a kernel in which ${mutant.name}, by ${mutant.killer}`,
    async () => {
      const { killed, detail } = await testMutant(mutant);
      assert(killed, detail);
    },
  );
}

for (const variant of conformingVariants) {
  Deno.test(`verify accepts a kernel in which ${variant.name}`, async () => {
    assertEquals((await testConforming(variant)).problem, null);
  });
}

Deno.test("there are at least 50 mutants of all kinds, 9 conforming variants, a mutant for every check, and 15 for every run", () => {
  assertGreaterOrEqual(mutants.length, 50);
  assertGreaterOrEqual(conformingVariants.length, 9);
  assertEquals(new Set(mutants.map(({ name }) => name)).size, mutants.length);
  for (const kind of ["JavaScript", "WebAssembly", "threads"]) {
    assert(mutants.some((mutant) => mutant.kind === kind), kind);
  }
  const killers = new Set(mutants.map(({ killer }) => killer));
  assertEquals(checks.map(({ name }) => name).filter((name) => !killers.has(name)), []);
  assertGreaterOrEqual(mutants.filter(({ key }) => key).length, 15);
});

Deno.test("findFault() finds nothing in the verifier's comparisons, and something in every broken one", () => {
  assertEquals(findFault(ownComparisons), null);
  for (const [name, comparisons] of Object.entries(comparisonMutants)) {
    assert(findFault(comparisons), name);
  }
});

Deno.test("testMutant() reports a mutant that survives its check", async () => {
  const harmless = {
    ...conformingVariants[0]!,
    kind: "JavaScript",
    killer: "exact-forward",
  } as const;
  const { killed, outcomes } = await testMutant(harmless);
  assertEquals(killed, false);
  assertEquals(outcomes, { "exact-forward": "survived" });
});

Deno.test("testConforming() rejects a variant that does not conform", async () => {
  const broken = mutants.find(({ name }) => name.startsWith("one output is 64 ULP"))!;
  const { accepted, problem } = await testConforming(broken);
  assertEquals(accepted, false);
  assert(problem);
});

Deno.test("runMutationTests() draws a third of the conforming variants, so that three numbers have all, and says of how many", async () => {
  const cheap = checks.filter(({ name }) => name === "exact-backward");
  const options = { keyOnly: true, gpu: false, chosen: cheap } as const;
  const drawn = await Promise.all(
    [7, 8, 9].map((drawnBy) => runMutationTests({ ...options, drawnBy })),
  );
  const all = conformingVariants.map(({ name }) => name);
  assertEquals(
    drawn.flatMap(({ conforming }) => conforming.map(({ name }) => name)).toSorted(),
    all.toSorted(),
  );
  for (const one of drawn) {
    assertEquals(one.conformingOf, all.length);
    assertEquals(joinMutationTests([one]).conformingOf, all.length);
    assertEquals(one.mutants.filter(({ killed }) => killed === false), []);
  }
});

Deno.test("runMutationTests() gives each part the mutants and the checks that were dealt to it, and one report of a variant", async () => {
  const dealt = [["exact-backward", "memory"], ["copies", "exact-forward"]];
  const chosen = checks.filter(({ name }) => dealt.flat().includes(name));
  const options = { keyOnly: true, gpu: false, chosen, drawnBy: 1 } as const;
  const parts = await Promise.all(
    [0, 1].map((index) => runMutationTests({ ...options, dealt, part: { index, of: 2 } })),
  );
  for (const [index, { mutants }] of parts.entries()) {
    const others = mutants.filter(({ killer }) => dealt[1 - index]!.includes(killer));
    assertEquals(others, []);
  }
  const whole = await runMutationTests(options);
  assertEquals(joinMutationTests(parts), whole);
  const [first, second] = parts as [MutationTests, MutationTests];
  const rejected = first.conforming.map((one) => ({ ...one, accepted: false, problem: "odd" }));
  for (
    const both of [[{ ...first, conforming: rejected }, second], [second, {
      ...first,
      conforming: rejected,
    }]]
  ) {
    assertEquals(
      joinMutationTests(both).conforming.map(({ accepted }) => accepted),
      whole.conforming.map(({ name }) => !rejected.some((one) => one.name === name)),
    );
  }
});

Deno.test("joinMutationTests() has what the parts of a run have, in the order of one run", async () => {
  const options = { keyOnly: true, gpu: false, chosen: [] } as const;
  const aborted = { ...options, signal: AbortSignal.abort() };
  const [, second] = await Promise.all(
    [0, 1].map((index) => runMutationTests({ ...aborted, part: { index, of: 2 } })),
  );
  // Comparisons are in the first part alone, and nothing else of a run that is stopped.
  assertEquals(second!.mutants, []);
  const names = mutants.map(({ name }) => name);
  const partOf = (index: number) => ({
    checks: ["order"],
    mutants: names.filter((_, i) => i % 2 === index).map((name) => ({
      name,
      kind: "JavaScript" as const,
      killer: "order",
      outcomes: {},
      killed: true,
      detail: "",
    })),
    conforming: conformingVariants.filter((_, i) => i % 2 === index).map(({ name }) => ({
      name,
      accepted: true,
      problem: null,
    })),
  });
  const joined = joinMutationTests([partOf(0), partOf(1)]);
  assertEquals(joined.mutants.map(({ name }) => name), names);
  assertEquals(
    joined.conforming.map(({ name }) => name),
    conformingVariants.map(({ name }) => name),
  );
});
