/**
 * For tests: the part of `device_testing.ts` about tensors that cannot be bound as
 * a whole. A kernel with a limit of 16 KiB is compared with naive on whole numbers,
 * exactly, or with a kernel without that limit, bit for bit.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { activations, gradientNeedsZ } from "../activation.ts";
import { add, max, mul, operand, parameter, perColumn, perRow } from "../formula/expression.ts";
import { formula } from "../formula/formula.ts";
import type { Kernel, MatmulOptions, Tensor } from "../kernel.ts";
import { createKernel } from "../registry.ts";
import { filled, output } from "./faults_testing.ts";
import { createWebGpuKernel } from "./webgpu.ts";
import type { WebGpuKernel } from "./webgpu_kernel.ts";

const limit = 2 ** 14;

/** What {@linkcode limited} makes. */
interface Limited extends AsyncDisposable {
  readonly kernel: WebGpuKernel;
  readonly inner: () => number;
}

/** A kernel that binds no more than the limit, which is checked, and counts how many bindings begin within a buffer. */
async function limited(): Promise<Limited> {
  const kernel = await createWebGpuKernel({ limits: { maxStorageBufferBindingSize: limit } });
  const { device } = kernel.open;
  const create = device.createBindGroup.bind(device);
  let inner = 0;
  device.createBindGroup = (how) => {
    for (const { resource } of how.entries) {
      const { size = Infinity, offset = 0 } = resource as GPUBufferBinding;
      assert(size <= limit, `${size} bytes are bound`);
      if (offset > 0) inner++;
    }
    return create(how);
  };
  return {
    kernel,
    inner: () => inner,
    [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
  };
}

const readAll = (tensors: readonly Tensor[]) => Promise.all(tensors.map((tensor) => tensor.read()));

/** What an operation gives on both kernels; returns how many bindings began within a buffer. */
async function compare(
  { kernel, inner }: Limited,
  other: Kernel,
  run: (kernel: Kernel) => Tensor[],
  what: string,
): Promise<number> {
  const before = inner();
  const [got, want] = [await readAll(run(kernel)), await readAll(run(other))];
  for (const [i, values] of got.entries()) {
    const at = values.findIndex((value, j) => !Object.is(value, want[i]![j]));
    assertEquals([at, values[at]], [-1, undefined], `${what}, output ${i}: ${want[i]![at]}`);
  }
  await kernel.finished();
  return inner() - before;
}

/** Sizes m, n, k of which y, a or b are beyond the limit: whole multiples of the alignment, odd ones, and rows as long as the limit. */
const products = [
  [192, 128, 64],
  [67, 96, 70],
  [70, 67, 201],
  [5, 1000, 40],
  [130, 5, 129],
  [1, 300, 64],
  [300, 1, 65],
  [3, 4096, 3],
  [65, 64, 65],
] as const;

/** The bodies of the tests by their titles. */
export const partsTests: Readonly<Record<string, () => Promise<void>>> = {
  "products of tensors beyond the limit of a binding are exact": async () => {
    await using naive = await createKernel("naive");
    await using own = await limited();
    let inner = 0;
    for (const [m, n, k] of products) {
      for (const t of [0, 1, 2, 3]) {
        const options: MatmulOptions = { transposeA: t % 2 === 1, transposeB: t > 1 };
        const [a, b] = [
          options.transposeA ? [k, m] : [m, k],
          options.transposeB ? [n, k] : [k, n],
        ];
        // Rows may not be longer than the limit.
        if ([a, b].some((shape) => 4 * shape[1]! > limit)) continue;
        inner += await compare(own, naive, (kernel) => {
          const [x, weight] = [filled(kernel, a, 1), filled(kernel, b, 2)];
          const [y, sum] = [output(kernel, [m, n]), filled(kernel, [m, n], 3)];
          kernel.matmul(x, weight, y, options);
          kernel.matmul(x, weight, sum, { ...options, accumulate: true });
          return [y, sum];
        }, JSON.stringify({ m, n, k, options }));
      }
    }
    assert(inner > 20, `${inner}`);
  },

  "a part of a product does not read infinities of the next one": async () => {
    await using naive = await createKernel("naive");
    await using own = await limited();
    // Parts of five steps of k, in rows of whole vec4, and of more rows than those of a method for few.
    const [m, n, k] = [10, 704, 40];
    await compare(own, naive, (kernel) => {
      const values = new Float32Array(m * k).map((_, i) => i % k === 5 ? Infinity : 1);
      const weight = new Float32Array(k * n).fill(1);
      const y = output(kernel, [m, n]);
      kernel.matmul(kernel.tensor([m, k], values), kernel.tensor([k, n], weight), y);
      return [y];
    }, `${m} x ${k} x ${n}`);
  },

  "dense(), denseMap() and sumRows() of tensors beyond the limit of a binding are exact":
    async () => {
      await using naive = await createKernel("naive");
      await using own = await limited();
      const twice = formula(mul(max(operand(0), 1), 2));
      for (const [m, n, k] of products) {
        if (4 * Math.max(n, k) > limit) continue;
        await compare(own, naive, (kernel) => {
          const [x, weight] = [filled(kernel, [m, k], 1), filled(kernel, [k, n], 2)];
          const bias = filled(kernel, [n], 3);
          const outputs = [0, 1, 2, 3, 4].map(() => output(kernel, [m, n]));
          const sums = [output(kernel, [n]), filled(kernel, [n], 4)];
          kernel.dense(x, weight, bias, "relu", outputs[0]!, outputs[1]);
          kernel.dense(x, weight, null, "linear", outputs[2]!);
          kernel.denseMap!(x, weight, bias, twice, outputs[3]!, outputs[4]);
          kernel.sumRows(outputs[0]!, sums[0]!);
          kernel.sumRows(outputs[1]!, sums[1]!, { accumulate: true });
          return [...outputs, ...sums];
        }, `${m} x ${k} x ${n}`);
      }
    },

  "activations and gradients of tensors beyond the limit of a binding have the same bits":
    async () => {
      await using whole = await createWebGpuKernel();
      await using own = await limited();
      for (const shape of [[130, 64], [67, 103], [4, 4096], [5, 3001]]) {
        for (const activation of activations) {
          await compare(own, whole, (kernel) => {
            const [z, dy] = [filled(kernel, shape, 1), filled(kernel, shape, 2)];
            const [y, dz] = [output(kernel, shape), output(kernel, shape)];
            kernel.activate(activation, z, y);
            kernel.activateGradient(activation, gradientNeedsZ(activation) ? z : null, y, dy, dz);
            return [y, dz];
          }, `${activation} of ${shape.join(" x ")}`);
        }
      }
    },

  "softmax of a product beyond the limit of a binding has the same bits, with z and without":
    async () => {
      await using whole = await createWebGpuKernel();
      await using own = await limited();
      for (const [m, n] of [[70, 101], [192, 64]] as const) {
        await compare(own, whole, (kernel) => {
          const [x, weight] = [filled(kernel, [m, 8], 1), filled(kernel, [8, n], 2)];
          const outputs = [0, 1, 2].map(() => output(kernel, [m, n]));
          kernel.dense(x, weight, null, "softmax", outputs[0]!, outputs[1]);
          kernel.dense(x, weight, null, "softmax", outputs[2]!);
          return outputs;
        }, `${m} x ${n}`);
      }
    },

  "formulas, reductions and copies of tensors beyond the limit of a binding are exact":
    async () => {
      await using naive = await createKernel("naive");
      await using own = await limited();
      const mixed = formula(
        add(mul(operand(0), perRow(1)), add(perColumn(2), mul(operand(3), parameter(0)))),
        add(operand(0), operand(3)),
      );
      const pair = formula(add(mul(operand(0), perRow(1)), perColumn(2)));
      const shapes = [[130, 64], [67, 103], [3, 4096], [4, 3001], [3000, 3]];
      for (const [rows, columns] of shapes as [number, number][]) {
        const shape = [rows, columns];
        await compare(own, naive, (kernel) => {
          const [a, b] = [filled(kernel, shape, 1), filled(kernel, shape, 2)];
          const [left, top] = [filled(kernel, [rows], 3), filled(kernel, [columns], 4)];
          const out = output(kernel, shape);
          // In place: b is read and written.
          kernel.map!(mixed, [a, left, top, b], [out, b], [3]);
          const reduced = (["sum", "max"] as const).flatMap((reduction) =>
            (["rows", "columns"] as const).map((along) => {
              const values = output(kernel, [along === "rows" ? rows : columns]);
              kernel.reduce!(reduction, along, pair, [a, left, top], values);
              return values;
            })
          );
          const copy = output(kernel, [columns, rows]);
          kernel.copy!(out, copy);
          return [out, b, copy, ...reduced];
        }, shape.join(" x "));
      }
    },

  "gather() of and into tensors beyond the limit of a binding is exact": async () => {
    await using naive = await createKernel("naive");
    await using own = await limited();
    for (const [rows, columns, wanted] of [[150, 64, 70], [67, 103, 90], [5, 3001, 7]] as const) {
      await compare(own, naive, (kernel) => {
        const a = filled(kernel, [rows, columns], 1);
        const out = output(kernel, [wanted, columns]);
        kernel.gather!(a, Array.from({ length: wanted }, (_, i) => (i * 31 + 7) % rows), out);
        return [out];
      }, `${rows} x ${columns}`);
    }
  },

  "map() in several dispatches, of tensors beyond the limit of a binding, is exact": async () => {
    await using kernel = await createWebGpuKernel({
      storageBuffers: 4,
      limits: { maxStorageBufferBindingSize: limit },
    });
    await using naive = await createKernel("naive");
    const made = formula(
      add(operand(1), operand(2)),
      mul(operand(0), operand(3)),
      add(add(operand(0), operand(1)), operand(4)),
    );
    const run = (each: Kernel) => {
      const inputs = [1, 2, 3, 4, 5].map((salt) => filled(each, [67, 103], salt));
      const outputs = [inputs[0]!, inputs[1]!, output(each, [67, 103])];
      each.map!(made, inputs, outputs);
      return outputs;
    };
    assertEquals(await readAll(run(kernel)), await readAll(run(naive)));
  },

  "dense() with z is one dispatch, of softmax two; denseMap() with z is one": async () => {
    await using kernel = await createWebGpuKernel();
    const [x, weight] = [filled(kernel, [9, 8], 1), filled(kernel, [8, 12], 2)];
    const [y, z] = [output(kernel, [9, 12]), output(kernel, [9, 12])];
    const count = (run: () => void) => {
      const before = kernel.recorder.dispatches;
      run();
      return kernel.recorder.dispatches - before;
    };
    const dense = (activation: "tanh" | "softmax") => () =>
      kernel.dense(x, weight, null, activation, y, z);
    assertEquals([count(dense("tanh")), count(dense("softmax"))], [1, 2]);
    const twice = formula(mul(operand(0), 2));
    assertEquals(count(() => kernel.denseMap(x, weight, null, twice, y, z)), 1);
    const [values, sums] = await readAll([y, z]);
    assertEquals(values, sums!.map((value) => 2 * value));
  },

  "what is written in parts, or accumulated, is invalid with what any part depends on":
    async () => {
      const { kernel } = await limited();
      await using _ = kernel;
      const { device } = kernel.open;
      const create = device.createBuffer.bind(device);
      device.createBuffer = (how) => create({ ...how, size: device.limits.maxBufferSize + 4 });
      const lost = filled(kernel, [80, 64], 1);
      device.createBuffer = create;
      const [good, eye, y] = [
        filled(kernel, [80, 64], 2),
        filled(kernel, [64, 64], 3),
        output(kernel, [80, 64]),
      ];
      kernel.matmul(lost, eye, y);
      kernel.matmul(good, eye, y, { accumulate: true });
      await assertRejects(() => y.read(), Error, "no memory for a tensor [80, 64]");
      kernel.matmul(good, eye, y);
      assert((await y.read()).every(Number.isInteger));
      await kernel.finished().catch(() => {});
    },
};
