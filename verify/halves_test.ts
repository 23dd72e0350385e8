import { assert, assertEquals, assertGreater, assertNotEquals } from "@std/assert";
import { createKernel, kernelNames } from "../kernels/registry.ts";
import type { Case } from "./check.ts";
import { casesOfHalf, halfOf } from "./halves.ts";
import { checks, verifyKernel } from "./verify.ts";

function caseList(length: number): Case[] {
  return Array.from({ length }, (_, i) => ({
    id: `layers/one/${i}`,
    run: () => Promise.resolve({ worst: 0, problem: null }),
  }));
}

const idsOf = (cases: readonly Case[]) => cases.map(({ id }) => id);

Deno.test("halfOf() gives neighbours different halves, and all cases to a kernel that is without its own", () => {
  const halves = (...all: Parameters<typeof halfOf>[1]) => all.map((kernel) => halfOf(kernel, all));
  assertEquals(halves("naive", "blocked", "wasm-simd", "wasm-threads"), [0, 1, 0, 1]);
  assertEquals(halves("blocked", "wasm-threads", "naive"), [1, null, 0]);
  assertEquals(halves("wasm-simd"), [null]);
  assertEquals(halves("naive", "wasm-simd", "native", "webgpu"), [null, null, null, null]);
  const foreign = { name: "naive", given: "./mine.ts", url: "file:///mine.ts", exported: null };
  assertEquals(halves("naive", foreign), [null, null]);
  assertEquals(halves(...kernelNames, foreign), [0, 1, 0, 1, null, null, null]);
});

Deno.test("casesOfHalf() has each case in one of the halves, others for another seed, about as many in both", () => {
  const cases = caseList(1000);
  for (const seed of [0, 1, 2, 2 ** 32 - 1]) {
    const [one, other] = ([0, 1] as const).map((half) => casesOfHalf("layers", cases, half, seed));
    assertEquals([...idsOf(one!), ...idsOf(other!)].toSorted(), idsOf(cases).toSorted());
    assertGreater(Math.min(one!.length, other!.length), 430);
  }
  const own = (seed: number) => idsOf(casesOfHalf("layers", cases, 0, seed));
  assertEquals(own(3), own(3));
  assertNotEquals(own(3), own(4));
  // What one run leaves out, others have.
  const tried = new Set(Array.from({ length: 16 }, (_, seed) => own(seed)).flat());
  assertEquals(tried.size, cases.length);
});

Deno.test("casesOfHalf() leaves few cases whole, and checks that have none alike", () => {
  const [few, many] = [caseList(31), caseList(32)];
  assertEquals(casesOfHalf("layers", few, 1, 5), few);
  assert(casesOfHalf("layers", many, 1, 5).length < 32);
  assertEquals(casesOfHalf("layers", many, null, 5), many);
  for (const name of ["contract", "memory", "determinism", "copies", "order", "sweep"]) {
    assert(checks.some((check) => check.name === name));
    assertEquals(casesOfHalf(name, many, 1, 5), many);
  }
});

Deno.test("verifyKernel() counts the cases of a half, and finds one of the other half by its id", async () => {
  await using kernel = await createKernel("naive");
  const own = checks.filter(({ name }) => name === "exact-forward");
  const all = idsOf(own[0]!.cases(kernel, { effort: "quick", create: null }));
  const run = async (half: 0 | 1, id?: string) => {
    const { passed, checks: [report] } = await verifyKernel(kernel, {
      checks: own,
      half,
      ...(id !== undefined && { case: id }),
    });
    assert(passed);
    return report!.cases;
  };
  assertEquals(await run(0) + await run(1), all.length);
  for (const id of all.slice(0, 4)) assertEquals([await run(0, id), await run(1, id)], [1, 1]);
});
