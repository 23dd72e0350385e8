/**
 * A worker of a thread group: does the work that the shared words name whenever
 * its signal is raised.
 *
 * @module
 */
import { layout, spins, type WorkerStart } from "./threads.ts";
import { createWorkList } from "./work.ts";

/** A worker's global scope, which differs from a page's. */
const scope = globalThis as unknown as {
  onmessage: (event: { readonly data: WorkerStart }) => void;
  postMessage(message: string): void;
  close(): void;
};

scope.onmessage = ({ data: { words, signal, options } }) => {
  const list = createWorkList(options);
  let last = Atomics.load(words, signal);
  scope.postMessage("ready");
  while (true) {
    for (let i = 0; i < spins && Atomics.load(words, signal) === last; i++);
    Atomics.wait(words, signal, last);
    last = Atomics.load(words, signal);
    if (Atomics.load(words, layout.stop) !== 0) return scope.close();
    try {
      const [index, times, bytes] = words.subarray(layout.index, layout.bytes + 1);
      list.perform({ index: index!, times: times!, bytes: bytes! });
    } catch {
      Atomics.add(words, layout.failed, 1);
    }
    Atomics.sub(words, layout.pending, 1);
    Atomics.notify(words, layout.pending);
  }
};
