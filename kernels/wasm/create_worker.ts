/**
 * The workers of a pool, by what the runtime has. Those of `node:worker_threads`
 * do not hold their process once they are told so, but in Deno they take much
 * longer to start than those of the web platform. There a pool begins with the
 * latter, which end after a rest, and goes on with the former.
 *
 * @module
 */

/** How to make workers, and whether those that are idle must end after a rest, so that their process can. */
export interface WorkerSource {
  readonly create: () => Worker;
  readonly rests: boolean;
}

/** A worker of `node:worker_threads`, as far as it is used here. */
interface NodeWorker {
  on(event: "message", listen: (data: unknown) => void): void;
  on(event: "error", listen: (error: unknown) => void): void;
  postMessage(message: unknown): void;
  terminate(): unknown;
  unref(): void;
}

type NodeWorkerClass = new (module: URL) => NodeWorker;

const inDeno = "Deno" in globalThis;

/** The module of a worker. */
export const moduleOfWorker = (): URL => new URL("./worker.ts", import.meta.url);

/** A worker of `node:worker_threads` in the form of the web platform's. */
class AdaptedWorker {
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onerror: ((event: { readonly message: string; preventDefault(): void }) => void) | null = null;
  readonly #worker: NodeWorker;

  constructor(Class: NodeWorkerClass, module: URL) {
    // It takes a module of another origin only where one of its own imports that.
    const local = module.protocol === "file:" ? module : new URL(
      `data:text/javascript,${encodeURIComponent(`import ${JSON.stringify(module.href)};`)}`,
    );
    this.#worker = new Class(local);
    this.#worker.on("message", (data) => this.onmessage?.({ data }));
    this.#worker.on("error", (error) => {
      const message = error instanceof Error ? error.message : String(error);
      this.onerror?.({ message, preventDefault: () => {} });
    });
  }

  postMessage(message: unknown): void {
    this.#worker.postMessage(message);
  }

  terminate(): void {
    this.#worker.terminate();
  }

  unref(): void {
    this.#worker.unref();
  }
}

const webWorkers = (): Worker => new Worker(moduleOfWorker(), { type: "module" });

/** How the first workers of a pool are made. */
export function firstWorkers(): WorkerSource {
  // A page's workers end with it, and others can be told to hold nothing.
  return { create: webWorkers, rests: inDeno };
}

/** The part of Node's `process`, which Deno has too, that finds a module of Node's at once. */
interface NodeProcess {
  getBuiltinModule?(name: "node:worker_threads"): { readonly Worker: NodeWorkerClass } | undefined;
}

/**
 * How those are made that replace workers which ended after a rest: at once, since
 * a program that computes without a pause would never let them start otherwise.
 */
export function laterWorkers(): WorkerSource {
  const { process } = globalThis as { readonly process?: NodeProcess };
  const Class = process?.getBuiltinModule?.("node:worker_threads")?.Worker;
  if (Class === undefined) return firstWorkers();
  const create = () => new AdaptedWorker(Class, moduleOfWorker()) as unknown as Worker;
  return { create, rests: false };
}

/** Tells a worker that has started to hold no process, where it can be told. */
export function release(worker: Worker): void {
  (worker as { unref?(): void }).unref?.();
}
