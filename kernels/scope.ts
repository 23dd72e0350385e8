/**
 * A scope: what was made in it is disposed of at its end, but for what it returns,
 * as TensorFlow.js's `tidy` does. Unlike that, it may wait: where the runtime
 * knows which asynchronous work belongs together (`AsyncLocalStorage` in Deno,
 * Node and Bun), scopes that wait side by side do not take each other's tensors.
 *
 * @module
 */
import { describe, typedArrayName } from "../common/describe.ts";
import { ArgumentError, errorLine } from "../common/errors.ts";
import { quote } from "../common/text.ts";
import { checkKernel, checkTensor, looksLikeKernel, looksLikeTensor } from "./checks.ts";
import type { Kernel, Tensor } from "./kernel.ts";

/** Beyond so many tensors, those that were disposed by hand are forgotten now and then. */
const leastPruned = 1024;

/** The tensors that were made on one kernel within one callback. */
class Scope {
  #tensors = new Set<Tensor>();
  #prune = leastPruned;
  ended = false;

  constructor(readonly kernel: Kernel, readonly outer: Scope | null) {}

  add(tensor: Tensor): void {
    this.#tensors.add(tensor);
    owners.set(tensor, this);
    if (this.#tensors.size < this.#prune) return;
    for (const each of this.#tensors) if (each.disposed) this.#tensors.delete(each);
    this.#prune = Math.max(leastPruned, 2 * this.#tensors.size);
  }

  release(tensor: Tensor): void {
    this.#tensors.delete(tensor);
    owners.delete(tensor);
  }

  /** Disposes of all but these, which the scope around it takes over; the first error is thrown at the end. */
  end(kept: ReadonlySet<unknown>): void {
    this.ended = true;
    const errors: unknown[] = [];
    // The last one first: what was made of others goes before them.
    for (const tensor of [...this.#tensors].reverse()) {
      this.release(tensor);
      if (kept.has(tensor)) {
        innermost(this.outer, this.kernel)?.add(tensor);
        continue;
      }
      try {
        tensor[Symbol.dispose]();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

/** The scope that disposes of a tensor. */
const owners = new WeakMap<Tensor, Scope>();

/** The nearest scope of a kernel that has not ended, from this one outwards. */
function innermost(scope: Scope | null, kernel: Kernel): Scope | null {
  let found = scope;
  while (found && (found.ended || found.kernel !== kernel)) found = found.outer;
  return found;
}

/** What says which scope the running code is in. */
interface Context {
  current(): Scope | null;
  run<T>(scope: Scope, action: () => T): T;
}

/** The part of Node's `AsyncLocalStorage` that is needed. */
interface AsyncStorage {
  getStore(): Scope | undefined;
  run<T>(scope: Scope, action: () => T): T;
}

/** The part of `process`, which Deno and Bun have too, that finds a module of Node's at once. */
interface NodeProcess {
  getBuiltinModule?(
    name: "node:async_hooks",
  ): { readonly AsyncLocalStorage: new () => AsyncStorage } | undefined;
}

/** By the runtime's knowledge of what belongs together. */
function asyncContext(): Context | null {
  const { process } = globalThis as { readonly process?: NodeProcess };
  const Storage = process?.getBuiltinModule?.("node:async_hooks")?.AsyncLocalStorage;
  if (Storage === undefined) return null;
  const storage = new Storage();
  return {
    current: () => storage.getStore() ?? null,
    run: (scope, action) => storage.run(scope, action),
  };
}

/** By the order in which scopes begin and end, where the runtime knows no better. */
export function stackContext(): Context {
  let open: Scope | null = null;
  return {
    current: () => {
      while (open?.ended) open = open.outer;
      return open;
    },
    run: (scope, action) => {
      open = scope;
      return action();
    },
  };
}

let context: Context | null = null;

/** How many scopes of a kernel are open, and what its own `tensor` was before. */
interface Followed {
  open: number;
  readonly before: PropertyDescriptor | undefined;
}

const followed = new WeakMap<Kernel, Followed>();

/** Has each tensor that the kernel makes noted in the scope that is open. */
function follow(kernel: Kernel, context: Context): void {
  const known = followed.get(kernel);
  if (known) {
    known.open++;
    return;
  }
  const before = Object.getOwnPropertyDescriptor(kernel, "tensor");
  const { tensor: create } = kernel;
  const value = function (this: unknown, ...args: Parameters<Kernel["tensor"]>): Tensor {
    const tensor = create.apply(kernel, args);
    innermost(context.current(), kernel)?.add(tensor);
    return tensor;
  };
  // Not for the kernel's good, but so that every kernel has scopes, third-party ones too.
  if (!Reflect.defineProperty(kernel, "tensor", { value, configurable: true, writable: true })) {
    throw new ArgumentError(
      `the kernel ${quote(kernel.name)} is frozen, and its tensors cannot be followed by a scope`,
    );
  }
  followed.set(kernel, { open: 1, before });
}

function unfollow(kernel: Kernel): void {
  const known = followed.get(kernel);
  if (!known || --known.open > 0) return;
  followed.delete(kernel);
  if (known.before) Object.defineProperty(kernel, "tensor", known.before);
  else Reflect.deleteProperty(kernel, "tensor");
}

/** Whether a value, whose properties may throw, is of this kind. */
function is(looksLike: (value: unknown) => boolean, value: unknown): boolean {
  try {
    return looksLike(value);
  } catch {
    return false;
  }
}

/**
 * The tensors in a result: itself, or in arrays, objects, maps and sets, however deep.
 *
 * @throws what an object throws that cannot be looked into, such as a revoked proxy.
 */
function tensorsIn(result: unknown): Set<unknown> {
  const found = new Set<unknown>();
  const seen = new Set<unknown>();
  const open: object[] = [];
  const note = (value: unknown) => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    open.push(value);
  };
  note(result);
  for (let value = open.pop(); value; value = open.pop()) {
    if (is(looksLikeTensor, value)) found.add(value);
    else if (Array.isArray(value) || value instanceof Set) { for (const each of value) note(each); }
    else if (value instanceof Map) { for (const pair of value) pair.forEach(note); }
    else if (typedArrayName(value) === undefined && !is(looksLikeKernel, value)) {
      const properties = Object.getOwnPropertyDescriptors(value);
      for (const { value: each } of Object.values(properties)) note(each);
    }
  }
  return found;
}

function isPromise(value: unknown): boolean {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}

/**
 * Calls `action`, and disposes of every tensor that was made on `kernel`
 * meanwhile, but for those that it returns, in arrays, objects, maps and sets
 * too; if it throws, of all of them. It may return a promise, which is waited
 * for. Scopes may lie in each other: what an inner one returns belongs to the one
 * around it. Weights and gradients belong to their layer and stay, and so does
 * what {@linkcode keep} was called for. Disposing does not wait for a GPU, and
 * takes nothing from work that is queued.
 *
 * In a browser, which cannot tell whose asynchronous work it is, let nothing else
 * make tensors on the kernel until the promise is settled, nor another scope
 * begin: they would belong to the scope.
 *
 * @param kernel Whose tensors are meant; those of others are left alone.
 * @returns What `action` returned.
 * @throws {ArgumentError} where the kernel is none, or is frozen, or `action` is no function, or returns what cannot be searched for tensors, such as a revoked proxy.
 *
 * @example Only the result is left
 * ```ts
 * import { createKernel, matmul, scope } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using x = kernel.tensor([1, 2], [3, 4]);
 * const before = kernel.memory!();
 * using y = scope(kernel, () => {
 *   const outer = matmul(kernel, x, x, { transposeA: true });
 *   return matmul(kernel, x, outer);
 * });
 * const left = kernel.memory!() - before;
 * if (`${await y.read()}` !== "75,100" || left !== 8) throw new Error(`${left} bytes are left`);
 * ```
 *
 * @example One that waits
 * ```ts
 * import { createKernel, matmul, scope } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * const values = await scope(kernel, async () => {
 *   const x = kernel.tensor([1, 2], [3, 4]);
 *   return await matmul(kernel, x, x, { transposeB: true }).read();
 * });
 * if (`${values}` !== "25" || kernel.memory!() !== 0) throw new Error(`${values}`);
 * ```
 */
export function scope<T>(kernel: Kernel, action: () => T): T {
  checkKernel("scope()", kernel);
  if (typeof action !== "function") {
    throw new ArgumentError(`scope() calls a function; got ${describe(action)}`);
  }
  context ??= asyncContext() ?? stackContext();
  return scopeIn(context, kernel, action);
}

/** `scope()` with what says which scope the running code is in. */
export function scopeIn<T>(context: Context, kernel: Kernel, action: () => T): T {
  const scope = new Scope(kernel, context.current());
  follow(kernel, context);
  const fail = (error: unknown): never => {
    unfollow(kernel);
    try {
      scope.end(new Set());
    } catch {
      // What is thrown says more.
    }
    throw error;
  };
  const refuse = (cause: unknown): never =>
    fail(
      new ArgumentError(
        `what the callback of scope() returned cannot be searched for tensors: ${errorLine(cause)}`,
        { cause },
      ),
    );
  const end = (result: unknown) => {
    let kept: ReadonlySet<unknown>;
    try {
      kept = tensorsIn(result);
    } catch (error) {
      return refuse(error);
    }
    unfollow(kernel);
    scope.end(kept);
  };
  let result: T;
  try {
    result = context.run(scope, action);
  } catch (error) {
    return fail(error);
  }
  let waits: boolean;
  try {
    waits = isPromise(result);
  } catch (error) {
    return refuse(error);
  }
  if (!waits) {
    end(result);
    return result;
  }
  // Not Promise.resolve(), which may return the promise itself, with a then() that throws.
  return new Promise((resolve) => resolve(result)).then((value) => {
    end(value);
    return value;
  }, fail) as T;
}

/**
 * Takes a tensor out of the {@linkcode scope} that would dispose of it, and
 * returns it: it is the caller's, to be disposed by hand. One of no scope is left
 * as it is.
 *
 * @throws {ArgumentError} where it is no tensor.
 *
 * @example A running mean that outlives the steps
 * ```ts
 * import { createKernel, keep, scope } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("naive");
 * const kept = new Map();
 * scope(kernel, () => {
 *   kept.set("mean", keep(kernel.tensor([1], [5])));
 *   kept.set("step", kernel.tensor([1], [6]));
 * });
 * if (kept.get("mean").disposed || !kept.get("step").disposed) throw new Error("the mean alone");
 * ```
 */
export function keep<T extends Tensor>(tensor: T): T {
  checkTensor("the argument of keep()", tensor);
  owners.get(tensor)?.release(tensor);
  return tensor;
}
