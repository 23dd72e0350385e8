/**
 * A worker of a pool of threads. It compiles modules of its own, with the
 * addresses of its own slots, and does its share of every task, unless the caller has.
 *
 * @module
 */
import { Core } from "./core.ts";
import { Performer } from "./performer.ts";
import { decodeTask } from "./tasks.ts";
import { claim, control, controlOf, reportFailure, type ThreadStart } from "./control.ts";

/** How a worker is told what to do, and answers. */
interface Port {
  postMessage(message: string): void;
  close(): void;
}

/** The members of the global scope that the types of a page lack, or have otherwise; Node has none of a worker's. */
const scope = globalThis as unknown as Partial<Port> & {
  onmessage?: (event: { readonly data: ThreadStart }) => void;
  readonly process?: {
    exit(): void;
    getBuiltinModule(name: "node:worker_threads"): {
      readonly parentPort: Port & {
        on(event: "message", listen: (data: ThreadStart) => void): void;
      };
    };
  };
};

/** How often a worker checks for the next task before it sleeps: for about 0.1 ms, 5 ns a check, which is longer than most work on one thread between two tasks. */
const spins = 20_000;

/** Waits for the next generation, and returns it; the last one where none came within `rest` milliseconds. */
function next(words: Int32Array<SharedArrayBuffer>, last: number, rest: number): number {
  for (let i = 0; i < spins; i++) {
    const now = Atomics.load(words, control.generation);
    if (now !== last) return now;
  }
  Atomics.wait(words, control.generation, last, rest);
  return Atomics.load(words, control.generation);
}

/** Does the work of a thread until it is told to end. */
function work({ memory, options, thread, rest }: ThreadStart, port: Port): void {
  const words = controlOf(memory, options.threads);
  const task = words.subarray(control.task);
  const performer = new Performer(
    new Core(memory, options, thread, () => void Atomics.add(words, control.heartbeat, 1)),
  );
  // The one before: the caller may wait for a share of the task at hand already.
  let generation = (Atomics.load(words, control.generation) - 1) | 0;
  // The pool may wait for this answer, even where it has ended since.
  port.postMessage("ready");
  // A pool that ends from here on raises the generation too, for which next() looks.
  if (Atomics.load(words, control.stop) !== 0) return port.close();
  while (true) {
    const last = generation;
    generation = next(words, last, rest);
    if (Atomics.load(words, control.stop) !== 0) return port.close();
    if (generation === last) {
      // From here on the caller does this share, until another worker has its place.
      Atomics.store(words, control.gone + thread, 1);
      return port.close();
    }
    // A task is read once its share is claimed: until then the caller may replace it.
    if (!claim(words, thread)) continue;
    try {
      performer.perform(decodeTask(task), thread, options.threads);
    } catch (error) {
      reportFailure(words, error);
    }
    Atomics.sub(words, control.pending, 1);
    Atomics.notify(words, control.pending);
  }
}

if (typeof scope.postMessage === "function") {
  // Bun's workers have no close(), and an exit() that ends no more than them.
  scope.close ??= () => scope.process?.exit();
  scope.onmessage = ({ data }) => work(data, scope as Port);
} else {
  const port = scope.process?.getBuiltinModule("node:worker_threads").parentPort;
  port?.on("message", (data) => work(data, port));
}
