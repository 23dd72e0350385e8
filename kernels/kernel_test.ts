import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { activations } from "./activation.ts";
import { ArgumentError, MemoryError, OwnershipError, ShapeError } from "../common/errors.ts";
import { createKernel, type KernelName, kernelNames, listKernels } from "./registry.ts";
import { kernelsHere } from "./kernels_testing.ts";

// One body for all kernels. Their arithmetic is tested by the verifier; here is what its checks do not reach.
for (const name of await kernelsHere()) {
  Deno.test(`${name}: dense() adds the bias once, after the sum`, async () => {
    await using kernel = await createKernel(name);
    using x = kernel.tensor([1, 2], new Float32Array([1, 2]));
    using weight = kernel.tensor([2, 2], new Float32Array([1, 2, 3, 4]));
    using bias = kernel.tensor([2], new Float32Array([10, -20]));
    using y = kernel.tensor([1, 2]);
    using z = kernel.tensor([1, 2]);
    kernel.dense(x, weight, bias, "relu", y, z);
    assertEquals([...await z.read()], [17, -10]);
    assertEquals([...await y.read()], [17, 0]);
  });

  Deno.test(`${name}: dense() with k = 0 is the bias`, async () => {
    await using kernel = await createKernel(name);
    using x = kernel.tensor([2, 0]);
    using weight = kernel.tensor([0, 2]);
    using bias = kernel.tensor([2], new Float32Array([3, 4]));
    using y = kernel.tensor([2, 2], new Float32Array(4).fill(NaN));
    kernel.dense(x, weight, bias, "linear", y);
    assertEquals([...await y.read()], [3, 4, 3, 4]);
  });

  Deno.test(`${name}: dense() takes the leading axes of x as rows`, async () => {
    await using kernel = await createKernel(name);
    using x = kernel.tensor([2, 1, 3, 1], new Float32Array([1, 2, 3, 4, 5, 6]));
    using weight = kernel.tensor([1, 1], new Float32Array([2]));
    using y = kernel.tensor([2, 1, 3, 1]);
    kernel.dense(x, weight, null, "linear", y);
    assertEquals([...await y.read()], [2, 4, 6, 8, 10, 12]);
  });

  Deno.test(`${name}: write() and read() copy the data of a tensor`, async () => {
    await using kernel = await createKernel(name);
    const data = new Float32Array([1, 2]);
    using tensor = kernel.tensor([2], data);
    data[0] = 9;
    const read = await tensor.read();
    read[1] = 9;
    assertEquals([...await tensor.read()], [1, 2]);
  });

  Deno.test(`${name}: a disposed kernel and its tensors throw`, async () => {
    const kernel = await createKernel(name);
    const tensor = kernel.tensor([1]);
    const [a, b, c] = [kernel.tensor([1, 1]), kernel.tensor([1, 1]), kernel.tensor([1, 1])];
    await kernel[Symbol.asyncDispose]();
    assert(tensor.disposed);
    const operations = [
      () => kernel.tensor([1]),
      () => kernel.dense(a, b, tensor, "relu", c),
      () => kernel.matmul(a, b, c),
      () => kernel.activate("relu", a, b),
      () => kernel.activateGradient("relu", null, a, b, c),
      () => kernel.sumRows(a, tensor),
    ];
    for (const operation of operations) {
      assertThrows(operation, OwnershipError, `the kernel "${name}" was disposed`);
    }
    assertThrows(() => tensor.write(new Float32Array(1)), OwnershipError, "was disposed");
    // What is over waits for nothing and takes nothing, and can be over twice.
    await kernel.finished();
    assertEquals(kernel.memory?.(), 0);
    tensor[Symbol.dispose]();
    await kernel[Symbol.asyncDispose]();
    await assertRejects(() => tensor.read(), OwnershipError, "the tensor [1] was disposed");
  });

  Deno.test(`${name}: a tensor of another kernel is refused with both names`, async () => {
    await using kernel = await createKernel(name);
    await using other = await createKernel("naive");
    using a = other.tensor([1, 1]);
    using b = kernel.tensor([1, 1]);
    using out = kernel.tensor([1, 1]);
    assertThrows(
      () => kernel.matmul(a, b, out),
      OwnershipError,
      `a belongs to the kernel "naive", this operation to ${
        name === "naive" ? "another kernel of that name" : `"${name}"`
      }; copy it`,
    );
  });

  Deno.test(`${name}: memory() grows with tensors and shrinks with their disposal`, async () => {
    await using kernel = await createKernel(name);
    const before = kernel.memory?.() ?? NaN;
    const weight = kernel.tensor([100, 50]);
    const after = kernel.memory?.() ?? NaN;
    // The elements, plus at most an eighth and a few hundred bytes.
    assert(after - before >= 20_000 && after - before < 24_000, `${before} to ${after}`);
    using x = kernel.tensor([64, 100]);
    using y = kernel.tensor([64, 50]);
    const tensors = kernel.memory?.() ?? NaN;
    kernel.dense(x, weight, null, "linear", y);
    await y.read();
    // The kernel may have packed the weight.
    assert((kernel.memory?.() ?? NaN) >= tensors);
    weight[Symbol.dispose]();
    await kernel.finished();
    const left = kernel.memory?.() ?? NaN;
    assert(left <= tensors - (after - before), `${left} of ${tensors}`);
    weight[Symbol.dispose]();
    assertEquals(kernel.memory?.(), left);
    await kernel[Symbol.asyncDispose]();
    assertEquals(kernel.memory?.(), 0);
  });

  Deno.test(`${name}: traits give an error for every activation`, async () => {
    await using kernel = await createKernel(name);
    // Where operations may round either way, as on a GPU, divisions count with 2.5 ULP.
    const most = kernel.traits.rounding === "either" ? 10 : 4;
    for (const activation of activations) {
      const ulp = kernel.traits.activationUlp[activation];
      assert(ulp >= 0 && ulp <= most, `${activation}: ${ulp}`);
    }
  });
}

Deno.test("dense() names the dimensions that do not fit", async () => {
  await using kernel = await createKernel("naive");
  using x = kernel.tensor([2, 3]);
  using weight = kernel.tensor([4, 5]);
  using y = kernel.tensor([2, 5]);
  assertThrows(
    () => kernel.dense(x, weight, null, "linear", y),
    ShapeError,
    "x [2, 3] has 3 columns and weight [4, 5] 4 rows; they must be equal",
  );
});

Deno.test("tensor() throws for shapes that no array has", async () => {
  await using kernel = await createKernel("naive");
  for (const shape of [[], [-1], [1.5], [NaN], [2 ** 20, 2 ** 20]]) {
    assertThrows(() => kernel.tensor(shape), ShapeError);
  }
  assertThrows(
    () => kernel.tensor([2, 2], new Float32Array(3)),
    ShapeError,
    "the shape [2, 2] holds 4 elements; got data of 3",
  );
});

Deno.test("tensor() throws a MemoryError where the JavaScript heap has no room, and loses nothing", async () => {
  await using kernel = await createKernel("naive");
  using kept = kernel.tensor([2], new Float32Array([1, 2]));
  const whole = globalThis.Float32Array;
  // A heap that is full: to fill it takes minutes.
  globalThis.Float32Array = new Proxy(whole, {
    construct: () => {
      throw new RangeError("Array buffer allocation failed");
    },
  });
  try {
    assertThrows(() => kernel.tensor([3, 4]), MemoryError, "no memory for a tensor [3, 4], 48 b");
  } finally {
    globalThis.Float32Array = whole;
  }
  assertEquals(kernel.memory?.(), 8);
  assertEquals([...await kept.read()], [1, 2]);
});

Deno.test("activate() lists the activations where one is unknown", async () => {
  await using kernel = await createKernel("naive");
  using x = kernel.tensor([1, 1]);
  assertThrows(
    () => kernel.activate("swish2" as "relu", x, x),
    ArgumentError,
    'unknown activation "swish2"; there are linear, relu',
  );
});

Deno.test("createKernel() lists the kernels where one is unknown", async () => {
  for (const name of ["fast", "toString", "__proto__", ""]) {
    await assertRejects(
      () => createKernel(name as KernelName),
      ArgumentError,
      `unknown kernel ${JSON.stringify(name)}; there are ${kernelNames.join(", ")}`,
    );
  }
});

Deno.test("listKernels() lists every kernel in the ladder's order", async () => {
  assertEquals((await listKernels()).map(({ name }) => name), [...kernelNames]);
});
