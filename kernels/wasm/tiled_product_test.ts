// A product that ends in its tile against the same one through an epilogue, which z asks for; also by
// the code for engines that check no bounds, which is right where they are checked.
import { assert, assertEquals } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import type { Kernel } from "../kernel.ts";
import { wasmKernelsHere } from "../kernels_testing.ts";
import { createKernel } from "../registry.ts";
import { endingOf } from "./core.ts";
import { createSingle } from "./single_testing.ts";
import { linear, relu } from "./tasks.ts";

const seed = 90210;

Deno.test("endingOf() is a number where a bias and relu are all that follows the sums", () => {
  const task = { activation: linear, formula: 0, bias: 0, z: 0, accumulate: 0 };
  assertEquals(endingOf(task), 0);
  assertEquals(endingOf({ ...task, bias: 64 }), 1);
  assertEquals(endingOf({ ...task, activation: relu }), 2);
  assertEquals(endingOf({ ...task, activation: relu, bias: 64 }), 3);
  for (const other of [{ formula: 1 }, { z: 64 }, { accumulate: 1 }, { activation: relu + 1 }]) {
    assertEquals(endingOf({ ...task, ...other }), null, JSON.stringify(other));
  }
});

// Rows and columns beside the edges of tiles, chunks of k from none to more than an ending takes.
const shapes = [1, 3, 8, 17].flatMap((m) => [8, 13, 24, 48, 100, 136].map((n) => [m, n] as const));
const depths = [0, 1, 13, 65, 150, 200];

const kernels = new Map<string, () => Promise<Kernel>>();
for (const name of await wasmKernelsHere()) {
  kernels.set(name, () => createKernel(name, { threads: 2, serialBelow: 0 }));
}
for (const lanes of [4, 8] as const) {
  const name = `direct tiles of ${lanes} lanes`;
  kernels.set(name, () => Promise.resolve(createSingle(name, { lanes, unchecked: true })));
}

for (const [name, create] of kernels) {
  Deno.test(`${name}: relu keeps NaN, and is 0 for -0 and what is negative`, async () => {
    await using kernel = await create();
    const values = [-0, NaN, -1, 1, -Infinity, Infinity, -1e-45, 1e-45, 0];
    using z = kernel.tensor([1, values.length], Float32Array.from(values));
    using y = kernel.tensor([1, values.length]);
    kernel.activate("relu", z, y);
    // Equal numbers may be 0 and -0.
    const texts = (all: Iterable<number>) =>
      [...all].map((value) => Object.is(value, -0) ? "-0" : `${Math.fround(value)}`);
    const wanted = [0, NaN, 0, 1, 0, Infinity, 0, 1e-45, 0];
    assertEquals(texts(await y.read()), texts(wanted));
  });

  Deno.test(`${name}: dense() that ends in its tile has the bits of an epilogue, and writes no more than y (seed ${seed})`, async () => {
    await using kernel = await create();
    const random = createRandom(seed);
    const values = (length: number) =>
      Float32Array.from({ length }, () => {
        const value = random.uniform();
        return value < 0.1 ? -0 : value < 0.11 ? NaN : value - 0.5;
      });
    let negative = 0;
    for (const [m, n] of shapes) {
      for (const k of depths) {
        using tensors = new DisposableStack();
        const made = (shape: readonly number[], data?: Float32Array) =>
          tensors.use(kernel.tensor(shape, data));
        const x = made([m, k], values(m * k));
        const weight = made([k, n], values(k * n));
        const bias = made([n], values(n));
        const guard = new Float32Array(64).fill(7);
        const [before, y, after] = [made([64], guard), made([m, n]), made([64], guard)];
        const [expected, z] = [made([m, n]), made([m, n])];
        for (const activation of ["linear", "relu"] as const) {
          for (const used of [bias, null]) {
            y.write(new Float32Array(m * n).fill(3));
            kernel.dense(x, weight, used, activation, y);
            kernel.dense(x, weight, used, activation, expected, z);
            const [got, wanted] = [await y.read(), await expected.read()];
            const where = `${m} x ${n} x ${k} ${activation} ${used ? "with" : "without"} bias`;
            assertEquals(
              new Uint32Array(got.buffer, got.byteOffset, got.length),
              new Uint32Array(wanted.buffer, wanted.byteOffset, wanted.length),
              where,
            );
            if (activation === "linear") negative += got.filter((value) => value < 0).length;
            for (const beside of [before, after]) assertEquals(await beside.read(), guard, where);
          }
        }
      }
    }
    assert(negative > 1000, "relu had something to do");
  });

  Deno.test(`${name}: few rows and a large weight have the same bits where it is packed, and is read ahead, as where it lies (seed ${seed})`, async () => {
    await using kernel = await create();
    const random = createRandom(seed);
    const values = (length: number) => Float32Array.from({ length }, () => random.uniform() - 0.5);
    // Panels of several widths, a last chunk of another length, rows near and far apart.
    for (const [k, n] of [[530, 521], [1000, 270], [5000, 56]] as const) {
      using weight = kernel.tensor([k, n], values(k * n));
      for (const m of [1, 3, 4, 5, 8, 17, 64, 65]) {
        using x = kernel.tensor([m, k], values(m * k));
        using expected = kernel.tensor([m, n]);
        using y = kernel.tensor([m, n]);
        // Another version of the weight is not packed at its first use.
        weight.write(await weight.read());
        kernel.dense(x, weight, null, "tanh", expected);
        for (let call = 1; call <= 6; call++) {
          y.write(new Float32Array(m * n).fill(3));
          kernel.dense(x, weight, null, "tanh", y);
          const [got, wanted] = [await y.read(), await expected.read()];
          assertEquals(
            new Uint32Array(got.buffer, got.byteOffset, got.length),
            new Uint32Array(wanted.buffer, wanted.byteOffset, wanted.length),
            `${m} x ${k} -> ${n}, call ${call}`,
          );
        }
      }
    }
  });
}
