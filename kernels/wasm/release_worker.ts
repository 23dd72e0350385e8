/**
 * Telling a worker that it is not to hold its process, so that an idle one need not
 * end. Those of `node:worker_threads` have a method for it, those of a page end with
 * it, and Deno's web workers have one without a name, by which its own
 * `node:worker_threads` tells them; those that lack it must end after a rest.
 *
 * @module
 */

/** A worker by what it may be told with. */
type Told = Readonly<Record<symbol, ((holds: boolean) => void) | undefined>> & { unref?(): void };

/** The name of the unnamed method of Deno's web workers; undefined where there is none, or not only one. */
function holding(): symbol | undefined {
  if (!("Deno" in globalThis) || typeof Worker === "undefined") return undefined;
  const symbols = Object.getOwnPropertySymbols(Worker.prototype);
  const unnamed = symbols.filter((symbol) => !symbol.description);
  const [name] = unnamed;
  const method: unknown = name && Reflect.get(Worker.prototype, name);
  // It takes whether the worker holds its process.
  const fits = unnamed.length === 1 && typeof method === "function" && method.length === 1;
  return fits ? name : undefined;
}

/** Whether web workers hold their process as long as they are there. */
export function webWorkersHold(): boolean {
  return "Deno" in globalThis && holding() === undefined;
}

/** Tells a worker that has started to hold no process, where it can be told. */
export function release(worker: Worker): void {
  const told = worker as unknown as Told;
  if (told.unref) return told.unref();
  const name = holding();
  if (name !== undefined) told[name]?.(false);
}
