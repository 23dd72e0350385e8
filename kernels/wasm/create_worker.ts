/**
 * The workers of a pool: those of the caller, or made of the worker's source where
 * that can be read, or of its text, so that one bundled file is enough. In Deno a
 * pool whose workers would hold the process begins with web workers, which start
 * soon and end after a rest, and goes on with those of `node:worker_threads`.
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError, errorText } from "../../common/errors.ts";
import type { ThreadWorker } from "../kernel.ts";
import { webWorkersHold } from "./release_worker.ts";
import { moduleOfWorker } from "./worker_module.ts";

/** How to make workers, and whether idle ones must end after a rest, so that their process can. */
export interface WorkerSource {
  readonly create: () => Worker;
  readonly rests: boolean;
  /** Whether one may fail to load, so that a kernel is not made before all have answered. */
  readonly mayFail: boolean;
  /** Why one could not be loaded, where the runtime says nothing. */
  readonly refusal: string;
}

/** How the first workers of a pool are made, and those that replace workers which ended after a rest. */
export interface WorkerSources {
  readonly first: WorkerSource;
  /**
   * It makes them at once, since a program that computes without a pause would never let them start
   * otherwise. A function, since to look for it takes Deno as long as half of a kernel's start.
   */
  readonly later: () => WorkerSource;
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

/** The part of Node's `process`, which Deno and Bun have too, that finds a module of Node's at once. */
interface NodeProcess {
  getBuiltinModule?(name: "node:worker_threads"): { readonly Worker: NodeWorkerClass } | undefined;
}

/** The likely reason of a failure of which the runtime says nothing, as of a refusal by policy. */
const refusals = {
  given: "the worker of createWorker could not be loaded: its URL is wrong, or the " +
    "Content-Security-Policy's worker-src does not allow it",
  text:
    "a worker of a blob: URL could not be loaded, perhaps for the Content-Security-Policy; add " +
    "blob: to its worker-src, or give the option createWorker",
  module: "the module of the worker could not be loaded",
} as const;

/** A worker of `node:worker_threads` in the form of the web platform's. */
class AdaptedWorker {
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onerror: ((event: { readonly message: string; preventDefault(): void }) => void) | null = null;
  readonly #worker: NodeWorker;

  constructor(worker: NodeWorker) {
    this.#worker = worker;
    worker.on("message", (data) => this.onmessage?.({ data }));
    worker.on("error", (error) => {
      this.onerror?.({ message: errorText(error), preventDefault: () => {} });
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

const adapt = (worker: NodeWorker) => new AdaptedWorker(worker) as unknown as Worker;

const scriptUrl = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;

function nodeWorkers(): NodeWorkerClass | null {
  const { process } = globalThis as { readonly process?: NodeProcess };
  return process?.getBuiltinModule?.("node:worker_threads")?.Worker ?? null;
}

/** Those that the caller makes, of either platform. */
function workersOf(createWorker: () => ThreadWorker): WorkerSource {
  const create = () => {
    const worker: unknown = createWorker();
    const { postMessage, terminate, on } = (worker ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof postMessage !== "function" || typeof terminate !== "function") {
      throw new ArgumentError(`createWorker must return a worker; got ${describe(worker)}`);
    }
    return typeof on === "function" ? adapt(worker as NodeWorker) : worker as Worker;
  };
  return { create, rests: webWorkersHold(), mayFail: true, refusal: refusals.given };
}

// Made once: it is the same text for all.
let textUrl: string | null = null;

/** A worker of the web platform from its text. */
function workerOfText(text: string): Worker {
  // A blob is of the page's origin, as shared memory needs it; data: is not.
  textUrl ??= URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return new Worker(textUrl, { type: "module" });
  } catch (error) {
    throw new Error(`${refusals.text} (${errorText(error)})`);
  }
}

/**
 * How the workers of a pool are made: by `createWorker` where that is given.
 *
 * @throws where the runtime has no workers.
 */
export async function workerSources(
  createWorker: (() => ThreadWorker) | undefined,
): Promise<WorkerSources> {
  if (createWorker !== undefined) {
    const given = workersOf(createWorker);
    return { first: given, later: () => given };
  }
  const module = moduleOfWorker();
  const text = module === null ? (await import("./worker_text.ts")).workerText : "";
  const ofNode = (): WorkerSource | null => {
    const Class = nodeWorkers();
    // It takes a module of another origin only where one of its own imports that.
    const moduleForNode = module?.protocol === "file:"
      ? module
      : new URL(scriptUrl(module === null ? text : `import ${JSON.stringify(module.href)};`));
    return Class && {
      create: () => adapt(new Class(moduleForNode)),
      rests: false,
      mayFail: true,
      refusal: refusals.module,
    };
  };
  if (typeof Worker === "undefined") {
    const only = ofNode();
    if (only === null) throw new Error("this browser or runtime has no workers");
    return { first: only, later: () => only };
  }
  const first: WorkerSource = {
    create: () => module === null ? workerOfText(text) : new Worker(module, { type: "module" }),
    rests: webWorkersHold(),
    // Deno has no policy that forbids the text, and a file that it may read is there.
    mayFail: (globalThis as { readonly Deno?: unknown }).Deno === undefined ||
      (module !== null && module.protocol !== "file:"),
    refusal: module === null ? refusals.text : refusals.module,
  };
  return { first, later: () => ofNode() ?? first };
}

/** Sources whose first workers have begun. */
export interface BegunWorkers extends WorkerSources {
  /** Ends those of them that no pool has taken. */
  end(): void;
}

/**
 * Begins so many workers, which load while the kernel is made. What one throws is
 * thrown where a pool takes it. Null where the runtime has no workers. None begins
 * where `late` and none can fail to load.
 */
export async function beginWorkers(
  createWorker: (() => ThreadWorker) | undefined,
  count: number,
  late = false,
): Promise<BegunWorkers | null> {
  const sources = await workerSources(createWorker).catch(() => null);
  if (sources === null) return null;
  const { create, mayFail } = sources.first;
  if (late && !mayFail) return { ...sources, end: () => {} };
  const begun: (() => Worker)[] = [];
  const workers = new Set<Worker>();
  try {
    for (let i = 0; i < count; i++) {
      const worker = create();
      workers.add(worker);
      begun.push(() => {
        workers.delete(worker);
        return worker;
      });
    }
  } catch (error) {
    begun.push(() => {
      throw error;
    });
  }
  return {
    first: { ...sources.first, create: () => (begun.shift() ?? create)() },
    later: sources.later,
    end: () => {
      for (const worker of workers) worker.terminate();
    },
  };
}
