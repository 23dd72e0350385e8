// The pool of threads: whether each does its own share, and what happens where workers do not start, fail
// or stop answering.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { KernelUnavailableError, OwnershipError, WorkerError } from "../../common/errors.ts";
import { activations } from "../activation.ts";
import type { Kernel, Tensor } from "../kernel.ts";
import { createKernel } from "../registry.ts";
import { claim, control, controlOf } from "./control.ts";
import { Core, type CoreOptions, createMemory, startOfHeap } from "./core.ts";
import { detectSimdFeatures } from "./features.ts";
import { Heap } from "./memory.ts";
import { Performer } from "./performer.ts";
import type { Task } from "./tasks.ts";
import { ThreadPool } from "./thread_pool.ts";
import { WasmKernel } from "./wasm_kernel.ts";
import { LazyWorker, StubWorker, withGlobal } from "./workers_testing.ts";

/** A kernel like wasm-threads with its own timeout and performer. */
async function createWithPool(
  { threads = 3, heartbeatTimeout = 10_000, rest, performer: Own = Performer }: {
    threads?: number;
    heartbeatTimeout?: number;
    rest?: number;
    performer?: typeof Performer;
  } = {},
): Promise<WasmKernel> {
  const options: CoreOptions = { ...detectSimdFeatures(), shared: true, threads };
  const memory = createMemory(options);
  const performer = new Own(new Core(memory, options, 0));
  const pool = await ThreadPool.start(performer, memory, options, {
    serialBelow: 0,
    heartbeatTimeout,
    ...(rest !== undefined && { rest }),
  });
  return new WasmKernel("wasm-threads", new Heap(memory, startOfHeap(threads)), pool, options);
}

/** Waits until every worker has claimed its share. */
function waitForClaims({ memory }: Core, threads: number): void {
  const words = controlOf(memory, threads);
  for (let share = 1; share < threads; share++) {
    while (Atomics.load(words, control.open + share) !== 0);
  }
}

Deno.test("perform() has every worker do its own share, by rows or by columns", async () => {
  /** A caller that does not do its share, and lets the workers claim theirs. */
  class Idle extends Performer {
    override perform(): void {
      waitForClaims(this.core, 4);
    }
  }
  await using kernel = await createWithPool({ threads: 4, performer: Idle });
  const ones = (m: number, n: number) => kernel.tensor([m, n], new Float32Array(m * n).fill(1));
  /** Expects `run` to write y [m, n] except for the first quarter of its rows or columns. */
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

class FailingWorker extends StubWorker {
  /** Only the first fails; waiting for the second must end too. */
  override postMessage(): void {
    if (StubWorker.all[0] === this) queueMicrotask(() => this.fail("no such file"));
  }
}

/** A worker of a page that forbids workers. */
class ForbiddenWorker extends StubWorker {
  constructor() {
    super();
    throw new DOMException("not allowed here");
  }
}

function createWithWorker(Class: new () => StubWorker): Promise<Kernel> {
  StubWorker.all = [];
  return createKernel("wasm-threads", { threads: 3, createWorker: () => new Class() });
}

Deno.test("createKernel() throws where there are no workers or no shared memory", async () => {
  const create = () => createKernel("wasm-threads", { threads: 2 });
  await assertRejects(
    () => withGlobal("process", {}, () => withGlobal("Worker", undefined, create)),
    KernelUnavailableError,
    "its workers cannot start: this browser or runtime has no workers",
  );
  await assertRejects(
    () => withGlobal("SharedArrayBuffer", undefined, create),
    KernelUnavailableError,
    "this browser or runtime has no shared memory",
  );
  await using kernel = await create();
  assertEquals(kernel.traits.threads, 2);
});

Deno.test("createKernel() throws where workers do not start, and terminates them", async () => {
  const expectUnavailable = (worker: new () => StubWorker, reason: string) =>
    assertRejects(
      () => createWithWorker(worker),
      KernelUnavailableError,
      `its workers cannot start: ${reason}`,
    );
  await expectUnavailable(ForbiddenWorker, "not allowed here");
  await expectUnavailable(FailingWorker, "no such file");
  assertEquals(StubWorker.all.map(({ terminated }) => terminated), [true, true]);
  // Timers run a thousand times as fast.
  const { setTimeout } = globalThis;
  const sooner = (action: () => void, delay: number) => setTimeout(action, delay / 1e3);
  await withGlobal("setTimeout", sooner, async () => {
    await expectUnavailable(StubWorker, "no answer within 20 s");
  });
  assertEquals(StubWorker.all.map(({ terminated }) => terminated), [true, true]);
});

/** Expects the first call to throw the cause, and all others to throw it at once. */
async function expectUnusable(kernel: WasmKernel, cause: string): Promise<void> {
  const data = new Float32Array(256).map((_, i) => i);
  const x = kernel.tensor([4, 64], data);
  const y = kernel.tensor([4, 64]);
  assertThrows(() => kernel.activate("relu", x, y), WorkerError, cause);
  // No task is given out any more that anyone could be waited for.
  const given = () => Atomics.load(controlOf(kernel.heap.memory, 3), control.generation);
  const before = given();
  const bias = kernel.tensor([64]);
  const weight = kernel.tensor([64, 64]);
  const calls = [
    () => kernel.activate("relu", x, y),
    ...new Array(3).fill(() => kernel.dense(x, weight, bias, "relu", y)),
    () => kernel.matmul(x, weight, y, { transposeB: true }),
    () => kernel.sumRows(x, bias),
  ];
  for (const call of calls) assertThrows(call, WorkerError, `${cause}; make a new kernel`);
  assertEquals(given(), before);
  assertEquals(await x.read(), data);
  for (const tensor of [x, y, bias, weight]) tensor[Symbol.dispose]();
  assertEquals(kernel.heap.used, 0);
  await kernel[Symbol.asyncDispose]();
  assertThrows(() => kernel.tensor([1]), OwnershipError, "was disposed");
}

/** Expects a kernel of three threads to multiply rightly. */
async function expectRight(kernel: WasmKernel): Promise<void> {
  using a = kernel.tensor([64, 8], new Float32Array(512).fill(2));
  using b = kernel.tensor([8, 40], new Float32Array(320).fill(3));
  for (let call = 0; call < 3; call++) {
    using y = kernel.tensor([64, 40], new Float32Array(2560).fill(NaN));
    kernel.matmul(a, b, y);
    kernel.matmul(a, b, y, { accumulate: true });
    assertEquals(await y.read(), new Float32Array(2560).fill(96));
  }
}

Deno.test("perform() does all of the work itself where no worker comes", async () => {
  StubWorker.all = [];
  const kernel = await withGlobal(
    "Worker",
    LazyWorker,
    () => createWithPool({ heartbeatTimeout: 300 }),
  );
  await expectRight(kernel);
  await kernel[Symbol.asyncDispose]();
  assertEquals(StubWorker.all.map(({ terminated }) => terminated), [true, true]);
});

Deno.test("perform() does all of the work itself where workers have ended", async () => {
  await using kernel = await createWithPool({ heartbeatTimeout: 300 });
  const words = controlOf(kernel.heap.memory, 3);
  // They are told to end without the knowledge of the pool, and do where it wakes them.
  Atomics.store(words, control.stop, 1);
  await expectRight(kernel);
});

/** Waits until a condition holds, for 20 s at most. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 4000 && !condition(); i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert(condition());
}

Deno.test("idle workers that hold no process stay, and do their shares of the next task", async () => {
  /** A caller that waits until the workers have come. */
  class Patient extends Performer {
    override perform(task: Task, i = 0, threads = 1): void {
      waitForClaims(this.core, threads);
      super.perform(task, i, threads);
    }
  }
  await using kernel = await createWithPool({ rest: 1, performer: Patient });
  await new Promise((resolve) => setTimeout(resolve, 100));
  await expectRight(kernel);
  const words = controlOf(kernel.heap.memory, 3);
  assertEquals([1, 2].map((thread) => Atomics.load(words, control.gone + thread)), [0, 0]);
});

Deno.test("workers that would hold the process end after a rest, the caller goes on alone, and others take their place for good", async () => {
  let [claimed, patience] = [false, 0];
  /** A caller that leaves the workers time, and sees whether they come. */
  class Watching extends Performer {
    override perform(task: Task, i = 0, threads = 1): void {
      const words = controlOf(this.core.memory, 3);
      const open = () => [1, 2].some((share) => Atomics.load(words, control.open + share) !== 0);
      for (const end = performance.now() + patience; i === 0 && open() && performance.now() < end;);
      if (i === 0) claimed = !open();
      super.perform(task, i, threads);
    }
  }
  // Not known to have a method by which it can be told.
  class HoldingWorker extends Worker {}
  await using kernel = await withGlobal(
    "Worker",
    HoldingWorker,
    () => createWithPool({ rest: 20, performer: Watching }),
  );
  const words = controlOf(kernel.heap.memory, 3);
  const gone = () => [1, 2].map((thread) => Atomics.load(words, control.gone + thread));
  await until(() => !gone().includes(0));
  using x = kernel.tensor([3, 64]);
  using y = kernel.tensor([3, 64]);
  kernel.activate("relu", x, y);
  // Each call starts one of them again: to start one takes long.
  assertEquals([claimed, gone().toSorted()], [false, [0, 1]]);
  kernel.activate("relu", x, y);
  assertEquals(gone(), [0, 0]);
  await expectRight(kernel);
  // Without a pause for the event loop: a program that computes on and on gets its workers back too.
  patience = 10;
  for (const end = performance.now() + 20_000; !claimed && performance.now() < end;) {
    kernel.activate("relu", x, y);
  }
  assert(claimed);
  await expectRight(kernel);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assertEquals(gone(), [0, 0]);
});

/** A caller that takes over the workers' shares and never finishes them, as a worker that died within its own. */
class Thief extends Performer {
  override perform(task: Task, i = 0, threads = 1): void {
    const words = controlOf(this.core.memory, threads);
    for (let share = 1; share < threads; share++) claim(words, share);
    super.perform(task, i, threads);
  }
}

Deno.test("perform() throws where workers claim work and die, and the kernel cannot compute any more", async () => {
  StubWorker.all = [];
  const kernel = await withGlobal(
    "Worker",
    LazyWorker,
    () => createWithPool({ heartbeatTimeout: 300, performer: Thief }),
  );
  await expectUnusable(kernel, "2 of 2 workers gave no heartbeat for 0.3 s");
  assertEquals(StubWorker.all.map(({ terminated }) => terminated), [true, true]);
});

Deno.test("claim() gives an open share to one thread alone", () => {
  const words = new Int32Array(new SharedArrayBuffer(1024));
  assertEquals(claim(words, 2), false);
  words[control.open + 2] = 1;
  assertEquals([claim(words, 3), claim(words, 2), claim(words, 2)], [false, true, false]);
});

Deno.test("perform() throws the error of a worker that ended between two calls", async () => {
  StubWorker.all = [];
  const kernel = await withGlobal("Worker", LazyWorker, () => createWithPool());
  // Until they have answered.
  await new Promise((resolve) => setTimeout(resolve));
  StubWorker.all[1]?.fail("out of memory");
  await expectUnusable(kernel, "a worker of the pool ended: out of memory");
});

Deno.test("perform() does all of the work itself where workers of its own cannot start", async () => {
  StubWorker.all = [];
  await using kernel = await withGlobal("Worker", StubWorker, () => createWithPool());
  StubWorker.all[1]?.fail("out of memory");
  await new Promise((resolve) => setTimeout(resolve));
  await expectRight(kernel);
  assertEquals(StubWorker.all.map(({ terminated }) => terminated), [false, true]);
  StubWorker.all[0]?.fail("out of memory");
  await new Promise((resolve) => setTimeout(resolve));
  await expectRight(kernel);
});

/** That a worker failed, and what it has thrown. */
const failedWorker = "a worker failed in its share of the work: memory access out of bounds";

Deno.test("perform() throws where a worker throws in its share", async () => {
  /** A caller that leaves the workers time to claim. */
  class Patient extends Performer {
    override perform(task: Task, i = 0, threads = 1): void {
      waitForClaims(this.core, 3);
      super.perform(task, i, threads);
    }
  }
  const kernel = await createWithPool({ performer: Patient });
  const cause = failedWorker;
  // The caller's third is within the memory, those of the workers are beyond its end.
  const place = { z: kernel.heap.memory.buffer.byteLength - 256, y: startOfHeap(3) };
  const shape = { activation: activations.indexOf("relu"), rows: 3, columns: 64 };
  const perform = () => kernel.executor.perform({ kind: "activate", ...place, ...shape });
  assertThrows(perform, WorkerError, `${cause}; the result is not valid`);
  await expectUnusable(kernel, cause);
});

Deno.test("perform() throws the caller's own error where it and a worker throw, with the other as its cause", async () => {
  /** A caller that throws once the workers have claimed their shares. */
  class Failing extends Performer {
    override perform(): void {
      waitForClaims(this.core, 3);
      throw new RangeError("mine");
    }
  }
  await using kernel = await createWithPool({ performer: Failing });
  const { memory } = kernel.heap;
  const task = { kind: "activate", activation: activations.indexOf("relu"), rows: 3 } as const;
  const perform = (at: number) => () =>
    kernel.executor.perform({ ...task, z: at, y: at, columns: 64 });
  assertEquals(assertThrows(perform(startOfHeap(3)), RangeError, "mine").cause, undefined);
  const { cause } = assertThrows(perform(memory.buffer.byteLength), RangeError, "mine");
  assert(cause instanceof WorkerError);
  assertEquals(cause.message, `${failedWorker}; the result is not valid`);
});

/**
 * What perform() does while others have its shares: each time that it waits, a
 * clock goes on by as long as it would at most, and `others` do what they do.
 */
async function waiting(others: (words: Int32Array<SharedArrayBuffer>) => void): Promise<number> {
  StubWorker.all = [];
  const options = { heartbeatTimeout: 300, performer: Thief };
  await using kernel = await withGlobal("Worker", LazyWorker, () => createWithPool(options));
  using x = kernel.tensor([3, 64]);
  using y = kernel.tensor([3, 64]);
  const { wait } = Atomics;
  const { now } = performance;
  let clock = 0;
  let waits = 0;
  const at = (_page: Int32Array, _word: number, _value: number, timeout = Infinity) => {
    clock += timeout;
    waits++;
    others(controlOf(kernel.heap.memory, 3));
    return "timed-out" as const;
  };
  Object.assign(Atomics, { wait: at });
  Object.assign(performance, { now: () => clock });
  try {
    kernel.activate("relu", x, y);
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error;
    waits = -waits;
  } finally {
    Object.assign(Atomics, { wait });
    Object.assign(performance, { now });
  }
  return waits;
}

Deno.test("perform() waits for slow workers as long as there are heartbeats, and no longer", async () => {
  // Four times the timeout, until the work is done.
  let beats = 0;
  const slow = await waiting((words) => {
    Atomics.add(words, control.heartbeat, 1);
    if (++beats === 12) Atomics.store(words, control.pending, 0);
  });
  assertEquals(slow, 12);
  // One heartbeat, and then none: 300 ms are over with the fourth wait after it.
  let last = 1;
  const lost = await waiting((words) => {
    if (last-- > 0) Atomics.add(words, control.heartbeat, 1);
  });
  assertEquals(lost, -5);
});
