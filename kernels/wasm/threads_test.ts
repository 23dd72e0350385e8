// wasm-threads against wasm-simd, bit for bit, for numbers of threads on both sides of the number
// of processors; and what becomes of a kernel whose workers do not start, fail or fall silent.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createRandom, seedOf } from "../../common/random.ts";
import { floats } from "../../verify/check.ts";
import { type Activation, activations } from "../activation.ts";
import {
  ArgumentError,
  KernelUnavailableError,
  OwnershipError,
  WorkerError,
} from "../../common/errors.ts";
import type { Kernel, Tensor } from "../kernel.ts";
import { createKernel } from "../registry.ts";
import { Core, type CoreOptions, memoryOf, startOfControl, startOfHeap } from "./core.ts";
import { chooseEngine } from "./engine.ts";
import { Heap } from "./memory.ts";
import { control, controlOf, Pool } from "./pool.ts";
import { Performer } from "./tasks.ts";
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
  // More rows than a block has, more columns than seven panels have.
  return [...all, [449, 96, 130], [16, 700, 129], [21, 100, 515], [4, 1030, 520]];
}

/** The bits of everything that a kernel computes, by what it is. */
async function computeAll(kernel: Kernel): Promise<Map<string, Uint32Array>> {
  const results = new Map<string, Uint32Array>();
  for (const [index, [m, n, k]] of shapes().entries()) {
    const random = createRandom(seedOf(`${m} ${n} ${k}`, seed));
    using tensors = new DisposableStack();
    const input = (...shape: number[]) => {
      const size = shape.reduce((product, axis) => product * axis, 1);
      return tensors.use(kernel.tensor(shape, floats(size, -2, 2, random)));
    };
    /** What `run` writes to an output that holds NaN, or numbers where it is to be added to. */
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
      // A second and a third time, when the weight is packed.
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

for (const threads of [1, 2, 3, 5, 8]) {
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

/** A kernel of wasm-threads with limits of its own. */
async function createParts(
  { threads = 3, stallLimit = 10_000, performer: Own = Performer }: {
    threads?: number;
    stallLimit?: number;
    performer?: typeof Performer;
  } = {},
): Promise<WasmKernel> {
  const options: CoreOptions = { ...chooseEngine(), shared: true, threads };
  const { minimum, maximum } = memoryOf(options);
  const memory = new WebAssembly.Memory({ initial: minimum, maximum, shared: true });
  const performer = new Own(new Core(memory, options, 0));
  const pool = await Pool.start(performer, memory, options, { serialBelow: 0, stallLimit });
  return new WasmKernel("wasm-threads", new Heap(memory, startOfHeap(threads)), pool, options);
}

Deno.test("every worker does its own share, by rows or by columns", async () => {
  /** A caller that leaves its share undone. */
  class Idle extends Performer {
    override perform(): void {}
  }
  await using kernel = await createParts({ threads: 4, performer: Idle });
  const ones = (m: number, n: number) => kernel.tensor([m, n], new Float32Array(m * n).fill(1));
  /** Expects that `run` writes y [m, n] but for the first quarter of its rows or columns. */
  const expectShared = async (m: number, n: number, byRows: boolean, run: (y: Tensor) => void) => {
    const y = kernel.tensor([m, n], new Float32Array(m * n).fill(NaN));
    run(y);
    const left = (i: number) => byRows ? i < m * n / 4 : i % n < n / 4;
    const wrong = (await y.read()).findIndex((value, i) => Number.isNaN(value) !== left(i));
    assertEquals(wrong, -1, `${m}x${n}: ${run}`);
  };
  const [a, b, wide, tall, z] = [ones(64, 8), ones(8, 40), ones(8, 480), ones(8, 64), ones(64, 40)];
  await expectShared(64, 40, true, (y) => kernel.dense(a, b, null, "linear", y));
  await expectShared(8, 480, false, (y) => kernel.matmul(ones(8, 8), wide, y));
  await expectShared(1, 640, false, (y) => kernel.matmul(ones(1, 8), ones(8, 640), y));
  await expectShared(64, 1, true, (y) => kernel.matmul(a, ones(8, 1), y));
  await expectShared(64, 40, true, (y) => kernel.matmul(tall, b, y, { transposeA: true }));
  await expectShared(64, 40, true, (y) => kernel.activate("relu", z, y));
  await expectShared(64, 40, true, (y) => kernel.activate("softmax", z, y));
  await expectShared(64, 40, true, (y) => kernel.activateGradient("relu", null, z, z, y));
});

Deno.test("the workers find what lies in memory that has just grown", async () => {
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

Deno.test("threads must be a whole number from 1 to 64", async () => {
  for (const threads of [0, -1, 1.5, 65, NaN, Infinity, "2" as unknown as number]) {
    await assertRejects(
      () => createKernel("wasm-threads", { threads }),
      ArgumentError,
      `threads must be a whole number from 1 to 64; got ${threads}`,
    );
  }
});

/** Runs `action` while a global is something else. */
async function withGlobal<T>(
  name: "Worker" | "SharedArrayBuffer" | "setTimeout",
  value: unknown,
  action: () => Promise<T>,
): Promise<T> {
  const old = Object.getOwnPropertyDescriptor(globalThis, name)!;
  Object.defineProperty(globalThis, name, { configurable: true, writable: true, value });
  try {
    return await action();
  } finally {
    Object.defineProperty(globalThis, name, old);
  }
}

/** A worker that only answers, if at all; `all` has those of a test. */
class StubWorker {
  static all: StubWorker[] = [];
  terminated = false;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;

  constructor() {
    StubWorker.all.push(this);
  }

  postMessage(_start: unknown): void {}

  terminate(): void {
    this.terminated = true;
  }

  fail(message: string): void {
    this.onerror?.(new ErrorEvent("error", { message, cancelable: true }));
  }
}

/** Answers, and then does nothing. */
class LazyWorker extends StubWorker {
  override postMessage(): void {
    queueMicrotask(() => this.onmessage?.({ data: "ready" }));
  }
}

class FailingWorker extends StubWorker {
  /** Only the first fails: the wait for the second must end then too. */
  override postMessage(): void {
    if (StubWorker.all[0] === this) queueMicrotask(() => this.fail("no such file"));
  }
}

/** Where a page forbids workers. */
class ForbiddenWorker {
  constructor() {
    throw new DOMException("not allowed here");
  }
}

function createWithWorker(worker: unknown): Promise<Kernel> {
  StubWorker.all = [];
  return withGlobal("Worker", worker, () => createKernel("wasm-threads", { threads: 3 }));
}

Deno.test("without workers or shared memory wasm-threads says that it is unavailable", async () => {
  const text = "this engine has no shared memory or no workers";
  await assertRejects(() => createWithWorker(undefined), KernelUnavailableError, text);
  const create = () => createKernel("wasm-threads", { threads: 2 });
  await assertRejects(
    () => withGlobal("SharedArrayBuffer", undefined, create),
    KernelUnavailableError,
    text,
  );
  await using kernel = await create();
  assertEquals(kernel.traits.threads, 2);
});

Deno.test("workers that do not start make wasm-threads unavailable, and none is left", async () => {
  const expectUnavailable = (worker: unknown, reason: string) =>
    assertRejects(
      () => createWithWorker(worker),
      KernelUnavailableError,
      `its workers cannot start: ${reason}`,
    );
  await expectUnavailable(ForbiddenWorker, "not allowed here");
  await expectUnavailable(FailingWorker, "no such file");
  assertEquals(StubWorker.all.map(({ terminated }) => terminated), [true, true]);
  // The limit is a thousandth of what it is.
  const { setTimeout } = globalThis;
  const sooner = (action: () => void, delay: number) => setTimeout(action, delay / 1e3);
  await withGlobal("setTimeout", sooner, async () => {
    await expectUnavailable(StubWorker, "no answer within 20 s");
  });
  assertEquals(StubWorker.all.map(({ terminated }) => terminated), [true, true]);
});

/** Expects that the cause of its death is found by the first call, and told by all others. */
async function expectUnusable(kernel: WasmKernel, cause: string): Promise<void> {
  const data = new Float32Array(256).map((_, i) => i);
  const x = kernel.tensor([4, 64], data);
  const y = kernel.tensor([4, 64]);
  assertThrows(() => kernel.activate("relu", x, y), WorkerError, cause);
  // From then on at once, whatever is asked for.
  const start = performance.now();
  const bias = kernel.tensor([64]);
  const weight = kernel.tensor([64, 64]);
  const calls = [
    () => kernel.activate("relu", x, y),
    ...new Array(3).fill(() => kernel.dense(x, weight, bias, "relu", y)),
    () => kernel.matmul(x, weight, y, { transposeB: true }),
    () => kernel.sumRows(x, bias),
  ];
  for (const call of calls) assertThrows(call, WorkerError, `${cause}; make a new kernel`);
  assert(performance.now() - start < 250);
  assertEquals(await x.read(), data);
  for (const tensor of [x, y, bias, weight]) tensor[Symbol.dispose]();
  assertEquals(kernel.heap.used, 0);
  await kernel[Symbol.asyncDispose]();
  assertThrows(() => kernel.tensor([1]), OwnershipError, "was disposed");
}

Deno.test("workers that never work are found out, and the kernel is of no more use", async () => {
  StubWorker.all = [];
  const kernel = await withGlobal("Worker", LazyWorker, () => createParts({ stallLimit: 300 }));
  const start = performance.now();
  await expectUnusable(kernel, "2 of 2 workers gave no sign of life for 0.3 s");
  const took = performance.now() - start;
  assert(took > 300 && took < 5000, `${took} ms`);
  assertEquals(StubWorker.all.map(({ terminated }) => terminated), [true, true]);
});

Deno.test("workers that have ended are found out", async () => {
  const kernel = await createParts({ stallLimit: 300 });
  const words = controlOf(kernel.heap.memory, 3);
  // They are told to end, behind the pool's back.
  Atomics.store(words, control.stop, 1);
  Atomics.add(words, control.generation, 1);
  Atomics.notify(words, control.generation);
  await new Promise((resolve) => setTimeout(resolve, 200));
  Atomics.store(words, control.stop, 0);
  await expectUnusable(kernel, "2 of 2 workers gave no sign of life for 0.3 s");
});

Deno.test("a worker that ends between two calls is named with its error", async () => {
  StubWorker.all = [];
  const kernel = await withGlobal("Worker", LazyWorker, () => createParts());
  StubWorker.all[1]?.fail("out of memory");
  await expectUnusable(kernel, "a worker of the pool ended: out of memory");
});

Deno.test("a worker that throws in the midst of its share is found out", async () => {
  const kernel = await createParts();
  const cause = "a worker failed in its share of the work";
  // The caller's third lies in the memory, the workers' beyond its end.
  const place = { z: kernel.heap.memory.buffer.byteLength - 256, y: startOfHeap(3) };
  const shape = { activation: activations.indexOf("relu"), rows: 3, columns: 64 };
  const perform = () => kernel.team.perform({ kind: "activate", ...place, ...shape });
  assertThrows(perform, WorkerError, `${cause}; the result is not valid`);
  await expectUnusable(kernel, cause);
});

/** A worker of a pool of two threads that takes 600 ms for a task, with a sign of life every 50. */
class SlowWorker extends Worker {
  constructor() {
    const { generation, pending, stop, life } = control;
    const code = `onmessage = ({ data: { memory } }) => {
      const words = new Int32Array(memory.buffer, ${startOfControl(2)}, 256);
      postMessage("ready");
      for (let last = 0; ;) {
        Atomics.wait(words, ${generation}, last);
        last = Atomics.load(words, ${generation});
        if (Atomics.load(words, ${stop})) return close();
        for (let i = 0; i < 12; i++) {
          Atomics.wait(words, 255, 0, 50);
          Atomics.add(words, ${life}, 1);
        }
        Atomics.sub(words, ${pending}, 1);
        Atomics.notify(words, ${pending});
      }
    }`;
    super(`data:application/javascript,${encodeURIComponent(code)}`, { type: "module" });
  }
}

Deno.test("a slow worker that gives signs of life is waited for", async () => {
  const options = { threads: 2, stallLimit: 400 };
  await using kernel = await withGlobal("Worker", SlowWorker, () => createParts(options));
  using x = kernel.tensor([2, 64]);
  using y = kernel.tensor([2, 64]);
  const start = performance.now();
  kernel.activate("relu", x, y);
  assert(performance.now() - start > 590);
});

Deno.test("two kernels with threads work side by side", async () => {
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
  const { code, signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", script],
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(10_000),
  }).output();
  assertEquals(signal, null, "it did not end within 10 s");
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  assertEquals([text(stdout), text(stderr), code], ["64", "", 0]);
});
