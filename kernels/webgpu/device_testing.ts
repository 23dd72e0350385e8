/**
 * For tests: the bodies of the tests of the kernel webgpu that need a device,
 * once for every implementation of WebGPU. `webgpu_test.ts` runs them in Deno, a
 * test in verify/browser in a page; nothing is registered here. Each throws where
 * something is wrong. Expected values are exactly those of naive.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { activations, gradientNeedsZ } from "../activation.ts";
import type { Kernel, MatmulOptions, Tensor } from "../kernel.ts";
import { createKernel } from "../registry.ts";
import { faultTests, filled, output, whole } from "./faults_testing.ts";
import { formulaTests } from "./formulas_testing.ts";
import { partsTests } from "./parts_testing.ts";
import { layOutProduct, type ProductShape, tiles } from "./product_layout.ts";
import { createWebGpuKernel } from "./webgpu.ts";

/** One product with every epilogue: plain, accumulated, and with bias and relu. */
async function products(
  kernel: Kernel,
  { m, n, k }: Pick<ProductShape, "m" | "n" | "k">,
  options: MatmulOptions,
): Promise<Float32Array[]> {
  const { transposeA = false, transposeB = false } = options;
  const a = filled(kernel, transposeA ? [k, m] : [m, k], 1);
  const b = filled(kernel, transposeB ? [n, k] : [k, n], 2);
  const outputs = [output(kernel, [m, n]), filled(kernel, [m, n], 3)] as const;
  kernel.matmul(a, b, outputs[0], options);
  kernel.matmul(a, b, outputs[1], { ...options, accumulate: true });
  const more: Tensor[] = [];
  if (!transposeA && !transposeB) {
    more.push(output(kernel, [m, n]), output(kernel, [m, n]));
    kernel.dense(a, b, filled(kernel, [n], 4), "relu", more[0]!, more[1]);
  }
  return await Promise.all([...outputs, ...more].map((tensor) => tensor.read()));
}

// Whole tiles, more than whole tiles by vec4, and lengths that are not multiples of 4.
const shapesOf = (rows: number, columns: number) => [
  { m: 2 * rows, n: columns, k: 32 },
  { m: rows + 4, n: columns + 4, k: 20 },
  { m: rows - 1, n: columns + 3, k: 17 },
];
const transposes: readonly MatmulOptions[] = [
  {},
  { transposeB: true },
  { transposeA: true },
  { transposeA: true, transposeB: true },
];

async function compareForced(force: ProductShape["force"], rows: number, columns: number) {
  await using naive = await createKernel("naive");
  await using kernel = await createWebGpuKernel(force ? { force } : {});
  for (const [i, shape] of shapesOf(rows, columns).entries()) {
    for (const [j, options] of transposes.entries()) {
      // Large programs take long to compile on a processor, so each shape has only two of the transposes.
      if (rows > 32 && j !== 0 && j !== i + 1) continue;
      const [got, want] = await Promise.all([
        products(kernel, shape, options),
        products(naive, shape, options),
      ]);
      assertEquals(got, want, JSON.stringify({ force, shape, options }));
    }
  }
}

/** A network of layers, without Dense, which kernels do not know: forward, then backward. */
function network(kernel: Kernel, depth: number): { run: () => Tensor[] } {
  const weights = Array.from({ length: depth }, (_, i) => filled(kernel, [24, 24], i));
  const xs = Array.from({ length: depth + 1 }, (_, i) => filled(kernel, [9, 24], i));
  const dys = Array.from({ length: depth + 1 }, (_, i) => filled(kernel, [9, 24], i + 20));
  const gradients = weights.map((_, i) => filled(kernel, [24, 24], i));
  return {
    run: () => {
      for (const [i, weight] of weights.entries()) {
        kernel.dense(xs[i]!, weight, null, "tanh", xs[i + 1]!);
      }
      for (const [i, weight] of [...weights.entries()].reverse()) {
        const dz = kernel.tensor([9, 24]);
        kernel.activateGradient("tanh", null, xs[i + 1]!, dys[i + 1]!, dz);
        kernel.matmul(xs[i]!, dz, gradients[i]!, { transposeA: true });
        kernel.matmul(dz, weight, dys[i]!, { transposeB: true });
        dz[Symbol.dispose]();
      }
      return [xs.at(-1)!, ...gradients];
    },
  };
}

/** The bodies of the tests by their titles. */
export const deviceTests: Readonly<Record<string, () => Promise<void>>> = {
  ...faultTests,
  ...formulaTests,
  ...partsTests,
  ...Object.fromEntries(tiles.map((tile) => [
    `the tile of ${tile.rows} x ${tile.columns} is exact on both sides of its edges`,
    () => compareForced(tile, tile.rows, tile.columns),
  ])),

  "the programs for few rows are exact beyond one pass of their loops": async () => {
    await using naive = await createKernel("naive");
    await using kernel = await createWebGpuKernel();
    for (const [m, n] of [[1, 70], [3, 70], [70, 1]] as const) {
      for (const transposeB of [false, true]) {
        const shape = { m, n, k: 301 };
        const [got, want] = await Promise.all([
          products(kernel, shape, { transposeB }),
          products(naive, shape, { transposeB }),
        ]);
        assertEquals(got, want, JSON.stringify({ shape, transposeB }));
      }
    }
  },

  "pieces of k add up to the same bits in every run": async () => {
    await using naive = await createKernel("naive");
    await using kernel = await createWebGpuKernel();
    for (const [m, n] of [[1, 7], [8, 20], [33, 3]] as const) {
      const shape = { m, n, k: 2100, transposeA: false, transposeB: false };
      assert(layOutProduct(shape, kernel.open.device.limits).splits > 1);
      assertEquals(await products(kernel, shape, {}), await products(naive, shape, {}));
      const noise = (length: number) => whole(length, 5).map((value, i) => value / (i % 97 + 3));
      const x = kernel.tensor([m, 2100], noise(m * 2100));
      const weight = kernel.tensor([2100, n], noise(2100 * n));
      const results = [];
      for (let time = 0; time < 5; time++) {
        const y = output(kernel, [m, n]);
        kernel.dense(x, weight, null, "tanh", y);
        results.push(await y.read());
      }
      for (const result of results) assertEquals(result, results[0]);
    }
  },

  "a network, forward and backward, is one submit": async () => {
    await using kernel = await createWebGpuKernel();
    const { run } = network(kernel, 5);
    const results = run();
    await results[0]!.read();
    const before = kernel.recorder.submits;
    const again = run();
    // Returning to the event loop does not submit what is recorded.
    await new Promise((resolve) => setTimeout(resolve, 0));
    assertEquals(kernel.recorder.submits, before);
    await Promise.all(again.map((tensor) => tensor.read()));
    assertEquals(kernel.recorder.submits, before + 1);
    await kernel.finished();
    assertEquals(kernel.recorder.submits, before + 1);
  },

  "reads that are asked for together share one submit and one wait": async () => {
    await using kernel = await createWebGpuKernel();
    const { mapAsync } = GPUBuffer.prototype;
    let waits = 0;
    GPUBuffer.prototype.mapAsync = function (...args) {
      waits++;
      return mapAsync.apply(this, args);
    };
    const readAll = (tensors: readonly Tensor[]) => Promise.all(tensors.map((each) => each.read()));
    try {
      const few = Array.from({ length: 50 }, (_, i) => filled(kernel, [i % 7 + 1], i));
      // Those of [1000] do not fit into one staging buffer, and one that is not small has its own.
      const more = Array.from({ length: 40 }, (_, i) => filled(kernel, [1000], i));
      const many = [...few, ...more, filled(kernel, [5000], 1)];
      for (const { tensors, most } of [{ tensors: few, most: 1 }, { tensors: many, most: 5 }]) {
        const submits = kernel.recorder.submits;
        waits = 0;
        const read = await readAll(tensors);
        assertEquals(kernel.recorder.submits, submits + 1);
        assert(waits <= most, `${waits} waits for ${read.length} reads`);
        for (const [i, values] of read.entries()) {
          assertEquals(values, await tensors[i]!.read());
          assertEquals(values.buffer.byteLength, values.byteLength);
        }
      }
      const [first] = few;
      const before = first!.read();
      first!.write(new Float32Array([7]));
      const [old, now] = await Promise.all([before, first!.read()]);
      assertEquals([...old, ...now], [whole(1, 0)[0]!, 7]);
    } finally {
      GPUBuffer.prototype.mapAsync = mapAsync;
    }
  },

  "a long queue is submitted in parts, and buffers are reused": async () => {
    await using kernel = await createWebGpuKernel();
    const { run } = network(kernel, 4);
    run();
    await kernel.finished();
    run();
    await kernel.finished();
    const [submits, bytes] = [kernel.recorder.submits, kernel.recorder.totalBytes];
    for (let time = 0; time < 100; time++) run();
    assert(kernel.recorder.submits > submits + 2);
    await kernel.finished();
    assert(kernel.recorder.totalBytes <= bytes + 100 * 4 * 9 * 24 * 4);
    const settled = kernel.recorder.totalBytes;
    for (let time = 0; time < 100; time++) run();
    await kernel.finished();
    assertEquals(kernel.recorder.totalBytes, settled);
  },

  "write() comes after what was recorded before it, read() before what is recorded later":
    async () => {
      await using kernel = await createWebGpuKernel();
      const x = kernel.tensor([1, 2], new Float32Array([1, 2]));
      const weight = kernel.tensor([2, 1], new Float32Array([1, 1]));
      const [y, z] = [kernel.tensor([1, 1]), kernel.tensor([1, 1])];
      kernel.dense(x, weight, null, "linear", y);
      x.write(new Float32Array([10, 20]));
      kernel.dense(x, weight, null, "linear", z);
      const early = y.read();
      kernel.dense(x, weight, null, "linear", y);
      weight.write(new Float32Array([0, 0]));
      assertEquals((await Promise.all([early, y.read(), z.read()])).map(([value]) => value), [
        3,
        30,
        30,
      ]);
    },

  "a tensor without data is zeros, also in a reused buffer": async () => {
    await using kernel = await createWebGpuKernel();
    for (let time = 0; time < 3; time++) {
      const used = [1, 2, 3, 4].map(() =>
        kernel.tensor([8, 8], new Float32Array(64).fill(7 + time))
      );
      for (const tensor of used) tensor[Symbol.dispose]();
      await kernel.finished();
      const [read, operand, sum] = [1, 2, 3].map(() => kernel.tensor([8, 8])) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const ones = kernel.tensor([8, 8], new Float32Array(64).fill(1));
      const y = output(kernel, [8, 8]);
      kernel.matmul(ones, operand, y);
      kernel.matmul(ones, ones, sum, { accumulate: true });
      assertEquals(await read.read(), new Float32Array(64));
      assertEquals(await y.read(), new Float32Array(64));
      assertEquals(await sum.read(), new Float32Array(64).fill(8));
      for (const tensor of [read, operand, sum, ones, y]) tensor[Symbol.dispose]();
    }
  },

  "a padded weight is never stale, whatever changed it": async () => {
    // Of an odd width, and large enough to be padded at the second use.
    const [m, n, k] = [20, 66, 67];
    const changes: Record<string, (kernel: Kernel, weight: Tensor) => void> = {
      write: (_, weight) => weight.write(whole(n * k, 11)),
      matmul: (kernel, weight) =>
        kernel.matmul(filled(kernel, [k, 3], 1), filled(kernel, [3, n], 2), weight),
      accumulate: (kernel, weight) =>
        kernel.matmul(filled(kernel, [k, 3], 1), filled(kernel, [3, n], 2), weight, {
          accumulate: true,
        }),
      dense: (kernel, weight) =>
        kernel.dense(filled(kernel, [k, 2], 1), filled(kernel, [2, n], 2), null, "relu", weight),
      z: (kernel, weight) =>
        kernel.dense(
          filled(kernel, [k, 2], 1),
          filled(kernel, [2, n], 2),
          null,
          "relu",
          kernel.tensor([k, n]),
          weight,
        ),
      activate: (kernel, weight) => kernel.activate("relu", filled(kernel, [k, n], 9), weight),
    };
    const run = async (kernel: Kernel, change: string) => {
      const weight = filled(kernel, [k, n], 2);
      const [x, dz] = [filled(kernel, [m, k], 3), filled(kernel, [m, n], 4)];
      const results: Float32Array[] = [];
      for (let round = 0; round < 2; round++) {
        for (let use = 0; use < 3; use++) {
          const [y, dx] = [output(kernel, [m, n]), output(kernel, [m, k])];
          kernel.dense(x, weight, null, "linear", y);
          kernel.matmul(dz, weight, dx, { transposeB: true });
          results.push(await y.read(), await dx.read());
        }
        changes[change]!(kernel, weight);
      }
      weight[Symbol.dispose]();
      return results;
    };
    await using naive = await createKernel("naive");
    await using kernel = await createWebGpuKernel();
    for (const change of Object.keys(changes)) {
      assertEquals(await run(kernel, change), await run(naive, change), change);
    }
    assert([...kernel.pipelines.keys()].includes("pad"));
  },

  "workgroups beyond the limit of one dimension are dispatched": async () => {
    await using naive = await createKernel("naive");
    await using kernel = await createWebGpuKernel({
      limits: { maxComputeWorkgroupsPerDimension: 3 },
    });
    const run = async (kernel: Kernel) => {
      const [wide, tall, z] = [
        output(kernel, [1, 70 * 64]),
        output(kernel, [70, 70]),
        output(kernel, [70, 70]),
      ];
      kernel.matmul(filled(kernel, [1, 3], 1), filled(kernel, [3, 70 * 64], 2), wide);
      kernel.matmul(filled(kernel, [70, 3], 1), filled(kernel, [3, 70], 2), tall);
      kernel.activate("relu", tall, z);
      return await Promise.all([wide, tall, z].map((tensor) => tensor.read()));
    };
    assertEquals(await run(kernel), await run(naive));
  },

  "no finite input gives NaN, in activations, gradients and softmax": async () => {
    await using kernel = await createWebGpuKernel();
    const inputs: number[] = [0, -0];
    for (let exponent = -149; exponent < 128; exponent++) {
      for (const factor of [1, 1.37, 1.99]) {
        const value = Math.fround(factor * 2 ** exponent);
        inputs.push(value, -value);
      }
    }
    const shape = [inputs.length];
    const z = kernel.tensor(shape, new Float32Array(inputs));
    const ones = kernel.tensor(shape, new Float32Array(inputs.length).fill(1));
    for (const activation of activations) {
      const [y, dz] = [output(kernel, shape), output(kernel, shape)];
      kernel.activate(activation, z, y);
      kernel.activateGradient(activation, gradientNeedsZ(activation) ? z : null, y, ones, dz);
      const [values, slopes] = await Promise.all([y.read(), dz.read()]);
      for (const [i, input] of inputs.entries()) {
        assert(!Number.isNaN(values[i]), `${activation}(${input}) is NaN`);
        // Where y is infinite, which is right for exponential and selu, there is no slope.
        const finite = Number.isFinite(values[i]);
        assert(!finite || !Number.isNaN(slopes[i]), `${activation}'(${input}) is NaN`);
      }
    }
  },

  "time() gives seconds of the device, where it has timestamps": async () => {
    await using kernel = await createWebGpuKernel();
    if (!kernel.open.timestamps) return;
    const [a, y] = [filled(kernel, [64, 64], 1), kernel.tensor([64, 64])];
    kernel.matmul(a, a, y);
    await kernel.finished();
    const seconds = await kernel.recorder.time(() => kernel.matmul(a, a, y));
    assert(seconds >= 0 && seconds < 10, `${seconds}`);
  },
};
