import { assertEquals, assertStrictEquals } from "@std/assert";
import { CheckedKernel } from "../kernels/checked_kernel.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { createKernel } from "../kernels/registry.ts";
import type { Check, Effort } from "./check.ts";
import { outcomeOf } from "./compare.ts";
import { verifyKernel } from "./verify.ts";

const isDisposed = (kernel: Kernel | null) => kernel instanceof CheckedKernel && kernel.disposed;

/** Runs a check of three cases that ask for the second kernel, or do not; says what each was given, what was made, and what was alive at the end. */
async function run({ effort = "quick", asks = true, alone = false }: {
  readonly effort?: Effort;
  readonly asks?: boolean;
  readonly alone?: boolean;
}) {
  const [given, made]: [(Kernel | null)[], Kernel[]] = [[], []];
  const check: Check = {
    name: "trial",
    description: "asks for a second kernel",
    cases: (_, { second = null }) =>
      [1, 2, 3].map((i) => ({
        id: `trial/case/${i}`,
        run: async () => {
          const other = asks && second ? await second() : null;
          given.push(other);
          return outcomeOf(isDisposed(other) ? "it was disposed" : null);
        },
      })),
  };
  await using kernel = await createKernel("naive");
  const create = async () => {
    const other = await createKernel("naive");
    made.push(other);
    return other;
  };
  const { passed } = await verifyKernel(kernel, {
    checks: [check],
    effort,
    create: alone ? null : create,
  });
  assertEquals(passed, true);
  return { given, made, alive: made.filter((one) => !isDisposed(one)).length };
}

Deno.test("verifyKernel() makes one second kernel for all cases that ask for it, and disposes it", async () => {
  const { given, made, alive } = await run({});
  assertEquals([given.length, made.length, alive], [3, 1, 0]);
  for (const one of given) assertStrictEquals(one, made[0]);
});

Deno.test("verifyKernel() makes no second kernel that nothing asks for", async () => {
  assertEquals((await run({ asks: false })).made, []);
});

Deno.test("verifyKernel() has no second kernel in full mode, nor where it cannot make one", async () => {
  for (const how of [{ effort: "full" }, { alone: true }] as const) {
    const { given, made } = await run(how);
    assertEquals([given, made], [[null, null, null], []]);
  }
});
