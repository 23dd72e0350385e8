// What a kernel in WebAssembly memory keeps between calls: packed weights, which are never stale, and
// blocks of its heap, which are never lost. Expected values are exactly those of naive.
import { assert, assertEquals, assertGreater, assertRejects, assertThrows } from "@std/assert";
import { runDeno } from "../../common/deno_testing.ts";
import { createRandom, type Random } from "../../common/random.ts";
import { integers } from "../../verify/check.ts";
import { MemoryError, OwnershipError } from "../../common/errors.ts";
import type { Kernel, Tensor } from "../kernel.ts";
import { wasmKernelsHere } from "../kernels_testing.ts";
import { createKernel, type KernelName } from "../registry.ts";
import { WasmKernel } from "./wasm_kernel.ts";

const seed = 7321;
const names = await wasmKernelsHere();

/** A kernel; where it has threads, two that share all tasks. */
async function create(name: KernelName, serialBelow = 0): Promise<WasmKernel> {
  const kernel = await createKernel(name, { threads: 2, serialBelow });
  assert(kernel instanceof WasmKernel);
  return kernel;
}

// With so many rows the register tile is used, and the weight is packed.
const [rows, size] = [20, 24];

function whole(kernel: Kernel, shape: readonly number[], random: Random): Tensor {
  const length = shape.reduce((product, axis) => product * axis, 1);
  return kernel.tensor(shape, integers(length, 3, random));
}

/** Every way to change a weight [size, size] in place; the operands have the same shape. */
const changes: Record<string, (kernel: Kernel, weight: Tensor, a: Tensor, b: Tensor) => void> = {
  "write()": (_, weight) => weight.write(new Float32Array(size * size).map((_, i) => i % 7 - 3)),
  "matmul()": (kernel, weight, a, b) => kernel.matmul(a, b, weight),
  "matmul() with accumulate": (kernel, weight, a, b) =>
    kernel.matmul(a, b, weight, { accumulate: true, transposeA: true }),
  "dense() as y": (kernel, weight, a, b) => kernel.dense(a, b, null, "relu", weight),
  "dense() as z": (kernel, weight, a, b) => {
    using y = kernel.tensor([size, size]);
    kernel.dense(a, b, null, "relu", y, weight);
  },
  "activate()": (kernel, weight, a) => kernel.activate("relu", a, weight),
  "activateGradient()": (kernel, weight, a, b) =>
    kernel.activateGradient("relu", null, a, b, weight),
};

/** The products before a change, as often as `times`, and after it. */
async function useAndChange(
  kernel: Kernel,
  change: string,
  times: number,
): Promise<Float32Array[]> {
  const random = createRandom(seed);
  using tensors = new DisposableStack();
  const [x, weight, a, b] = [[rows, size], ...new Array(3).fill([size, size])].map((shape) =>
    tensors.use(whole(kernel, shape, random))
  ) as [Tensor, Tensor, Tensor, Tensor];
  const results: Float32Array[] = [];
  const use = async (times: number) => {
    for (let time = 0; time < times; time++) {
      using plain = kernel.tensor([rows, size], new Float32Array(rows * size).fill(NaN));
      using transposed = kernel.tensor([rows, size], new Float32Array(rows * size).fill(NaN));
      kernel.dense(x, weight, null, "linear", plain);
      kernel.matmul(x, weight, transposed, { transposeB: true });
      results.push(await plain.read(), await transposed.read());
    }
  };
  await use(times);
  changes[change]!(kernel, weight, a, b);
  await use(3);
  changes["write()"]!(kernel, weight, a, b);
  await use(3);
  return results;
}

for (const name of names) {
  Deno.test(`${name}: a packed weight is never stale, whatever changed it`, async () => {
    await using naive = await createKernel("naive");
    await using kernel = await create(name);
    for (const change of Object.keys(changes)) {
      for (const times of [1, 2, 3]) {
        const got = await useAndChange(kernel, change, times);
        const want = await useAndChange(naive, change, times);
        assertEquals(got, want, `${change} after ${times} uses, seed ${seed}`);
      }
    }
    assertEquals(kernel.heap.used, 0);
  });

  Deno.test(`${name}: a packed row is not stale after sumRows()`, async () => {
    const run = async (kernel: Kernel) => {
      const random = createRandom(seed);
      const [x, a] = [whole(kernel, [400, 1], random), whole(kernel, [5, 24], random)];
      const [weight, y] = [kernel.tensor([24]), kernel.tensor([400, 24])];
      const results: Float32Array[] = [];
      for (const accumulate of [false, true, true]) {
        kernel.sumRows(a, weight, { accumulate });
        for (let time = 0; time < 3; time++) {
          kernel.matmul(x, weight, y);
          results.push(await y.read());
        }
      }
      return results;
    };
    await using naive = await createKernel("naive");
    await using kernel = await create(name);
    assertEquals(await run(kernel), await run(naive));
  });

  Deno.test(`${name}: a weight is packed at its second use, once as it is and once transposed`, async () => {
    await using kernel = await create(name);
    const x = kernel.tensor([rows, size]);
    const y = kernel.tensor([rows, size]);
    const weight = kernel.tensor([size, size]);
    const before = kernel.heap.used;
    const used = (transposeB: boolean) => {
      kernel.matmul(x, weight, y, { transposeB });
      return kernel.heap.used - before;
    };
    assertEquals([used(false), used(true)], [0, 0]);
    const packed = used(false);
    assert(packed >= 4 * size * size && packed < 8 * size * size);
    const both = used(true);
    assertGreater(both, packed);
    assertEquals([used(true), used(false)], [both, both]);
    weight.write(new Float32Array(size * size));
    assertEquals([used(false), used(true)], [0, 0]);
    assertEquals([used(false), used(true)], [packed, both]);
    weight[Symbol.dispose]();
    assertEquals(kernel.heap.used, before - 4 * size * size - 64);
  });

  Deno.test(`${name}: 20,000 calls leave the heap as it was`, async () => {
    // Half of the calls are large enough for several threads.
    await using kernel = await create(name, 2000);
    const random = createRandom(seed);
    const canary = new Float32Array(1000).map((_, i) => i);
    using kept = kernel.tensor([1000], canary);
    const ones = new Float32Array(48 * 48).fill(1);
    const before = kernel.heap.used;
    let bytes = 0;
    for (let call = 0; call < 20_000;) {
      const [n, k] = [random.between(1, 48), random.between(0, 24)];
      using weight = kernel.tensor([k, n], ones.subarray(0, k * n));
      using bias = kernel.tensor([n]);
      for (let use = random.between(1, 4); use > 0; use--, call++) {
        const m = random.between(1, 24);
        using x = kernel.tensor([m, k], ones.subarray(0, m * k));
        using y = kernel.tensor([m, n]);
        kernel.dense(x, weight, bias, "relu", y);
        if (call % 16 === 0) {
          using dweight = kernel.tensor([k, n]);
          kernel.matmul(x, y, dweight, { transposeA: true });
        }
        if (call % 997 === 0) {
          assert((await y.read()).every((value) => value === k), `call ${call}, seed ${seed}`);
        }
        if (call === 500) bytes = kernel.heap.memory.buffer.byteLength;
      }
    }
    assertEquals(kernel.heap.used, before);
    assertEquals(kernel.heap.memory.buffer.byteLength, bytes);
    assertEquals(await kept.read(), canary);
  });

  Deno.test(`${name}: matmul() computes all rows of a column that is computed in pieces`, async () => {
    await using kernel = await create(name);
    // More than 8,192 rows for each thread, and more elements than a piece has.
    const [m, k] = [17_000, 300];
    const ramp = new Float32Array(m * k).map((_, i) => Math.floor(i / k) % 1000);
    using x = kernel.tensor([m, k], ramp);
    using weight = kernel.tensor([k, 1], new Float32Array(k).fill(1));
    using y = kernel.tensor([m, 1]);
    kernel.matmul(x, weight, y);
    assertEquals((await y.read()).findIndex((value, i) => value !== i % 1000 * k), -1);
  });

  Deno.test(`${name}: operations throw for tensors that are disposed or of another kernel`, async () => {
    await using other = await create(name);
    const kernel = await create(name);
    const [a, b, out] = [kernel.tensor([2, 2]), kernel.tensor([2, 2]), kernel.tensor([2, 2])];
    const vector = kernel.tensor([2]);
    const calls = (a: Tensor) => [
      () => kernel.dense(a, b, vector, "relu", out),
      () => kernel.dense(b, a, vector, "relu", out),
      () => kernel.dense(b, b, vector, "relu", a),
      () => kernel.dense(b, b, vector, "relu", out, a),
      () => kernel.matmul(a, b, out),
      () => kernel.matmul(b, b, a),
      () => kernel.activate("relu", a, out),
      () => kernel.activateGradient("gelu", a, b, b, out),
      () => kernel.sumRows(a, vector),
    ];
    using foreign = other.tensor([2, 2]);
    for (const call of calls(foreign)) assertThrows(call, OwnershipError, `"${name}"`);
    a[Symbol.dispose]();
    a[Symbol.dispose]();
    for (const call of [...calls(a), () => a.write(new Float32Array(4))]) {
      assertThrows(call, OwnershipError, "[2, 2] was disposed");
    }
    await assertRejects(() => a.read(), OwnershipError, "the tensor [2, 2] was disposed");
    // The freed block is now that of another tensor.
    using next = kernel.tensor([2, 2], new Float32Array([1, 2, 3, 4]));
    assertEquals([...await next.read()], [1, 2, 3, 4]);
    await kernel[Symbol.asyncDispose]();
    await kernel[Symbol.asyncDispose]();
    for (const call of calls(b)) assertThrows(call, OwnershipError, "was disposed");
    b[Symbol.dispose]();
  });

  Deno.test(`${name}: tensors keep their values when the memory grows`, async () => {
    await using kernel = await create(name);
    using x = kernel.tensor([rows, size], new Float32Array(rows * size).fill(2));
    using weight = kernel.tensor([size, size], new Float32Array(size * size).fill(3));
    using y = kernel.tensor([rows, size]);
    for (let time = 0; time < 3; time++) kernel.matmul(x, weight, y);
    const pending = x.read();
    const read = await y.read();
    const old = kernel.heap.memory.buffer;
    using large = kernel.tensor([2 ** 20], new Float32Array(2 ** 20).fill(7));
    assert(kernel.heap.memory.buffer !== old && kernel.heap.memory.buffer.byteLength > 2 ** 22);
    const want = new Float32Array(rows * size).fill(6 * size);
    assertEquals(read, want);
    assertEquals(await pending, await x.read());
    assertEquals(await y.read(), want);
    y.write(new Float32Array(rows * size));
    kernel.matmul(x, weight, y);
    assertEquals(await y.read(), want);
    assert((await large.read()).every((value) => value === 7));
  });

  Deno.test(`${name}: the memory of tensors that were collected is given back`, async () => {
    const script = `import { createKernel } from "${new URL("../registry.ts", import.meta.url)}";
      const kernel = await createKernel("${name}", { threads: 2, serialBelow: 0 });
      const [x, y] = [kernel.tensor([20, 24]), kernel.tensor([20, 24])];
      const before = kernel.heap.used;
      function forget() {
        for (let i = 0; i < 300; i++) {
          const weight = kernel.tensor([24, 24], new Float32Array(576).fill(i));
          // Packed at its second use. Every third is disposed nevertheless.
          for (let use = 0; use < 2; use++) kernel.matmul(x, weight, y);
          if (i % 3 === 0) weight[Symbol.dispose]();
        }
      }
      forget();
      const forgotten = kernel.heap.used - before;
      x.write(new Float32Array(480).fill(1));
      for (let i = 0; i < 100 && kernel.heap.used > before; i++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      console.log(forgotten > 200 * 2 * 2304, kernel.heap.used - before);
      console.log((await x.read()).every((value) => value === 1));
      await kernel[Symbol.asyncDispose]();`;
    const { code, stdout, stderr } = await runDeno(
      ["eval", "--no-config", "--v8-flags=--expose-gc", script],
      { signal: AbortSignal.timeout(300_000) },
    );
    assertEquals([stderr, stdout, code], ["", "true 0\ntrue\n", 0]);
  });

  Deno.test(`${name}: tensor() of 4 GiB throws, and the memory does not grow`, async () => {
    await using kernel = await create(name);
    using tensor = kernel.tensor([2], new Float32Array([1, 2]));
    const { byteLength } = kernel.heap.memory.buffer;
    assertThrows(() => kernel.tensor([2 ** 15, 2 ** 15]), MemoryError, "4294967296 bytes more");
    assertEquals(kernel.heap.memory.buffer.byteLength, byteLength);
    assertEquals([...await tensor.read()], [1, 2]);
  });
}
