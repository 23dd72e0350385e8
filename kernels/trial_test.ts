import { assert, assertEquals, assertRejects } from "@std/assert";
import { withProcessors } from "../common/processors_testing.ts";
import { ArgumentError, KernelUnavailableError } from "../common/errors.ts";
import type { Kernel, KernelFactory } from "./kernel.ts";
import { createKernel, kernelNames, kernelRegistry, listKernels } from "./registry.ts";
import { tryKernel } from "./trial.ts";
import { factory } from "./wasm/threads.ts";
import { defaultThreads } from "./wasm/thread_count.ts";

Deno.test("tryKernel() gives the traits of a kernel, and disposes it", async () => {
  const kernel = await createKernel("naive");
  const tensor = kernel.tensor([1]);
  const trial = await tryKernel(() => Promise.resolve(kernel), Infinity);
  assertEquals(trial, { available: true, traits: kernel.traits });
  assert(tensor.disposed);
});

/** Factories that fail, and the reasons that are given. */
const failures: Readonly<Record<string, readonly [create: () => Promise<Kernel>, reason: string]>> =
  {
    "says that it is unavailable": [
      () => Promise.reject(new KernelUnavailableError("no adapter")),
      "no adapter",
    ],
    "rejects with an error": [
      () => Promise.reject(new TypeError("x is not a function\n  at y")),
      "it failed: x is not a function",
    ],
    "rejects with a text": [() => Promise.reject("lost"), "it failed: lost"],
    "rejects with nothing": [() => Promise.reject(undefined), "it failed: undefined"],
    "throws at once": [
      () => {
        throw new RangeError("too many");
      },
      "it failed: too many",
    ],
  };

for (const [what, [create, reason]] of Object.entries(failures)) {
  Deno.test(`tryKernel() gives the reason of a factory that ${what}`, async () => {
    assertEquals(await tryKernel(create, Infinity), { available: false, reason });
  });
}

Deno.test("tryKernel() gives up a factory that never settles, and one whose kernel cannot be disposed", async () => {
  const never = new Promise<never>(() => {});
  const reason = "it was not ready within 0.02 s";
  assertEquals(await tryKernel(() => never, 20), { available: false, reason });
  const kernel = await createKernel("naive");
  const { traits } = kernel;
  for (const disposal of [() => Promise.reject(new Error("stuck")), () => never]) {
    const stuck = Object.assign(Object.create(kernel), { [Symbol.asyncDispose]: disposal });
    assertEquals(await tryKernel(() => Promise.resolve(stuck), 20), { available: true, traits });
  }
});

Deno.test("tryKernel() waits without an end where no timer can wait so long", async () => {
  const kernel = await createKernel("naive");
  for (const limit of [2 ** 31, 1e300, Infinity]) {
    const { promise, resolve } = Promise.withResolvers<Kernel>();
    const trial = tryKernel(() => promise, limit);
    // A timer of a delay that is too long would be over by now.
    await new Promise((resolve) => setTimeout(resolve, 5));
    resolve(kernel);
    assertEquals((await trial).available, true, `${limit}`);
  }
});

Deno.test("tryKernel() disposes a kernel that comes too late", async () => {
  const kernel = await createKernel("naive");
  const { promise, resolve } = Promise.withResolvers<Kernel>();
  const trial = await tryKernel(() => promise, 10);
  assertEquals(trial.available, false);
  const tensor = kernel.tensor([1]);
  resolve(kernel);
  await promise;
  await Promise.resolve();
  assert(tensor.disposed);
});

Deno.test("listKernels() lists the others where one factory fails in any way", async () => {
  const registry = kernelRegistry as Record<string, () => Promise<{ factory: KernelFactory }>>;
  const { naive, blocked, webgpu } = registry;
  registry["naive"] = () => {
    throw new TypeError("broken");
  };
  registry["blocked"] = () => new Promise(() => {});
  registry["webgpu"] = () => Promise.reject(new Error("no such module"));
  const limits: (() => void)[] = [];
  const { setTimeout } = globalThis;
  // The limits are over when the test says so.
  const inTest = (action: () => void, delay?: number) =>
    delay === 2_000 ? limits.push(action) : setTimeout(action, delay);
  try {
    Object.assign(globalThis, { setTimeout: inTest });
    const listing = listKernels({ timeout: 2_000 });
    assertEquals(limits.length, kernelNames.length);
    limits[kernelNames.indexOf("blocked")]!();
    const found = await listing;
    assertEquals(found.map(({ name }) => name), [...kernelNames]);
    const reasons = new Map(
      found.map((each) => [each.name, each.available ? null : each.reason]),
    );
    assertEquals(reasons.get("naive"), "it failed: broken");
    assertEquals(reasons.get("blocked"), "it was not ready within 2 s");
    assertEquals(reasons.get("webgpu"), "it failed: no such module");
    assertEquals(reasons.get("wasm-simd"), null);
  } finally {
    Object.assign(globalThis, { setTimeout });
    Object.assign(registry, { naive, blocked, webgpu });
  }
});

Deno.test("listKernels() refuses unknown and wrong options", async () => {
  await assertRejects(() => listKernels({ timeout: NaN }), ArgumentError, "a number >= 0; got NaN");
  await assertRejects(() => listKernels({ limit: 1 } as object), ArgumentError, '"limit"');
});

Deno.test("createKernel() checks threads for kernels of one thread too", async () => {
  for (const threads of [0, 65, "2", null]) {
    const options = { threads } as object;
    await assertRejects(() => createKernel("naive", options), ArgumentError, "from 1 to 64; got");
  }
});

Deno.test("wasm-threads has one thread for each processor by default, and at most 64", () => {
  assertEquals(withProcessors(128, defaultThreads), 64);
  assertEquals(withProcessors(3, defaultThreads), 3);
});

for (const count of [0, NaN, undefined]) {
  Deno.test(`wasm-threads is made where the machine says ${count} processors`, async () => {
    const kernel = await withProcessors(count, () => factory.create());
    assertEquals(kernel.traits.threads, 1);
    await kernel[Symbol.asyncDispose]();
  });
}
