import { createRandom } from "../../common/random.ts";
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { layersCheck } from "../checks/layers.ts";
import { ownLibrary } from "../layers/library.ts";
import { lossCases } from "../layers/loss_cases.ts";
import { activationNames } from "../../layers/activations.ts";
import { layerClasses } from "../../layers/from_config.ts";
import { lossNames, readLoss } from "../../layers/training/losses.ts";
import { optimizerNames } from "../../layers/training/optimizers.ts";
import { createKernel } from "../../kernels/registry.ts";
import { verifyKernel } from "../verify.ts";
import { layerMutants, layerVariants } from "./layers.ts";
import { lossMutants, lossVariants } from "./losses.ts";
import { testConforming, testMutant } from "./mutants.ts";
import { optimizerMutants, optimizerVariants } from "./optimizers.ts";
import { trainingMutants } from "./training.ts";

const mutants = [...layerMutants, ...lossMutants, ...optimizerMutants, ...trainingMutants];

for (const variant of [...layerVariants, ...lossVariants, ...optimizerVariants]) {
  Deno.test(`verify accepts ${variant.name}`, async () => {
    const { problem } = await testConforming(variant, { effort: "quick" });
    assertEquals(problem, null);
  });
}

// test-verifier tries all of them; some here, so that a check which finds nothing is seen at once.
Deno.test("verify rejects broken layers, losses and optimizers, by the check of layers", async () => {
  assertGreaterOrEqual(mutants.length, 100);
  for (const mutant of mutants.filter((_, i) => i % 16 === 3)) {
    const { killed, detail } = await testMutant(mutant, { seed: 2 });
    assert(killed, `${mutant.name}: ${detail}`);
  }
});

Deno.test("the bounds of the check of layers say something, but for few numbers that are small differences of large ones", async () => {
  await using kernel = await createKernel("naive");
  const context = { effort: "quick", create: null } as const;
  // What is normalised by sums over few values, or a logarithm of a sum, may be close to nothing.
  const close = /BatchNormalization|axis|sparsemax|cross-entropy|penalty/;
  let undecided = 0;
  for (const { id, run } of layersCheck(ownLibrary).cases(kernel, context)) {
    const { problem, indeterminate = 0 } = await run(kernel, createRandom(3));
    assertEquals(problem, null);
    assert(indeterminate <= (close.test(id) ? 60 : 0), `${id}: ${indeterminate} are undecided`);
    undecided += indeterminate;
  }
  assert(undecided > 0 && undecided < 300, `${undecided} in all`);
});

Deno.test("the check of layers comes near to its bounds", async () => {
  await using kernel = await createKernel("naive");
  const { checks: [report] } = await verifyKernel(kernel, {
    checks: [layersCheck(ownLibrary, "optimizer/sgd")],
  });
  assert(report && report.cases > 5);
  assertEquals(report.failures.length, 0);
  assert(report.worst > 0.05, `nothing comes nearer to its bound than ${report.worst}`);
});

Deno.test("the check of layers has fewer cases of a kernel that takes no formulas", async () => {
  await using kernel = await createKernel("naive");
  const { formulas: _, ...traits } = kernel.traits;
  const plain = Object.assign(Object.create(kernel), { traits });
  const check = layersCheck(ownLibrary);
  const context = { effort: "quick", create: null } as const;
  const [some, all] = [plain, kernel].map((each) => check.cases(each, context).map(({ id }) => id));
  assert(some!.length > 10 && some!.length < all!.length / 3);
  assert(some!.includes("layers/layer/Dense:-softmax"));
  assert(!some!.some((id) => id.includes("BatchNormalization")));
});

Deno.test("every activation, layer, loss, optimizer, schedule and constraint has a definition", async () => {
  await using kernel = await createKernel("naive");
  const context = { effort: "quick", create: null } as const;
  const ids = layersCheck(ownLibrary).cases(kernel, context).map(({ id }) => id);
  const named = (family: string, name: string) =>
    assert(ids.some((id) => id.startsWith(`layers/${family}/${name}`)), `${family} ${name}`);
  for (const name of activationNames) named("layer", `Dense:-${name}`);
  // Of inputs nothing is computed, and stacks are tried by training.
  const others = ["InputLayer", "Sequential", "Functional", "Model", "BatchNormalizationV1"];
  for (const name of layerClasses) {
    if (!others.includes(name)) named("layer", name);
  }
  for (const name of optimizerNames) named("optimizer", name === "adamw" ? "adamW" : name);
  const losses = new Set(lossCases.map(({ make }) => make(ownLibrary.losses).name));
  for (const name of lossNames) assert(losses.has(readLoss(name).name), name);
  for (const name of ["max_norm", "non_neg", "unit_norm", "min_max_norm"]) {
    named("constraint", name);
  }
  assertEquals(new Set(ids).size, ids.length);
});
