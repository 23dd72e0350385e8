import { assertEquals } from "@std/assert";
import { alter } from "../mutants/mutant.ts";
import { createKernel } from "../../kernels/registry.ts";
import { judgeTree } from "./judge.ts";

Deno.test("judgeTree() observes how a kernel rounds once", async () => {
  let calls = 0;
  await using kernel = alter(await createKernel("naive"), (original) => ({
    dense: (...args) => {
      calls++;
      original.dense(...args);
    },
  }));
  const traits = { ...kernel.traits, rounding: "either" } as const;
  const call = { m: 4, n: 3, column: 2, transposeA: false, transposeB: false } as const;
  const counts: number[] = [];
  for (let i = 0; i < 3; i++) {
    assertEquals(
      (await judgeTree(kernel, traits, { ...call, operation: "matmul" }, 5)).problem,
      null,
    );
    counts.push(calls);
  }
  // The tree itself is found by matmul.
  assertEquals(counts, [2, 2, 2]);
});
