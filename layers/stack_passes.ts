/**
 * What a stack of layers keeps of its forward passes until their gradients are
 * asked for: the results between the layers, which each layer needs for its own
 * gradient. Which pass a gradient belongs to is decided as for a single layer.
 *
 * @module
 */
import type { Tensor } from "../kernels/kernel.ts";
import { keep } from "../kernels/scope.ts";
import { PendingForwards } from "./pending_forwards.ts";

/** A forward pass of a stack. */
export interface StackPass {
  /** The results of all layers, from the first to the last, whose result is the stack's. */
  readonly results: readonly Tensor[];
}

/** Disposes of tensors. */
export function disposeAll(tensors: Iterable<Tensor>): void {
  for (const tensor of tensors) tensor[Symbol.dispose]();
}

/** A pass, of which the stack's result belongs to its caller. */
class Entry implements StackPass {
  /** Whether its gradients were asked for. */
  used = false;

  constructor(readonly x: Tensor, readonly y: Tensor, readonly results: readonly Tensor[]) {}
}

/** The passes of one stack. */
export class StackPasses {
  readonly #pending: PendingForwards;
  /** By their results, so that those whose results are not kept are collected. */
  readonly #entries = new WeakMap<Tensor, Entry>();
  #last: Entry | null = null;

  /** @param stack The stack's name, for messages. */
  constructor(stack: string) {
    this.#pending = new PendingForwards(stack);
  }

  /** Frees what the last pass kept, where it is not needed any more: its gradients were asked for, or its result given up. */
  prepare(): void {
    const last = this.#last;
    if (last && (last.used || last.y.disposed)) this.#drop(last);
  }

  /** Keeps a pass: its input, and the results of all layers. */
  add(x: Tensor, results: readonly Tensor[]): void {
    const y = results.at(-1)!;
    for (const result of results) if (result !== y) keep(result);
    this.#last = new Entry(x, y, results);
    this.#entries.set(y, this.#last);
    // In the place of a weight, whose changes each layer sees for itself.
    this.#pending.add(x, x, y, null);
  }

  /**
   * The pass that gradients are asked for.
   *
   * @param y Its result; may be left out where the last pass is the only one that waits.
   * @throws {OwnershipError} where there is none, or its input or result was disposed or changed since.
   * @throws {ArgumentError} where there are several, and y does not say which.
   */
  find(y: Tensor | undefined): StackPass {
    return this.#entries.get(this.#pending.find(y).y)!;
  }

  /** Notes that the gradients of a pass were computed. The last one stays, for another gradient. */
  markUsed(pass: StackPass): void {
    const entry = pass as Entry;
    entry.used = true;
    this.#pending.markUsed({ x: entry.x, weight: entry.x, y: entry.y, z: null });
    if (entry !== this.#last) this.#drop(entry);
  }

  /** Forgets the passes, when the stack is disposed. */
  clear(): void {
    if (this.#last) this.#drop(this.#last);
    this.#pending.clear();
  }

  #drop(entry: Entry): void {
    disposeAll(entry.results.slice(0, -1));
    this.#entries.delete(entry.y);
    if (entry === this.#last) this.#last = null;
  }
}
