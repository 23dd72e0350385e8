import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "node:path";
import { inFolder } from "../../common/deno_testing.ts";
import { createKernel } from "../../kernels/registry.ts";
import type { VerificationReport } from "../../results/verification/schema.ts";
import { sweep } from "../checks/sweep.ts";
import { verifyKernel } from "../verify.ts";
import { parseSeen, seenSchema, shareSeen, uniteSeen, withCoverage } from "./coverage.ts";

Deno.test("shareSeen() adds up offsets of one stride, and takes strides for independent of each other", () => {
  assertEquals(shareSeen(), 0);
  assertAlmostEquals(shareSeen({ "100": [1, 2, 3] }), 0.03);
  assertAlmostEquals(shareSeen({ "10": [1], "7": [3] }), 1 - 0.9 * 6 / 7);
  assertAlmostEquals(shareSeen({ "10": [1] }, 0.5), 0.55);
  assertEquals(shareSeen({ "10": [1] }, 1), 1);
});

Deno.test("parseSeen() takes nothing from another build, or from what is no record", () => {
  const kernels = { naive: { gelu: { "10": [3] } } };
  const text = (change: object) =>
    JSON.stringify({ schema: seenSchema, build: "b", kernels, ...change });
  assertEquals(parseSeen(text({}), "b"), kernels);
  assertEquals(parseSeen(text({}), "c"), {});
  for (
    const bad of [
      "",
      "[]",
      "null",
      text({ schema: "x" }),
      text({ kernels: 3 }),
      text({
        kernels: { naive: { gelu: { "10": [10] } } },
      }),
      text({ kernels: { naive: { gelu: { "10": "1" } } } }),
      text({ kernels: { naive: { gelu: { "10": [1.5] } } } }),
      text({ kernels: { naive: { gelu: { "10": [-1] } } } }),
      // Twice the same would count twice.
      text({ kernels: { naive: { gelu: { "10": [3, 3] } } } }),
      text({ kernels: { naive: { gelu: { "0": [] } } } }),
      text({ kernels: { naive: { gelu: { "": [] } } } }),
      text({ kernels: { naive: { gelu: { "1e1": [3] } } } }),
      text({ kernels: { naive: { gelu: { "10.5": [3] } } } }),
    ]
  ) assertEquals(parseSeen(bad, "b"), {}, bad);
});

Deno.test("withCoverage() unites the offsets of runs of one build, activations and gradients", async () => {
  await using kernel = await createKernel("naive");
  const some = {
    ...sweep,
    cases: (...[kernel, context]: Parameters<typeof sweep.cases>) =>
      sweep.cases(kernel, context).filter(({ id }) => id.includes("/relu")),
  };
  const report = async (sweepSeed: number) => ({
    build: "this",
    kernels: [await verifyKernel(kernel, { checks: [some], effort: "smoke", sweepSeed })],
  } as unknown as VerificationReport);
  await inFolder(async (folder) => {
    const [first, second] = [await report(1), await report(2)];
    const { stride, offset } = first.kernels[0]!.gradients![0]!;
    assert(stride! > 1e6 && offset! < stride!);
    const once = await withCoverage(folder, first);
    assertAlmostEquals(once.kernels[0]!.gradients![0]!.seen!, 1 / stride!, 1e-12);
    // The same again adds nothing, another offset does.
    assertEquals(await withCoverage(folder, first), once);
    const twice = await withCoverage(folder, second);
    assertAlmostEquals(twice.kernels[0]!.activations[0]!.seen!, 2 / stride!, 1e-12);
    const file = JSON.parse(await Deno.readTextFile(join(folder, "sweep-seen.json")));
    assertEquals(Object.keys(file.kernels.naive).sort(), ["relu", "relu-gradient"]);
    const other = await withCoverage(folder, { ...first, build: "other" });
    assertAlmostEquals(other.kernels[0]!.gradients![0]!.seen!, 1 / stride!, 1e-12);
  });
});

Deno.test("uniteSeen() leaves reports without an offset out", () => {
  const found = { kernel: "naive", activations: [], gradients: [] } as unknown;
  assertEquals(uniteSeen({}, found as Parameters<typeof uniteSeen>[1]), { naive: {} });
});
