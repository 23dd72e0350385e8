// A pool of threads: that each does its own share, and what becomes of a kernel whose workers do not
// start, fail or fall silent.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { KernelUnavailableError, OwnershipError, WorkerError } from "../../common/errors.ts";
import { activations } from "../activation.ts";
import type { Kernel, Tensor } from "../kernel.ts";
import { createKernel } from "../registry.ts";
import { Core, type CoreOptions, createMemory, startOfControl, startOfHeap } from "./core.ts";
import { detectSimdFeatures } from "./features.ts";
import { Heap } from "./memory.ts";
import { Performer } from "./performer.ts";
import { control, controlOf, ThreadPool } from "./thread_pool.ts";
import { WasmKernel } from "./wasm_kernel.ts";

/** A kernel of wasm-threads with limits of its own. */
async function createParts(
  { threads = 3, heartbeatTimeout = 10_000, performer: Own = Performer }: {
    threads?: number;
    heartbeatTimeout?: number;
    performer?: typeof Performer;
  } = {},
): Promise<WasmKernel> {
  const options: CoreOptions = { ...detectSimdFeatures(), shared: true, threads };
  const memory = createMemory(options);
  const performer = new Own(new Core(memory, options, 0));
  const pool = await ThreadPool.start(performer, memory, options, {
    serialBelow: 0,
    heartbeatTimeout,
  });
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
  const text = "this browser or runtime has no shared memory or no workers";
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
  const kernel = await withGlobal(
    "Worker",
    LazyWorker,
    () => createParts({ heartbeatTimeout: 300 }),
  );
  const start = performance.now();
  await expectUnusable(kernel, "2 of 2 workers gave no heartbeat for 0.3 s");
  const took = performance.now() - start;
  assert(took > 300 && took < 5000, `${took} ms`);
  assertEquals(StubWorker.all.map(({ terminated }) => terminated), [true, true]);
});

Deno.test("workers that have ended are found out", async () => {
  const kernel = await createParts({ heartbeatTimeout: 300 });
  const words = controlOf(kernel.heap.memory, 3);
  // They are told to end, behind the pool's back.
  Atomics.store(words, control.stop, 1);
  Atomics.add(words, control.generation, 1);
  Atomics.notify(words, control.generation);
  await new Promise((resolve) => setTimeout(resolve, 200));
  Atomics.store(words, control.stop, 0);
  await expectUnusable(kernel, "2 of 2 workers gave no heartbeat for 0.3 s");
});

Deno.test("a worker that ends between two calls is named with its error", async () => {
  StubWorker.all = [];
  const kernel = await withGlobal("Worker", LazyWorker, () => createParts());
  StubWorker.all[1]?.fail("out of memory");
  await expectUnusable(kernel, "a worker of the pool ended: out of memory");
});

Deno.test("a worker that throws in the middle of its share is found out", async () => {
  const kernel = await createParts();
  const cause = "a worker failed in its share of the work";
  // The caller's third lies in the memory, the workers' beyond its end.
  const place = { z: kernel.heap.memory.buffer.byteLength - 256, y: startOfHeap(3) };
  const shape = { activation: activations.indexOf("relu"), rows: 3, columns: 64 };
  const perform = () => kernel.executor.perform({ kind: "activate", ...place, ...shape });
  assertThrows(perform, WorkerError, `${cause}; the result is not valid`);
  await expectUnusable(kernel, cause);
});

/** A worker of a pool of two threads that takes 600 ms for a task, with a heartbeat every 50. */
class SlowWorker extends Worker {
  constructor() {
    const { generation, pending, stop, heartbeat } = control;
    const code = `onmessage = ({ data: { memory } }) => {
      const words = new Int32Array(memory.buffer, ${startOfControl(2)}, 256);
      postMessage("ready");
      for (let last = 0; ;) {
        Atomics.wait(words, ${generation}, last);
        last = Atomics.load(words, ${generation});
        if (Atomics.load(words, ${stop})) return close();
        for (let i = 0; i < 12; i++) {
          Atomics.wait(words, 255, 0, 50);
          Atomics.add(words, ${heartbeat}, 1);
        }
        Atomics.sub(words, ${pending}, 1);
        Atomics.notify(words, ${pending});
      }
    }`;
    super(`data:application/javascript,${encodeURIComponent(code)}`, { type: "module" });
  }
}

Deno.test("a slow worker with a heartbeat is waited for", async () => {
  const options = { threads: 2, heartbeatTimeout: 400 };
  await using kernel = await withGlobal("Worker", SlowWorker, () => createParts(options));
  using x = kernel.tensor([2, 64]);
  using y = kernel.tensor([2, 64]);
  const start = performance.now();
  kernel.activate("relu", x, y);
  assert(performance.now() - start > 590);
});
