import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Dimensions } from "../kernels/checks.ts";
import { kernelOfProduct } from "./product_kernel.ts";
import { verifyKernel } from "./verify.ts";

function product({ m, n, k }: Dimensions, a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) {
        sum = Math.fround(sum + Math.fround(a[i * k + p]! * b[p * n + j]!));
      }
      out[i * n + j] = sum;
    }
  }
  return out;
}

type Arguments = Parameters<typeof product>;

/** Later by more than a microtask. */
async function later(...[shape, a, b]: Arguments): Promise<Float32Array> {
  await new Promise((resolve) => setTimeout(resolve));
  return product(shape, a, b);
}

Deno.test("kernelOfProduct() takes a product that is promised, and every check accepts it", async () => {
  // On a microtask: with a timer for each product this would take minutes.
  const kernel = kernelOfProduct("promised", (...given) => Promise.resolve(product(...given)));
  const { checks } = await verifyKernel(kernel, { effort: "smoke" });
  assertEquals(checks.flatMap(({ failures }) => failures.slice(0, 1)), []);
});

Deno.test("kernelOfProduct() finds a promised product that is wrong", async () => {
  const kernel = kernelOfProduct("promised", async (...given) => {
    const right = await later(...given);
    return right.map((value, i) => i === 3 ? value + 1 : value);
  });
  const { passed } = await verifyKernel(kernel, { effort: "smoke", firstFailure: true });
  assert(!passed);
});

/** Two numbers as tensors, and what becomes of them. */
function setUp(multiply: (...given: Arguments) => Float32Array | Promise<Float32Array>) {
  const kernel = kernelOfProduct("scalar", multiply);
  const scalar = (value: number) => kernel.tensor([1, 1], new Float32Array([value]));
  return { kernel, scalar };
}

Deno.test("kernelOfProduct() queues what comes after a promised product", async () => {
  const { kernel, scalar } = setUp(later);
  const [a, b, out, next] = [scalar(3), scalar(4), scalar(NaN), scalar(NaN)];
  kernel.matmul(a, b, out);
  const first = out.read();
  const given = new Float32Array([10]);
  a.write(given);
  // A write copies.
  given[0] = 99;
  kernel.matmul(a, b, out, { accumulate: true });
  kernel.activate("relu", out, next);
  const second = next.read();
  // Disposal comes after the work that was called before it.
  out[Symbol.dispose]();
  b[Symbol.dispose]();
  assertEquals([...await first, ...await second], [12, 52]);
  assertEquals(kernel.memory?.(), 8);
  assertThrows(() => kernel.matmul(a, b, next), Error, "disposed");
  await kernel[Symbol.asyncDispose]();
});

Deno.test("kernelOfProduct() waits for an object with a then() that is no Promise", async () => {
  const { kernel, scalar } = setUp((...given) => {
    const promise = later(...given);
    // As of a library with promises of its own, its then() returns no Promise either.
    const thenable = {
      then: (...args: Parameters<typeof promise.then>) => void promise.then(...args),
    };
    return thenable as unknown as Promise<Float32Array>;
  });
  const [a, b, out, next] = [scalar(3), scalar(4), scalar(NaN), scalar(NaN)];
  kernel.matmul(a, b, out);
  kernel.activate("relu", out, next);
  assertEquals([...await next.read()], [12]);
  kernel.matmul(a, out, next);
  await kernel.finished();
  assertEquals([...await next.read()], [36]);
});

Deno.test("kernelOfProduct() calls a product once at a time, in order", async () => {
  let running = 0;
  const seen: number[] = [];
  const { kernel, scalar } = setUp(async (shape, a, b) => {
    assertEquals(++running, 1);
    seen.push(a[0]!);
    // The first takes longest.
    await new Promise((resolve) => setTimeout(resolve, 6 - 2 * seen.length));
    running--;
    return product(shape, a, b);
  });
  const [b, out] = [scalar(1), scalar(0)];
  for (const value of [1, 2, 3]) kernel.matmul(scalar(value), b, out, { accumulate: true });
  await kernel.finished();
  assertEquals([seen, ...await out.read()], [[1, 2, 3], 6]);
});

Deno.test("kernelOfProduct() throws a promise's failure where its result is read, or at the end", async () => {
  const { kernel, scalar } = setUp((shape, a, b) =>
    a[0] === 13 ? Promise.reject(new Error("no luck")) : later(shape, a, b)
  );
  const [bad, b, out, next, other] = [scalar(13), scalar(2), scalar(0), scalar(0), scalar(0)];
  kernel.matmul(bad, b, out);
  kernel.activate("relu", out, next);
  kernel.matmul(b, b, other);
  await assertRejects(() => next.read(), Error, "no luck");
  assertEquals([...await other.read()], [4]);
  await kernel.finished();
  kernel.matmul(bad, b, out);
  await assertRejects(() => kernel.finished(), Error, "no luck");
  // What is written anew is whole again.
  out.write(new Float32Array([5]));
  assertEquals([...await out.read()], [5]);
});

const wrong: Record<string, [returned: unknown, message: string]> = {
  "nothing": [undefined, "the product must have 6 elements for 2x3x4; it is undefined, no array"],
  "a number": [7, "it is number, no array"],
  "too few elements": [new Float32Array(5), "it has 5"],
};

for (const [what, [returned, message]] of Object.entries(wrong)) {
  Deno.test(`kernelOfProduct() says that a product is ${what}`, async () => {
    const run = async (value: unknown) => {
      const kernel = kernelOfProduct("wrong", () => value as Float32Array);
      const [a, b, out] = [[2, 4], [4, 3], [2, 3]].map((shape) => kernel.tensor(shape));
      kernel.matmul(a!, b!, out!);
      await out!.read();
    };
    await assertRejects(() => run(returned), Error, message);
    await assertRejects(() => run(Promise.resolve(returned)), Error, message);
  });
}
