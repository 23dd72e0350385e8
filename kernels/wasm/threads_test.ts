// wasm-threads against wasm-simd, bit for bit, for numbers of threads on both sides of the number
// of processors.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { runDeno } from "../../common/deno_testing.ts";
import { createRandom, seedOf } from "../../common/random.ts";
import { floats } from "../../verify/check.ts";
import { type Activation, activations } from "../activation.ts";
import { ArgumentError, KernelUnavailableError } from "../../common/errors.ts";
import type { Kernel, Tensor } from "../kernel.ts";
import { createKernel } from "../registry.ts";
import { factory } from "./threads.ts";
import { WasmKernel } from "./wasm_kernel.ts";

const seed = 20261;

/** Shapes [m, n, k] on both sides of the edges of tiles, panels, chunks of k and blocks. */
function shapes(): [number, number, number][] {
  const all: [number, number, number][] = [];
  for (const [i, m] of [1, 2, 4, 5, 8, 17, 97].entries()) {
    for (const [j, n] of [1, 5, 48, 49, 130].entries()) {
      for (const [l, k] of [0, 1, 7, 128, 129, 300].entries()) {
        if ((i + 2 * j + 3 * l) % 7 < 2) all.push([m, n, k]);
      }
    }
  }
  // More rows than a block has, and more columns than seven panels have.
  return [...all, [449, 96, 130], [16, 700, 129], [21, 100, 515], [4, 1030, 520]];
}

/** The bits of everything that a kernel computes, by a label. */
async function computeAll(kernel: Kernel): Promise<Map<string, Uint32Array>> {
  const results = new Map<string, Uint32Array>();
  for (const [index, [m, n, k]] of shapes().entries()) {
    const random = createRandom(seedOf(`${m} ${n} ${k}`, seed));
    using tensors = new DisposableStack();
    const input = (...shape: number[]) => {
      const size = shape.reduce((product, axis) => product * axis, 1);
      return tensors.use(kernel.tensor(shape, floats(size, -2, 2, random)));
    };
    /** Records what `run` writes to an output, which holds NaN unless it is given. */
    const record = async (label: string, out: Tensor | null, run: (out: Tensor) => void) => {
      const y = out ?? tensors.use(kernel.tensor([m, n], new Float32Array(m * n).fill(NaN)));
      run(y);
      results.set(`${label} ${m}x${n}x${k}`, new Uint32Array((await y.read()).buffer));
      return y;
    };
    const [x, weight, bias, dy] = [input(m, k), input(k, n), input(n), input(m, n)];
    const ofShape = [0, 5, 9].map((i) => activations[(index + i) % activations.length]!);
    for (const activation of new Set<Activation>(["linear", "softmax", ...ofShape])) {
      const y = await record(`dense, ${activation}`, null, (y) => {
        kernel.dense(x, weight, index % 2 ? bias : null, activation, y);
      });
      const z = await record(`z of ${activation}`, null, (z) => {
        kernel.dense(x, weight, bias, activation, y, z);
      });
      await record(`dense with z, ${activation}`, y, () => {});
      await record(`activate, ${activation}`, null, (y) => kernel.activate(activation, z, y));
      await record(`gradient, ${activation}`, null, (dz) => {
        kernel.activateGradient(activation, z, y, dy, dz);
      });
    }
    for (let flags = 0; flags < 8; flags++) {
      const [transposeA, transposeB, accumulate] = [flags % 2 > 0, flags % 4 > 1, flags > 3];
      const a = transposeA ? input(k, m) : x;
      const b = transposeB ? input(n, k) : weight;
      // At the second and third time the weight is packed.
      for (let time = 0; time < 3; time++) {
        const out = accumulate ? input(m, n) : null;
        await record(`matmul ${flags}, time ${time}`, out, (out) => {
          kernel.matmul(a, b, out, { transposeA, transposeB, accumulate });
        });
      }
    }
    await record("sumRows", input(n), (out) => kernel.sumRows(dy, out));
    await record("sumRows added", input(n), (out) => kernel.sumRows(dy, out, { accumulate: true }));
  }
  return results;
}

let expected: Map<string, Uint32Array> | null = null;

for (const threads of [1, 2, 3, 8]) {
  Deno.test(`wasm-threads gives wasm-simd's bits with threads: ${threads}`, async () => {
    await using simd = await createKernel("wasm-simd");
    const wanted = expected ??= await computeAll(simd);
    await using kernel = await createKernel("wasm-threads", { threads, serialBelow: 0 });
    assertEquals(kernel.traits.threads, threads);
    const got = await computeAll(kernel);
    const different = [...wanted].filter(([label, bits]) => {
      const own = got.get(label);
      return own?.length !== bits.length || bits.some((word, i) => word !== own[i]);
    });
    assertEquals(different.map(([label]) => label), [], `seed ${seed}`);
    assert(wanted.size > 60 * 40);
  });
}

Deno.test("workers read memory that has just grown", async () => {
  await using kernel = await createKernel("wasm-threads", { threads: 3, serialBelow: 0 });
  assert(kernel instanceof WasmKernel);
  using tensors = new DisposableStack();
  let growths = 0;
  for (let i = 1; i <= 40; i++) {
    const before = kernel.heap.memory.buffer.byteLength;
    const z = tensors.use(kernel.tensor([64, 1024], new Float32Array(65536).fill(i)));
    const y = tensors.use(kernel.tensor([64, 1024], new Float32Array(65536).fill(NaN)));
    if (kernel.heap.memory.buffer.byteLength > before) growths++;
    kernel.activate("relu", z, y);
    assert((await y.read()).every((value) => value === i), `tensor ${i}`);
  }
  assert(growths >= 5, `${growths} growths`);
});

Deno.test("createKernel() takes whole numbers of threads from 1 to 64", async () => {
  for (const threads of [0, -1, 1.5, 65, NaN, Infinity, "2" as unknown as number]) {
    await assertRejects(
      () => createKernel("wasm-threads", { threads }),
      ArgumentError,
      `threads must be a whole number from 1 to 64; got ${
        typeof threads === "string" ? `"${threads}"` : threads
      }`,
    );
    await assertRejects(
      () => factory.create({ threads }),
      ArgumentError,
      "threads must be a whole number from 1 to 64; got",
    );
  }
});

Deno.test("createKernel() says that a page's main thread must not wait, where there is more than one thread", async () => {
  const { wait } = Atomics;
  const refuse = () => {
    throw new TypeError("Atomics.wait cannot be called in this context");
  };
  Object.assign(Atomics, { wait: refuse });
  try {
    await assertRejects(
      () => createKernel("wasm-threads", { threads: 2 }),
      KernelUnavailableError,
      "a page's main thread must not wait for other threads; make it inside a worker",
    );
    await using kernel = await createKernel("wasm-threads", { threads: 1, serialBelow: 0 });
    using ones = kernel.tensor([4, 4], new Float32Array(16).fill(1));
    using y = kernel.tensor([4, 4]);
    kernel.matmul(ones, ones, y);
    assertEquals(await y.read(), new Float32Array(16).fill(4));
  } finally {
    Object.assign(Atomics, { wait });
  }
});

Deno.test("two kernels with threads do not disturb each other", async () => {
  const create = (threads: number) => createKernel("wasm-threads", { threads, serialBelow: 0 });
  await using first = await create(2);
  await using second = await create(3);
  const cells = [first, second].map((kernel, i) => {
    const x = kernel.tensor([64, 64], new Float32Array(4096).fill(i + 1));
    const y = kernel.tensor([64, 64]);
    return { run: () => kernel.matmul(x, x, y), y, product: 64 * (i + 1) ** 2 };
  });
  for (let time = 0; time < 50; time++) {
    for (const { run } of cells) run();
    for (const { y, product } of cells) {
      assert((await y.read()).every((value) => value === product), `time ${time}`);
      y.write(new Float32Array(4096));
    }
  }
  await first[Symbol.asyncDispose]();
  cells[1]?.run();
  assertEquals((await cells[1]?.y.read())?.[0], 256);
});

Deno.test("a process ends by itself once its kernel is disposed", async () => {
  const registry = new URL("../registry.ts", import.meta.url);
  const script = `import { createKernel } from "${registry}";
    const kernel = await createKernel("wasm-threads", { threads: 3, serialBelow: 0 });
    const x = kernel.tensor([64, 64], new Float32Array(4096).fill(1));
    const y = kernel.tensor([64, 64]);
    kernel.matmul(x, x, y);
    console.log((await y.read())[4095]);
    await kernel[Symbol.asyncDispose]();`;
  // A process that does not end is killed after 10 s, with code 143.
  const { code, stdout, stderr } = await runDeno(["eval", "--no-config", script], {
    signal: AbortSignal.timeout(300_000),
  });
  assertEquals([stdout, stderr, code], ["64\n", "", 0]);
});

Deno.test("a process ends by itself where its kernel is disposed before the workers have started", async () => {
  const registry = new URL("../registry.ts", import.meta.url);
  const script = `import { createKernel } from "${registry}";
    const kernel = await createKernel("wasm-threads", { threads: 3, serialBelow: 0 });
    await kernel[Symbol.asyncDispose]();
    console.log("disposed");
    const start = performance.now();
    // The timer of 20 s that a worker has to answer would hold the process.
    addEventListener("unload", () => console.log(performance.now() - start < 15_000));`;
  const { code, stdout, stderr } = await runDeno(["eval", "--no-config", script], {
    signal: AbortSignal.timeout(300_000),
  });
  assertEquals([stdout, stderr, code], ["disposed\ntrue\n", "", 0]);
});
