/**
 * A worker of a team: does the work of the control words whenever its signal
 * is raised.
 *
 * @module
 */
import { control, spins, type WorkerStart } from "./team.ts";
import { createBench } from "./work.ts";

/** What a worker's global scope has that a page's has not, or otherwise. */
const scope = globalThis as unknown as {
  onmessage: (event: { readonly data: WorkerStart }) => void;
  postMessage(message: string): void;
  close(): void;
};

scope.onmessage = ({ data: { words, signal, options } }) => {
  const bench = createBench(options);
  let last = Atomics.load(words, signal);
  scope.postMessage("ready");
  while (true) {
    for (let i = 0; i < spins && Atomics.load(words, signal) === last; i++);
    Atomics.wait(words, signal, last);
    last = Atomics.load(words, signal);
    if (Atomics.load(words, control.stop) !== 0) return scope.close();
    try {
      const [index, times, bytes] = words.subarray(control.index, control.bytes + 1);
      bench.perform({ index: index!, times: times!, bytes: bytes! });
    } catch {
      Atomics.add(words, control.failed, 1);
    }
    Atomics.sub(words, control.pending, 1);
    Atomics.notify(words, control.pending);
  }
};
