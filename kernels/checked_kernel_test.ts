import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgumentError, DensemarkError, OwnershipError, ShapeError } from "../common/errors.ts";
import { CheckedKernel, CheckedTensor } from "./checked_kernel.ts";
import type { Tensor } from "./kernel.ts";
import { createKernel } from "./registry.ts";

class RecordedTensor extends CheckedTensor {
  declare readonly kernel: RecordingKernel;

  protected store(): void {
    this.kernel.record("store");
  }

  protected load(): Float32Array {
    this.kernel.record("load");
    return new Float32Array(this.size);
  }

  protected free(): void {
    this.kernel.record("free");
  }
}

/** A kernel that computes nothing, but records what it was asked to compute. */
class RecordingKernel extends CheckedKernel<RecordedTensor> {
  readonly name = "recording";
  readonly calls: unknown[] = [];
  /** What the next computation throws. */
  failure: Error | null = null;

  constructor(readonly traits: CheckedKernel<RecordedTensor>["traits"]) {
    super();
  }

  record(...call: readonly unknown[]): void {
    if (this.failure) throw this.failure;
    this.calls.push(call.length === 1 ? call[0] : call);
  }

  protected createTensor(shape: readonly number[], data?: Float32Array): RecordedTensor {
    return new RecordedTensor(this, shape, data);
  }

  protected computeDense(...call: readonly unknown[]): void {
    this.record("dense", ...call);
  }

  protected computeMatmul(...call: readonly unknown[]): void {
    this.record("matmul", ...call);
  }

  protected computeActivation(...call: readonly unknown[]): void {
    this.record("activation", ...call);
  }

  protected computeGradient(...call: readonly unknown[]): void {
    this.record("gradient", ...call);
  }

  protected computeRowSum(...call: readonly unknown[]): void {
    this.record("row sum", ...call);
  }

  protected bytesInUse(): number {
    return 7;
  }

  protected release(): void {
    this.record("release");
  }
}

async function createRecording(): Promise<RecordingKernel> {
  await using naive = await createKernel("naive");
  return new RecordingKernel(naive.traits);
}

Deno.test("CheckedKernel calls computations with dimensions and with the operand of a gradient", async () => {
  const kernel = await createRecording();
  const [x, weight, bias] = [kernel.tensor([2, 2, 3]), kernel.tensor([3, 5]), kernel.tensor([5])];
  const [y, z, dweight] = [kernel.tensor([4, 5]), kernel.tensor([4, 5]), kernel.tensor([3, 5])];
  const dz = kernel.tensor([4, 5]);
  kernel.dense(x, weight, bias, "gelu", y, z);
  kernel.dense(x, weight, null, "relu", y);
  kernel.matmul(x, y, dweight, { transposeA: true, accumulate: true });
  kernel.activate("relu", z, y);
  kernel.activateGradient("gelu", z, y, y, dz);
  kernel.activateGradient("relu", z, y, y, dz);
  kernel.sumRows(y, bias);
  const size = { rows: 4, columns: 5 };
  assertEquals(kernel.calls, [
    ["dense", { m: 4, n: 5, k: 3 }, x, weight, bias, "gelu", y, z],
    ["dense", { m: 4, n: 5, k: 3 }, x, weight, null, "relu", y, null],
    ["matmul", { m: 3, n: 5, k: 4 }, x, true, y, false, dweight, true],
    ["activation", size, "relu", z, y],
    ["gradient", size, "gelu", z, y, dz],
    ["gradient", size, "relu", y, y, dz],
    ["row sum", size, y, bias, false],
  ]);
  assertEquals([y, z, dweight, dz, bias, x].map(({ version }) => version), [3, 1, 1, 2, 1, 0]);
});

Deno.test("CheckedKernel calls no computation with a wrong argument", async () => {
  const kernel = await createRecording();
  await using naive = await createKernel("naive");
  const [a, b, out] = [kernel.tensor([2, 2]), kernel.tensor([2, 2]), kernel.tensor([2, 2])];
  const [wide, vector] = [kernel.tensor([2, 3]), kernel.tensor([2])];
  const gone = kernel.tensor([2, 2]);
  gone[Symbol.dispose]();
  kernel.calls.length = 0;
  /** Every operation, with `each` in the place of each of its operands. */
  const calls = (each: Tensor) => [
    () => kernel.dense(each, b, vector, "relu", out),
    () => kernel.dense(a, each, vector, "relu", out),
    () => kernel.dense(a, b, each, "relu", out),
    () => kernel.dense(a, b, vector, "relu", each),
    () => kernel.dense(a, b, vector, "relu", out, each),
    () => kernel.matmul(each, b, out),
    () => kernel.matmul(a, each, out),
    () => kernel.matmul(a, b, each),
    () => kernel.activate("relu", each, out),
    () => kernel.activate("relu", a, each),
    () => kernel.activateGradient("gelu", each, a, a, out),
    () => kernel.activateGradient("relu", null, each, a, out),
    () => kernel.activateGradient("relu", null, a, each, out),
    () => kernel.activateGradient("relu", null, a, a, each),
    () => kernel.sumRows(each, vector),
    () => kernel.sumRows(a, each),
  ];
  using foreign = naive.tensor([2, 2]);
  for (const call of calls(foreign)) assertThrows(call, OwnershipError, "belongs to");
  for (const call of calls(gone)) assertThrows(call, OwnershipError, "was disposed");
  for (const call of calls(wide)) assertThrows(call, ShapeError);
  const aliased = [
    () => kernel.dense(a, b, null, "relu", a),
    () => kernel.dense(a, b, null, "relu", out, out),
    () => kernel.dense(a, b, null, "relu", out, b),
    () => kernel.matmul(a, b, b),
    () => kernel.activate("relu", a, a),
    () => kernel.activateGradient("relu", null, a, b, a),
    () => kernel.activateGradient("relu", null, a, b, b),
    () => kernel.activateGradient("gelu", out, a, b, out),
    () => kernel.sumRows(vector, vector),
  ];
  for (const call of aliased) assertThrows(call, OwnershipError, "are one tensor");
  assertThrows(() => kernel.activateGradient("gelu", null, a, b, out), ArgumentError, "needs z");
  assertThrows(() => kernel.activate("typo" as "relu", a, out), ArgumentError, "typo");
  assertThrows(() => a.write(new Float32Array(3)), ShapeError);
  assertThrows(() => gone.write(new Float32Array(4)), OwnershipError);
  await assertRejects(() => gone.read(), OwnershipError);
  assertThrows(() => kernel.tensor([-1]), ShapeError);
  assertThrows(() => kernel.tensor([2], new Float32Array(3)), ShapeError);
  gone[Symbol.dispose]();
  assertEquals(kernel.calls, []);
  assertEquals([a, b, out, wide, vector].map(({ version }) => version), [0, 0, 0, 0, 0]);
});

Deno.test("CheckedKernel raises no version where a computation throws", async () => {
  const kernel = await createRecording();
  const [a, out] = [kernel.tensor([1, 1]), kernel.tensor([1, 1])];
  kernel.failure = new DensemarkError("no memory");
  assertThrows(() => kernel.matmul(a, a, out), DensemarkError, "no memory");
  assertThrows(() => out.write(new Float32Array(1)), DensemarkError, "no memory");
  assertEquals(out.version, 0);
});

Deno.test("CheckedKernel is released once, together with its tensors", async () => {
  const kernel = await createRecording();
  const tensor = kernel.tensor([1]);
  assertEquals(kernel.memory(), 7);
  await kernel[Symbol.asyncDispose]();
  await kernel[Symbol.asyncDispose]();
  assertEquals(kernel.calls, ["release"]);
  assertEquals([kernel.memory(), tensor.disposed], [0, true]);
  await kernel.finished();
  assertThrows(() => kernel.tensor([1]), OwnershipError, 'the kernel "recording" was disposed');
  assertThrows(() => tensor.write(new Float32Array(1)), OwnershipError);
});
