import { assertEquals, assertRejects } from "@std/assert";
import { ArgumentError, OwnershipError } from "../common/errors.ts";
import { readAll } from "./read_all.ts";
import { kernelsHere } from "./kernels_testing.ts";
import { createKernel } from "./registry.ts";

const here = await kernelsHere();

Deno.test("readAll() reads tensors of every kernel, in their order", async () => {
  for (const name of here) {
    await using kernel = await createKernel(name);
    await using other = await createKernel("naive");
    using a = kernel.tensor([2], [1, 2]);
    using b = other.tensor([1, 1], [3]);
    using c = kernel.tensor([0]);
    const read: [Float32Array, Float32Array, Float32Array, Float32Array] = await readAll(
      [a, b, c, a],
    );
    assertEquals(read.map((values) => [...values]), [[1, 2], [3], [], [1, 2]], name);
    assertEquals(await readAll([]), []);
  }
});

Deno.test("readAll() says which is no tensor, and rejects for one that was disposed", async () => {
  await using kernel = await createKernel("naive");
  using a = kernel.tensor([1]);
  const gone = kernel.tensor([2]);
  gone[Symbol.dispose]();
  await assertRejects(() => readAll([a, gone]), OwnershipError, "[2] was disposed");
  await assertRejects(
    () => readAll([a, a.read()] as never),
    ArgumentError,
    "tensor 1 of readAll() must be a tensor; got a Promise",
  );
  await assertRejects(() => readAll(a as never), ArgumentError, "readAll() takes an array");
});
