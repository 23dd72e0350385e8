import { assertEquals } from "@std/assert";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { impliedSums, sumOperations } from "./sum_operations.ts";

await using naive = await createKernel("naive");
const sequential = { order: "sequential" } as const;

/** What the claims imply of [2^24, 1] · [1, 1] and −2^24, which is 0 where the sum is rounded before. */
function implied(name: string, claims: Partial<KernelTraits>): number[] | null {
  const operation = sumOperations.find((one) => one.name === name)!;
  const found = impliedSums(
    { ...naive.traits, summation: sequential, ...claims },
    operation,
    { m: 2, n: 1, k: 2 },
    {
      a: Float32Array.of(2 ** 24, 1, 2, 3),
      b: Float32Array.of(1, 1),
      addend: Float32Array.of(-(2 ** 24), ...(operation.addend === "bias" ? [] : [10])),
    },
  );
  return found && [...found];
}

Deno.test("impliedSums() adds what an output held where that is claimed, and a bias where that is", () => {
  assertEquals(implied("accumulate-nn", {}), [0, 15]);
  assertEquals(implied("accumulate-nn", { bias: "first" }), [0, 15]);
  assertEquals(implied("accumulate-tt", { accumulation: "first" }), [1, 15]);
  assertEquals(implied("dense", {}), [0, 5 - 2 ** 24]);
  assertEquals(implied("dense", { bias: "first" }), [1, 5 - 2 ** 24]);
  assertEquals(implied("dense", { accumulation: "first" }), [0, 5 - 2 ** 24]);
});

Deno.test("impliedSums() of a float64 sum says nothing of an addend unless its place is claimed", () => {
  const wide = { accumulator: "float64" } as const;
  assertEquals(implied("accumulate-nn", wide), null);
  assertEquals(implied("dense", wide), null);
  assertEquals(implied("accumulate-nn", { ...wide, bias: "after" }), null);
  assertEquals(implied("accumulate-nn", { ...wide, accumulation: "after" }), [0, 15]);
  assertEquals(implied("accumulate-nn", { ...wide, accumulation: "unrounded" }), [1, 15]);
  assertEquals(implied("dense", { ...wide, bias: "unrounded" }), [1, 5 - 2 ** 24]);
});
