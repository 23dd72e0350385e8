import { assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import { createKernel } from "../kernels/registry.ts";
import { Dense } from "./dense.ts";
import { matmul } from "./matmul.ts";
import { Sequential } from "./sequential.ts";

Deno.test("predict() feeds each layer the result of the one before", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential(kernel, [
    new Dense(kernel, { units: 2, kernelInitializer: "ones", activation: "relu" }),
    new Dense(kernel, { units: 1, kernelInitializer: "ones", biasInitializer: "ones" }),
  ]);
  using x = kernel.tensor([2, 2], new Float32Array([1, 2, -5, 1]));
  using y = model.predict(x);
  assertEquals([...await y.read()], [7, 1]);
  assertEquals(x.disposed, false);
});

Deno.test("Sequential() throws without layers, and for layers of another kernel", async () => {
  await using kernel = await createKernel("naive");
  await using other = await createKernel("blocked");
  assertThrows(() => new Sequential(kernel, []), ArgumentError, "at least one layer");
  assertThrows(
    () => new Sequential(kernel, [new Dense(other, { units: 1, name: "d" })]),
    OwnershipError,
    `layer 'd' is on the kernel "blocked", the Sequential on "naive"`,
  );
});

Deno.test("predict() passes on the error of a layer", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential(kernel, [new Dense(kernel, { units: 1 })]);
  using x = kernel.tensor([4]);
  assertThrows(() => model.predict(x), ShapeError, "expected min_ndim=2");
});

Deno.test("matmul() throws for shapes that do not fit", async () => {
  await using kernel = await createKernel("naive");
  using a = kernel.tensor([2, 3]);
  assertThrows(
    () => matmul(kernel, a, a),
    ShapeError,
    "a [2, 3] has 3 columns and b [2, 3] 2 rows; they must be equal",
  );
});
