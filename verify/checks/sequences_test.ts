import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import { createKernel } from "../../kernels/registry.ts";
import { kernelsHere } from "../../kernels/kernels_testing.ts";
import { brokenCalls } from "../model_based/broken_calls_testing.ts";
import { brokenKernels } from "../model_based/broken_kernels_testing.ts";
import { brokenState } from "../model_based/broken_state_testing.ts";
import type { Broken } from "../model_based/broken_testing.ts";
import { unusualKernels } from "../model_based/unusual_testing.ts";
import { runCase } from "../check.ts";
import { verifyKernel } from "../verify.ts";
import { sequences } from "./sequences.ts";

async function findings(create: Broken["create"], seed = 1) {
  await using kernel = await create();
  const { checks: [report] } = await verifyKernel(kernel, {
    checks: [sequences],
    firstFailure: true,
    create,
    seed,
  });
  return report!.failures;
}

const broken = [...brokenState, ...brokenCalls, ...brokenKernels];

for (const { name, create } of broken) {
  Deno.test(`sequences rejects a kernel in which ${name}`, async () => {
    assert((await findings(create)).length > 0);
  });
}

for (const { name, create } of unusualKernels) {
  Deno.test(`sequences accepts a kernel in which ${name}`, async () => {
    assertEquals(await findings(create), []);
  });
}

for (const name of await kernelsHere()) {
  Deno.test(`sequences accepts ${name} with a seed of its own, seed 19`, async () => {
    assertEquals(await findings(() => createKernel(name, { serialBelow: 0 }), 19), []);
  });
}

/** A kernel that is wrong at the second use of a weight that was accumulated into. */
const stale = broken.find(({ name }) => name === "the copy of weight is stale after accumulate")!;

Deno.test("sequences prints the calls that matter, and an id that repeats them with any seed", async () => {
  await using kernel = await stale.create();
  const { checks: [report] } = await verifyKernel(kernel, { checks: [sequences], seed: 4 });
  const { problem, minimal } = report!.failures[0]!;
  const [head = "", ...calls] = problem.split("\n");
  assertMatch(head, /^t\d+ (?:as|after) line \d+.*: 1 of 1 elements wrong/);
  // Two uses, a change between them, and at most the tensors that they need and a read.
  const count = (part: string) => calls.filter((line) => line.includes(part)).length;
  assert(count(".dense(") >= 2 && count("accumulate: true") >= 1 && calls.length <= 12, problem);
  assertMatch(calls[0]!, /^ {2}1\. t\d+ = kernel\.tensor\(\[1(?:, 1)?\](?:, \[-?\d\])?\)$/);
  assertMatch(minimal!.id, /^sequences\/[a-z-]+\/seed-\d+\/steps-[\d.]+\/lengths-1(?:\.1)+$/);
  for (const seed of [5, 6]) {
    const again = await runCase(sequences.find!(minimal!.id, { create: null })!, kernel, seed);
    assertEquals(again.problem, problem);
  }
});

Deno.test("sequences says so where a failure does not come again", async () => {
  const rare = broken.find(({ name }) => name.startsWith("one call in 300 of tensor is"))!;
  await using kernel = await rare.create();
  const { checks: [report] } = await verifyKernel(kernel, { checks: [sequences] });
  const problems = report!.failures.map(({ problem }) => problem).join("\n");
  assertStringIncludes(problems, "once, and not when it was repeated");
});

Deno.test("sequences finds cases by their seeds alone, and none by what is no id", async () => {
  const find = (id: string) => sequences.find!(id, { create: null });
  await using kernel = await createKernel("naive");
  for (const rest of ["", "/steps-3.5", "/lengths-1.2.2.2", "/steps-3.5/lengths-1.1.1.1"]) {
    const found = find(`sequences/integers/seed-17${rest}`);
    assertEquals(found?.id, `sequences/integers/seed-17${rest}`);
    assertEquals((await runCase(found!, kernel, 1)).problem, null);
  }
  for (
    const id of [
      "sequences/integers/seed-",
      "sequences/integers/seed-17/steps-",
      "sequences/integers/seed-17/steps-3/lengths-1.2/steps-3",
      "sequences/toString/seed-17",
      "sequences/two-kernels/seed-17",
      "memory/integers/seed-17",
    ]
  ) assertEquals(find(id), null, id);
});

Deno.test("sequences draws cases that can be found again, seed 3", async () => {
  const random = createRandom(3);
  await using kernel = await createKernel("naive");
  for (let i = 0; i < 40; i++) {
    const one = sequences.draw!(random, { create: null });
    assertEquals(sequences.find!(one.id, { create: null })?.id, one.id);
    assertEquals((await runCase(one, kernel, 1)).problem, null);
  }
});
