/**
 * Workers for tests that do nothing, or only say that they are ready, and a way to
 * put them in the place of the runtime's own.
 *
 * @module
 */

/** Runs `action` while a global has another value. */
export async function withGlobal<T>(
  name: "Worker" | "SharedArrayBuffer" | "setTimeout" | "clearTimeout" | "Deno" | "process",
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

/** A worker that does nothing; `all` lists those of a test. */
export class StubWorker {
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

/** Says that it is ready, and then does nothing. */
export class LazyWorker extends StubWorker {
  override postMessage(): void {
    queueMicrotask(() => this.onmessage?.({ data: "ready" }));
  }
}
