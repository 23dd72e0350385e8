/**
 * What engines lack that the package supports: Node 20 and 22, browsers without
 * explicit resource management. The bundler puts these in the place of the
 * globals, in the package's own files alone; no global is changed. What nothing
 * uses is left out of a file.
 *
 * @module
 */

// Read by reflection: the bundler replaces the plain expressions, also here.
const own = (owner: object, name: string): unknown => Reflect.get(owner, name);

/** `Symbol.dispose`, or what esbuild's code for `using` takes in its place. */
export const symbolDispose = (own(Symbol, "dispose") ?? Symbol.for("Symbol.dispose")) as symbol;

/** `Symbol.asyncDispose`, likewise. */
export const symbolAsyncDispose =
  (own(Symbol, "asyncDispose") ?? Symbol.for("Symbol.asyncDispose")) as symbol;

/** `Promise.withResolvers()`. */
export function promiseWithResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T | PromiseLike<T>) => void;
  reject: (reason?: unknown) => void;
} {
  let resolve: (value: T | PromiseLike<T>) => void = () => {};
  let reject: (reason?: unknown) => void = () => {};
  const promise = new Promise<T>((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  return { promise, resolve, reject };
}

/** `Map.groupBy()`. */
export function mapGroupBy<K, V>(
  items: Iterable<V>,
  keyOf: (item: V, index: number) => K,
): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  let index = 0;
  for (const item of items) {
    const key = keyOf(item, index++);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** What an error of a disposal and another one become together, as the standard's SuppressedError. */
function suppressed(error: unknown, before: unknown): Error {
  return Object.assign(new Error("an error was suppressed during disposal"), {
    name: "SuppressedError",
    error,
    suppressed: before,
  });
}

/** The members of `DisposableStack` and `AsyncDisposableStack` that Densemark uses. */
abstract class Stack {
  protected readonly actions: (() => unknown)[] = [];

  /** Has what is given disposed with the stack. */
  protected add<T>(value: T, symbol: symbol): T {
    if (value === null || value === undefined) return value;
    const method: unknown = Reflect.get(value, symbol) ?? Reflect.get(value, symbolDispose);
    if (typeof method !== "function") throw new TypeError("the value cannot be disposed");
    this.actions.push(() => Reflect.apply(method, value, []));
    return value;
  }

  /** Has a function called when the stack is disposed. */
  defer(action: () => unknown): void {
    this.actions.push(action);
  }

  /** Has a function called with the value when the stack is disposed. */
  adopt<T>(value: T, dispose: (value: T) => unknown): T {
    this.actions.push(() => dispose(value));
    return value;
  }
}

/** What `disposableStack` is where the engine has none. */
export class SyncStack extends Stack {
  use<T>(value: T): T {
    return this.add(value, symbolDispose);
  }

  dispose(): void {
    let failure: { readonly error: unknown } | null = null;
    for (let action = this.actions.pop(); action; action = this.actions.pop()) {
      try {
        action();
      } catch (error) {
        failure = { error: failure ? suppressed(error, failure.error) : error };
      }
    }
    if (failure) throw failure.error;
  }

  [symbolDispose](): void {
    this.dispose();
  }
}

/** What `asyncDisposableStack` is where the engine has none. */
export class AsyncStack extends Stack {
  use<T>(value: T): T {
    return this.add(value, symbolAsyncDispose);
  }

  async disposeAsync(): Promise<void> {
    let failure: { readonly error: unknown } | null = null;
    for (let action = this.actions.pop(); action; action = this.actions.pop()) {
      try {
        await action();
      } catch (error) {
        failure = { error: failure ? suppressed(error, failure.error) : error };
      }
    }
    if (failure) throw failure.error;
  }

  [symbolAsyncDispose](): Promise<void> {
    return this.disposeAsync();
  }
}

const stackOf = <T>(name: string, otherwise: T): T =>
  (own(globalThis, name) as T | undefined) ?? otherwise;

/** `DisposableStack`, as far as Densemark uses it. */
export const disposableStack = /* @__PURE__ */ stackOf("DisposableStack", SyncStack);

/** `AsyncDisposableStack`, likewise. */
export const asyncDisposableStack = /* @__PURE__ */ stackOf("AsyncDisposableStack", AsyncStack);

/** What the bundler replaces, and by which of the names above. */
export const replacements = {
  "Symbol.dispose": "symbolDispose",
  "Symbol.asyncDispose": "symbolAsyncDispose",
  "Promise.withResolvers": "promiseWithResolvers",
  "Map.groupBy": "mapGroupBy",
  DisposableStack: "disposableStack",
  AsyncDisposableStack: "asyncDisposableStack",
} as const;
