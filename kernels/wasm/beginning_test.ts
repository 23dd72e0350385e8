// What a process does at its beginning: tiles that are loops, a tile that is chosen and workers that are
// started only when they are needed.
import { assert, assertEquals } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import type { Kernel, KernelOptions } from "../kernel.ts";
import { createKernel } from "../registry.ts";
import { Core, type CoreOptions, createMemory, startOfHeap } from "./core.ts";
import { SingleThread } from "./executor.ts";
import { detectSimdFeatures } from "./features.ts";
import { kc, rowsOfTile, tileVectors } from "./geometry.ts";
import { Heap } from "./memory.ts";
import { tileModule, type TileOptions } from "./microkernel.ts";
import { beginning } from "./partitions.ts";
import { Performer } from "./performer.ts";
import { createSingle } from "./single_testing.ts";
import { linear, type ProductTask } from "./tasks.ts";
import { defaultThreads } from "./thread_count.ts";
import { ThreadPool } from "./thread_pool.ts";
import { WasmKernel } from "./wasm_kernel.ts";
import { StubWorker, withGlobal } from "./workers_testing.ts";

const seed = 41;

/** Runs `action` where so many shapes begin with loops. */
async function withShapes<T>(shapes: number, action: () => T | Promise<T>): Promise<T> {
  const before = beginning.shapes;
  beginning.shapes = shapes;
  try {
    return await action();
  } finally {
    beginning.shapes = before;
  }
}

/** The bits of products of many shapes: each weight is packed at its second use. */
async function computeAll(kernel: Kernel): Promise<Map<string, Uint32Array>> {
  const all = new Map<string, Uint32Array>();
  const random = createRandom(seed);
  const values = (length: number) =>
    Float32Array.from({ length }, () => {
      const value = random.uniform() - 0.5;
      return Math.abs(value) < 0.05 ? -0 : value;
    });
  for (const m of [1, 5, 17, 460]) {
    for (const n of [5, 24, 100]) {
      for (const k of [1, 6, 64, 65, 150, 515]) {
        using x = kernel.tensor([m, k], values(m * k));
        using weight = kernel.tensor([k, n], values(n * k));
        using turned = kernel.tensor([n, k], values(n * k));
        using bias = kernel.tensor([n], values(n));
        using y = kernel.tensor([m, n], values(m * n));
        for (let time = 0; time < 3; time++) {
          const note = async (what: string) => {
            const bits = new Uint32Array((await y.read()).buffer);
            all.set(`${what} of ${m} x ${n} x ${k}, time ${time}`, bits);
          };
          kernel.dense(x, weight, bias, "relu", y);
          await note("dense");
          kernel.matmul(x, turned, y, { transposeB: true });
          await note("matmul");
          kernel.matmul(x, weight, y, { accumulate: true });
          await note("matmul added");
        }
      }
    }
  }
  return all;
}

for (const lanes of [4, 8] as const) {
  Deno.test(`products by tiles that are loops have the bits of the others, ${lanes} lanes (seed ${seed})`, async () => {
    const compute = (shapes: number) =>
      withShapes(shapes, async () => {
        await using kernel = createSingle("single", { lanes });
        return await computeAll(kernel);
      });
    const [unrolled, loops] = [await compute(0), await compute(Infinity)];
    const different = [...unrolled].filter(([what, bits]) => {
      const others = loops.get(what);
      return !others || bits.some((word, i) => word !== others[i]);
    });
    assertEquals(different.map(([what]) => what), []);
    assertEquals(unrolled.size, 4 * 3 * 6 * 9);
  });
}

Deno.test("a tile that is a loop takes a sixth of the bytes, whatever the steps", () => {
  const options = (depth: number, rolled: boolean): TileOptions => ({
    mr: rowsOfTile(4 * tileVectors, 4),
    nr: 4 * tileVectors,
    depth,
    lanes: 4,
    fused: false,
    add: true,
    rolled,
    slots: { b: 1024, c: 65536 },
    memory: { minimum: 2, maximum: 2, shared: false },
  });
  const bytes = (depth: number, rolled = false) => tileModule(options(depth, rolled)).length;
  assert(6 * bytes(kc, true) < bytes(kc));
  assert(bytes(kc, true) < bytes(16, true) + 200);
});

for (const [lanes, until] of [[4, 16], [8, 1]] as const) {
  Deno.test(`a shape begins with loops, and goes on with other tiles after as much work as these take to be made, or where a packed weight has panels of 8 lanes: ${lanes} lanes`, async () => {
    await withShapes(1, () => {
      const { fused } = detectSimdFeatures();
      using kernel = new DisposableKernel({ fused, lanes, shared: false, threads: 1 });
      const made: string[] = [];
      const { tile } = Core.prototype;
      Core.prototype.tile = function (nr, depth, add, ending, ahead, form, lanes) {
        made.push(form === 2 ? "loop" : "unrolled");
        return tile.call(this, nr, depth, add, ending, ahead, form, lanes);
      };
      try {
        // 2^24 multiply-adds, of a weight that is packed from the second time on.
        const counts = Array.from({ length: 20 }, () => {
          made.length = 0;
          kernel.multiply(4096, 64, 64);
          return [...new Set(made)].join();
        });
        assertEquals(counts[0], "loop");
        assertEquals(counts.slice(1).filter((what) => what === "unrolled").length, 1);
        assertEquals(counts.indexOf("unrolled"), until);
        made.length = 0;
        kernel.multiply(64, 48, 64);
        assertEquals([...new Set(made)], ["unrolled"]);
      } finally {
        Core.prototype.tile = tile;
      }
    });
  });
}

/** A kernel of one thread, with the product of matrices that it keeps by their shape. */
class DisposableKernel implements Disposable {
  readonly kernel: WasmKernel;
  readonly #kept = new Map<string, () => void>();
  readonly #stack = new DisposableStack();

  constructor(options: CoreOptions) {
    const memory = createMemory(options);
    const executor = new SingleThread(new Performer(new Core(memory, options, 0)));
    this.kernel = new WasmKernel("single", new Heap(memory, startOfHeap(1)), executor, options);
  }

  multiply(m: number, n: number, k: number): void {
    const key = `${m} ${n} ${k}`;
    let run = this.#kept.get(key);
    if (!run) {
      const [x, weight, y] = ([[m, k], [k, n], [m, n]] as const).map((shape) =>
        this.#stack.use(this.kernel.tensor(shape))
      );
      run = () => this.kernel.matmul(x!, weight!, y!);
      this.#kept.set(key, run);
    }
    run();
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

Deno.test("no tile is chosen before one is needed: not by createKernel(), and not by a first product", async () => {
  await withShapes(1, () => {
    let asked = 0;
    const { fused, lanes } = detectSimdFeatures();
    using kernel = new DisposableKernel({
      fused,
      get lanes() {
        asked++;
        return lanes;
      },
      shared: false,
      threads: 1,
    });
    kernel.multiply(64, 64, 64);
    assertEquals([kernel.kernel.traits.fused, asked], [fused, 0]);
    assertEquals(kernel.kernel.traits.tile?.nr, tileVectors * lanes);
    assertEquals(asked, 1);
  });
});

/** A product of 2^(3 · power) multiply-adds. */
function taskOf(power: number): ProductTask {
  const size = 2 ** power;
  return {
    ...{ kind: "product", m: size, n: size, k: size, a: 0, b: 0, layoutB: 0, scratch: 0 },
    ...{ bias: 0, activation: linear, formula: 0, y: 0, z: 0, accumulate: 0 },
  };
}

/** A pool of three threads whose caller computes nothing, and whose workers are of this class. */
function poolOf(worker: new () => StubWorker, late = true) {
  let done = 0;
  class Idle extends Performer {
    override perform(): void {
      done++;
    }
  }
  StubWorker.all = [];
  const options: CoreOptions = { ...detectSimdFeatures(), shared: true, threads: 3 };
  const memory = createMemory(options);
  const performer = new Idle(new Core(memory, options, 0));
  const run = async (action: (pool: ThreadPool) => void | Promise<void>) => {
    await withGlobal("Worker", worker, async () => {
      const pool = await ThreadPool.start(performer, memory, options, { late });
      await action(pool);
      await pool[Symbol.asyncDispose]();
    });
  };
  return { run, done: () => done, workers: () => StubWorker.all.length };
}

Deno.test("workers start once their work would have paid for it, at once for a large task, and with their pool where that is asked for", async () => {
  const { run, done, workers } = poolOf(StubWorker);
  await run((pool) => {
    // Alone: once for each task. 8 · 2^27 are 2^30.
    for (let i = 0; i < 7; i++) pool.perform(taskOf(9));
    // Too small to be shared, so that it does not count.
    for (let i = 0; i < 100; i++) pool.perform(taskOf(6));
    assertEquals([workers(), done()], [0, 107]);
    for (let i = 0; i < 2; i++) pool.perform(taskOf(9));
    // No worker answers: the caller does all shares, three of each task, or one where waking has cost too much.
    assertEquals(workers(), 2);
    assert(done() >= 109, `${done()}`);
  });
  const large = poolOf(StubWorker);
  await large.run((pool) => {
    assertEquals(large.workers(), 0);
    pool.perform(taskOf(10));
    assertEquals([large.workers(), large.done() > 0], [2, true]);
  });
  const all = poolOf(StubWorker, false);
  await all.run(() => assertEquals(all.workers(), 2));
});

Deno.test("a pool that is disposed before its workers were started starts none", async () => {
  const { run, workers } = poolOf(StubWorker);
  await run((pool) => pool.perform(taskOf(9)));
  assertEquals(workers(), 0);
});

Deno.test("the caller goes on alone where workers cannot be started late", async () => {
  class Forbidden extends StubWorker {
    constructor() {
      super();
      if (StubWorker.all.length > 1) throw new Error("not allowed here");
    }
  }
  const { run, done, workers } = poolOf(Forbidden);
  await run((pool) => {
    for (let i = 0; i < 3; i++) pool.perform(taskOf(10));
    // Tried once.
    assertEquals([workers(), done() >= 3], [2, true]);
    assertEquals(StubWorker.all[0]?.terminated, true);
  });
  const early = poolOf(Forbidden, false);
  let message = "";
  await early.run(() => {}).catch((error: unknown) => {
    message = String(error);
  });
  assert(message.includes("its workers cannot start: not allowed here"), message);
});

Deno.test("createKernel() starts workers that were asked for, by their number or by sharing all, and no others", async () => {
  const started = (options: KernelOptions) => {
    StubWorker.all = [];
    return withGlobal("Worker", StubWorker, async () => {
      await using _kernel = await createKernel("wasm-threads", options);
      return StubWorker.all.length;
    });
  };
  assertEquals(await started({ threads: 3 }), 2);
  assertEquals(await started({ serialBelow: 0 }), defaultThreads() - 1);
  assertEquals(await started({}), 0);
});
