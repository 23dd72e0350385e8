import { assert, assertEquals } from "@std/assert";
import { createKernel } from "../kernels/registry.ts";
import type { Dimensions } from "../kernels/checks.ts";
import { createRandom } from "../common/random.ts";
import { shapedCase } from "./check.ts";
import { outcomeOf } from "./compare.ts";
import { parseDimensions } from "./dimensions.ts";
import { shrink } from "./shrink.ts";

const kernel = await createKernel("naive");

/** The shape to which a case shrinks that fails where `fails` says so, and how often it was run. */
async function shrunk(shape: Dimensions, fails: (shape: Dimensions) => boolean) {
  let runs = 0;
  const one = shapedCase("check/family", shape, "relu", (shape) => {
    runs++;
    return Promise.resolve(outcomeOf(fails(shape) ? `wrong at ${shape.k}` : null));
  });
  const minimal = await shrink(one, kernel, 1);
  return { minimal, runs, shape: parseDimensions(minimal?.id.split("/")[2] ?? "") };
}

// Each of them fails at some shape that no list of steps was made for.
const faults: Record<string, [(shape: Dimensions) => boolean, Dimensions | null]> = {
  "above a threshold": [({ k }) => k > 300, { m: 1, n: 1, k: 301 }],
  "above several": [
    ({ m, n, k }) => m >= 3 && n >= 11 && k >= 97,
    { m: 3, n: 11, k: 97 },
  ],
  "by the product of two": [({ m, n }) => m * n >= 100, null],
  "only at even lengths": [({ k }) => k % 2 === 0 && k > 100, null],
  "behind a whole tile": [({ n }) => n > 32 && n % 8 !== 0, null],
  "everywhere": [() => true, { m: 1, n: 1, k: 1 }],
};

for (const [where, [fails, expected]] of Object.entries(faults)) {
  Deno.test(`shrink() of a fault ${where} is minimal in each dimension alone`, async () => {
    const { minimal, shape, runs } = await shrunk({ m: 509, n: 255, k: 784 }, fails);
    assert(minimal && shape);
    if (expected) assertEquals(shape, expected);
    assert(fails(shape));
    for (const axis of ["m", "n", "k"] as const) {
      for (const size of [1, shape[axis] - (shape[axis] >> 1), shape[axis] - 1]) {
        if (size >= 1 && size < shape[axis]) {
          assert(!fails({ ...shape, [axis]: size }), `${axis} can be ${size} in ${minimal.id}`);
        }
      }
    }
    assertEquals(minimal.problem, `wrong at ${shape.k}`);
    assert(runs < 120, `${runs} runs`);
  });
}

Deno.test("shrink() finds none where there is nothing smaller, or no shape", async () => {
  assertEquals((await shrunk({ m: 1, n: 1, k: 1 }, () => true)).minimal, null);
  assertEquals(
    (await shrunk({ m: 7, n: 5, k: 3 }, ({ m, n, k }) => m * n * k === 105)).minimal,
    null,
  );
  const shapeless = { id: "check/family", run: () => Promise.resolve(outcomeOf("wrong")) };
  assertEquals(await shrink(shapeless, kernel, 1), null);
});

Deno.test("shrink() of random faults ends", async () => {
  const random = createRandom(3);
  const { minimal } = await shrunk({ m: 100, n: 100, k: 100 }, () => random.uniform() < 0.5);
  assert(minimal);
});
