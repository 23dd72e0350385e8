/**
 * For tests: the part of `device_testing.ts` about what goes wrong on a GPU:
 * programs that do not compile, memory that is full, devices that are lost.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { DeviceError, MemoryError, OwnershipError } from "../../common/errors.ts";
import type { Kernel, Tensor } from "../kernel.ts";
import { createWebGpuKernel } from "./webgpu.ts";

/** Whole numbers from -3 to 3, in an order that no wrong index would preserve. */
export function whole(length: number, salt: number): Float32Array {
  return Float32Array.from(
    { length },
    (_, i) => ((Math.imul(i + 1 + 7919 * salt, 2654435761) >>> 16) % 7) - 3,
  );
}

/** A tensor of such numbers. */
export function filled(kernel: Kernel, shape: readonly number[], salt: number): Tensor {
  return kernel.tensor(shape, whole(shape.reduce((size, axis) => size * axis, 1), salt));
}

/** An output full of NaN, which shows what is not written. */
export function output(kernel: Kernel, shape: readonly number[]): Tensor {
  const size = shape.reduce((size, axis) => size * axis, 1);
  return kernel.tensor(shape, new Float32Array(size).fill(NaN));
}

/** The bodies of the tests by their titles. */
export const faultTests: Readonly<Record<string, () => Promise<void>>> = {
  "read() throws for a tensor without memory, and for what was computed from it": async () => {
    await using kernel = await createWebGpuKernel();
    const { device } = kernel.open;
    const create = device.createBuffer.bind(device);
    // Larger than any buffer: the error comes later, as it does where the memory is full.
    device.createBuffer = (how) => create({ ...how, size: device.limits.maxBufferSize + 4 });
    const lost = filled(kernel, [3, 3], 1);
    device.createBuffer = create;
    const [good, y] = [filled(kernel, [3, 3], 2), output(kernel, [3, 3])];
    assertEquals(await good.read(), whole(9, 2));
    await assertRejects(() => lost.read(), MemoryError, "no memory for a tensor [3, 3]");
    kernel.matmul(good, lost, y);
    await assertRejects(() => y.read(), MemoryError, "no memory for a tensor [3, 3]");
    kernel.activate("linear", good, y);
    assertEquals(await y.read(), whole(9, 2));
    lost[Symbol.dispose]();
    await kernel.finished().catch(() => {});
    const again = filled(kernel, [3, 3], 3);
    assertEquals(await again.read(), whole(9, 3));
  },

  "read() throws, and names the operation, where a program does not compile": async () => {
    await using kernel = await createWebGpuKernel({
      rewrite: (wgsl) => wgsl.includes("tile_a") ? wgsl.replace("workgroupBarrier();", "x;") : wgsl,
    });
    const [x, weight] = [filled(kernel, [9, 8], 1), filled(kernel, [8, 12], 2)];
    const y = kernel.tensor([9, 12]);
    kernel.dense(x, weight, null, "relu", y);
    const error = await assertRejects(() => y.read(), DeviceError);
    assertMatch(error.message, /^webgpu: dense 9 x 8 x 12, relu: its program is refused: /);
    // What is computed from it is lost too, but nothing else.
    const [next, other] = [output(kernel, [9, 12]), output(kernel, [9, 8])];
    kernel.activate("relu", y, next);
    kernel.activate("linear", x, other);
    await assertRejects(() => next.read(), DeviceError, "dense 9 x 8 x 12");
    assertEquals(await other.read(), whole(72, 1));
    kernel.dense(x, weight, null, "relu", y);
    await assertRejects(() => kernel.finished(), DeviceError, "dense 9 x 8 x 12");
    await kernel.finished();
    y.write(new Float32Array(9 * 12).fill(5));
    assertEquals(await y.read(), new Float32Array(9 * 12).fill(5));
  },

  "rewrite changes the programs of one kernel only": async () => {
    await using changed = await createWebGpuKernel({
      rewrite: (wgsl) => wgsl.replace("var value = sum;", "var value = sum + vec4f(1.0);"),
    });
    await using kernel = await createWebGpuKernel();
    for (const [each, extra] of [[changed, 1], [kernel, 0], [changed, 1]] as const) {
      const y = output(each, [1, 1]);
      each.matmul(filled(each, [1, 1], 1), filled(each, [1, 1], 1), y);
      assertEquals((await y.read())[0], whole(1, 1)[0]! ** 2 + extra);
    }
  },

  "tensor() throws, and names the limit, beyond the limits of the device": async () => {
    await using kernel = await createWebGpuKernel({
      limits: { maxStorageBufferBindingSize: 1024, maxBufferSize: 2 ** 17 },
    });
    for (const shape of [[256], [4, 256], [1024, 1], [2, 2, 2, 128], [0, 300]]) {
      kernel.tensor(shape);
    }
    for (
      const [shape, message] of [
        [[257], "a tensor [257] needs 1028 bytes in one row; this device allows 1024"],
        [[1, 300], "a tensor [1, 300] needs 1200 bytes in one row; this device allows 1024"],
        [
          [129, 256],
          "a tensor [129, 256] needs 132096 bytes in one buffer; this device allows 131072",
        ],
      ] as const
    ) {
      assertThrows(() => kernel.tensor(shape), MemoryError, message);
      assertThrows(() => kernel.tensor(shape, whole(shape[0] * (shape[1] ?? 1), 1)), MemoryError);
    }
  },

  "losing the device rejects what waits, and another kernel works": async () => {
    await using kernel = await createWebGpuKernel();
    const [a, y] = [filled(kernel, [4, 4], 1), kernel.tensor([4, 4])];
    kernel.matmul(a, a, y);
    const pending = [y.read(), kernel.finished()];
    kernel.open.device.destroy();
    for (const each of await Promise.allSettled(pending)) {
      // Work that was done before the loss may still arrive.
      if (each.status === "rejected") assert(each.reason instanceof DeviceError);
    }
    await kernel.open.device.lost;
    await assertRejects(() => y.read(), DeviceError, "the device was lost");
    await assertRejects(() => kernel.finished(), DeviceError, "make another kernel");
    assertThrows(() => kernel.matmul(a, a, y), DeviceError);
    assertThrows(() => kernel.tensor([2]), DeviceError);
    await using another = await createWebGpuKernel();
    const b = another.tensor([1], new Float32Array([3]));
    assertEquals(await b.read(), new Float32Array([3]));
  },

  "losing the device rejects a read that the device never answers": async () => {
    await using kernel = await createWebGpuKernel();
    const { device } = kernel.open;
    const create = device.createBuffer.bind(device);
    device.createBuffer = (how) =>
      Object.assign(create(how), { mapAsync: () => new Promise<undefined>(() => {}) });
    const pending = filled(kernel, [40, 40], 1).read();
    // By then it is submitted, and waits.
    setTimeout(() => device.destroy(), 20);
    await assertRejects(() => pending, DeviceError, "the device was lost");
  },

  "disposal rejects what waits and frees the device's memory": async () => {
    const kernel = await createWebGpuKernel();
    const [a, y] = [filled(kernel, [4, 4], 1), kernel.tensor([4, 4])];
    kernel.matmul(a, a, y);
    const pending = Promise.allSettled([y.read()]);
    await kernel[Symbol.asyncDispose]();
    const [outcome] = await pending;
    assert(outcome?.status === "rejected" && outcome.reason instanceof OwnershipError);
    assert(a.disposed && y.disposed);
    assertEquals((await kernel.open.device.lost).reason, "destroyed");
    await kernel.finished();
    await kernel[Symbol.asyncDispose]();
  },
};
