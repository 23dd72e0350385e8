import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { createKernel } from "../kernels/registry.ts";
import { type Case, runCase, Workspace } from "./check.ts";
import { scratchDoubles, scratchFloats, scratchZeros, withScratch } from "./scratch.ts";

/** More than is worth keeping. */
const length = 5000;

/** The memory that a case of its own is given. */
const memoryOfCase = () => withScratch(() => Promise.resolve(scratchFloats(length).buffer));

Deno.test("scratchFloats() gives the next case the same memory, and one case none twice", async () => {
  const first = await memoryOfCase();
  await withScratch(() => {
    const [one, other] = [scratchFloats(length), scratchFloats(length - 1)];
    assertStrictEquals(one.buffer, first);
    assert(other.buffer !== first);
    assertEquals([one.length, other.length], [length, length - 1]);
    return Promise.resolve();
  });
});

Deno.test("scratchZeros() are 0, whatever the memory held, and doubles share it", async () => {
  const first = await withScratch(() => {
    const all = scratchFloats(length).fill(7);
    return Promise.resolve(all.buffer);
  });
  await withScratch(() => {
    const zeros = scratchZeros(length);
    assertStrictEquals(zeros.buffer, first);
    assert(zeros.every((value) => value === 0));
    return Promise.resolve();
  });
  await withScratch(() => {
    const doubles = scratchDoubles(length / 2);
    assertStrictEquals(doubles.buffer, first);
    assertEquals(doubles.length, length / 2);
    return Promise.resolve();
  });
});

Deno.test("scratchFloats() shares nothing between cases that run side by side, nor with what they leave", async () => {
  const begun = Promise.withResolvers<void>();
  const seen = new Set<ArrayBuffer>();
  const early = withScratch(async () => {
    seen.add(scratchFloats(length).buffer);
    await begun.promise;
    seen.add(scratchFloats(length).buffer);
  });
  const late = withScratch(async () => {
    seen.add(scratchFloats(length).buffer);
    begun.resolve();
    await Promise.resolve();
    seen.add(scratchFloats(length).buffer);
  });
  await Promise.all([early, late]);
  seen.add(await memoryOfCase());
  assertEquals(seen.size, 5);
  // Outside of a case it is not known when memory is free.
  assert(scratchFloats(length).buffer !== scratchFloats(length).buffer);
});

Deno.test("scratchFloats() gives no memory that was taken away", async () => {
  const first = await memoryOfCase();
  await withScratch(() => {
    const { buffer } = scratchFloats(length);
    assertStrictEquals(buffer, first);
    structuredClone(buffer, { transfer: [buffer] });
    return Promise.resolve();
  });
  await withScratch(() => {
    assertEquals(scratchFloats(length).byteLength, 4 * length);
    return Promise.resolve();
  });
});

Deno.test("withScratch() gives memory back after a case that throws", async () => {
  const first = await memoryOfCase();
  await withScratch(() => {
    scratchFloats(length);
    return Promise.reject(new Error("no luck"));
  }).catch(() => {});
  assertStrictEquals(await memoryOfCase(), first);
});

Deno.test("output() of a workspace is NaN all over, also where a kernel writes to what it was given", async () => {
  await using naive = await createKernel("naive");
  const keeping = new Proxy(naive, {
    get: (kernel, name) =>
      name === "tensor"
        ? (shape: readonly number[], values: Float32Array) => {
          const made = kernel.tensor(shape, values);
          values.fill(0);
          return made;
        }
        : Reflect.get(kernel, name, kernel),
  });
  const one: Case = {
    id: "output/all",
    run: async () => {
      using space = new Workspace(keeping);
      for (const shape of [[3, 5], [70, 80], [2, 2]]) {
        const values = await space.output(shape).read();
        assert(values.every(Number.isNaN), `${shape}`);
      }
      return { worst: 0, problem: null };
    },
  };
  assertEquals((await runCase(one, keeping, 1)).problem, null);
});
