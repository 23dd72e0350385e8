import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { ArgumentError } from "../common/errors.ts";
import { createKernel } from "../kernels/registry.ts";
import { Dense, type DenseOptions } from "./dense.ts";
import { nextSeed, setRandomSeed } from "./seeds.ts";

/** The first weights of a new layer [20, 10], and its seed. */
async function start(options: Partial<DenseOptions> = {}): Promise<[Float32Array, number]> {
  await using kernel = await createKernel("naive");
  using layer = new Dense(kernel, { units: 10, ...options });
  layer.build([null, 20]);
  return [(await layer.getWeights())[0]!, layer.seed];
}

Deno.test("two layers start differently, also under one name", async () => {
  const [first, seed] = await start({ name: "d" });
  const [second] = await start({ name: "d" });
  assertNotEquals(first, second);
  // What was drawn can be had again.
  assertEquals((await start({ seed }))[0], first);
});

Deno.test("setRandomSeed() repeats the starts of all layers in their order", async () => {
  try {
    const starts = async () => {
      setRandomSeed(7);
      return [(await start())[0], (await start())[0], (await start({ seed: 1 }))[0]];
    };
    const [one, two, own] = await starts();
    assertEquals(await starts(), [one, two, own]);
    assertNotEquals(one, two);
    setRandomSeed(8);
    assertNotEquals((await start())[0], one);
    assertEquals((await start({ seed: 1 }))[0], own);
  } finally {
    setRandomSeed(null);
  }
  assertNotEquals((await start())[0], (await start())[0]);
});

Deno.test("an initializer's own seed is used in place of the layer's", async () => {
  const kernelInitializer = { name: "glorot_uniform", seed: 5 } as const;
  const [first] = await start({ kernelInitializer, seed: 1 });
  assertEquals((await start({ kernelInitializer, seed: 2 }))[0], first);
  assertEquals((await start({ seed: 5 }))[0], first);
  const [ones] = await start({ kernelInitializer: { name: "ones" } });
  assertEquals(ones, new Float32Array(200).fill(1));
});

Deno.test("a function as initializer is given the shape and the seed", async () => {
  const given: unknown[] = [];
  const kernelInitializer = (shape: readonly number[], seed: number) => {
    given.push(shape, seed);
    return new Float64Array(200);
  };
  await start({ kernelInitializer, seed: 3 });
  assertEquals(given, [[20, 10], 3]);
});

Deno.test("setRandomSeed() refuses what is no seed", () => {
  for (const seed of [-1, 1.5, 2 ** 32, NaN, "1", undefined, {}]) {
    assertThrows(
      () => setRandomSeed(seed as number),
      ArgumentError,
      "a whole number from 0 to 2^32",
    );
  }
});

Deno.test("seeds are fresh where there is no crypto", () => {
  const { crypto } = globalThis;
  Object.defineProperty(globalThis, "crypto", { value: undefined, configurable: true });
  try {
    const seeds = Array.from({ length: 20 }, nextSeed);
    assertEquals(new Set(seeds).size > 15, true);
    assertEquals(
      seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32),
      true,
    );
  } finally {
    Object.defineProperty(globalThis, "crypto", {
      value: crypto,
      configurable: true,
      writable: true,
    });
  }
});
