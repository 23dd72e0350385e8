/**
 * What a layer, or a stack of layers, keeps of its forward passes until their
 * gradients are asked for, and which of them a `backward` belongs to. A gradient
 * without its result is given only where no other forward waits for one, so that
 * a validation between, or a layer that is used twice, is never taken for the
 * pass that was meant.
 *
 * @module
 */
import { ArgumentError, OwnershipError } from "../common/errors.ts";
import { checkTensor } from "../kernels/checks.ts";
import type { Tensor } from "../kernels/kernel.ts";
import { keep } from "../kernels/scope.ts";

/** What `backward` needs of a `forward`. */
export interface ForwardPass {
  /** Its input. */
  readonly x: Tensor;
  /** Null for a stack, whose layers see the changes of theirs for themselves. */
  readonly weight: Tensor | null;
  /** Its result. */
  readonly y: Tensor;
  /** What was made besides the result, and is freed with the pass. */
  readonly kept: readonly Tensor[];
}

/** Disposes of tensors, or of layers. */
export function disposeAll(all: Iterable<Disposable>): void {
  for (const each of all) each[Symbol.dispose]();
}

/** A pass, with the versions that it saw. */
class Entry implements ForwardPass {
  /** The tensors that must not change, as messages call them, with their versions. */
  readonly seen: readonly (readonly [noun: string, tensor: Tensor, version: number])[];
  /** Whether its gradients were asked for. */
  used = false;
  /** Whether the layer has other variables since. */
  outdated = false;

  constructor(
    readonly x: Tensor,
    readonly weight: Tensor | null,
    readonly y: Tensor,
    readonly kept: readonly Tensor[],
    others: readonly Tensor[],
  ) {
    const weights = weight ? [weight, ...others] : others;
    this.seen = [
      ["input", x, x.version],
      ["result", y, y.version],
      ...weights.map((tensor) => ["weight", tensor, tensor.version] as const),
    ];
  }
}

/** The passes of one layer, or of one stack. */
export class PendingForwards {
  /** Those before the last that wait, by their results: each is collected with its result, if that is not kept. */
  readonly #older = new WeakMap<Tensor, Entry>();
  /** The results of those, to see whether there are any. */
  readonly #results = new Set<WeakRef<Tensor>>();
  /** The one of the last forward. */
  #last: Entry | null = null;
  /** Whether one waits besides the last, as of the last forward, or the last gradients of a pass. */
  #several = false;

  /** @param label What messages call the layer or the stack: `layer "dense"`. */
  constructor(readonly label: string) {}

  /** Frees what the last pass kept, where it is not needed any more: its gradients were asked for, or its result given up. */
  prepare(): void {
    const last = this.#last;
    if (last && (last.used || last.y.disposed)) this.#drop(last);
  }

  /**
   * Keeps a pass.
   *
   * @param others Variables besides the weight that must not change either.
   */
  add(
    x: Tensor,
    weight: Tensor | null,
    y: Tensor,
    kept: readonly Tensor[],
    others: readonly Tensor[] = [],
  ): void {
    this.prepare();
    const last = this.#last;
    if (last) {
      this.#older.set(last.y, last);
      this.#results.add(new WeakRef(last.y));
    }
    // Waits for no garbage collection: the one before was held until now.
    this.#several = this.#waitsOlder();
    this.#last = new Entry(x, weight, y, kept.map(keep), others);
  }

  /**
   * Whether one before the last waits. A result that was disposed, or collected, was given up: a
   * look at a few rows, or a step that was left out. A few are looked at each time, and in turn, so
   * that those who keep very many results do not wait for it.
   */
  #waitsOlder(): boolean {
    let waiting = 0;
    for (const result of this.#results) {
      this.#results.delete(result);
      const y = result.deref();
      const entry = y && this.#older.get(y);
      if (entry?.y.disposed) this.#drop(entry);
      else if (entry) {
        this.#results.add(result);
        if (++waiting === 4) break;
      }
    }
    return waiting > 0;
  }

  /**
   * The pass that gradients are asked for.
   *
   * @param y Its result; may be left out where the last forward is the only one that waited.
   * @throws {OwnershipError} where there is none, or a tensor of it was disposed or changed since.
   * @throws {ArgumentError} where there are several, and y does not say which.
   */
  find(y: Tensor | undefined): ForwardPass {
    const entry = y === undefined ? this.#only() : this.#of(y);
    if (entry.outdated) {
      this.#lose(
        entry,
        `the variables of ${this.label} became others between forward() and backward()`,
      );
    }
    for (const [noun, tensor, version] of entry.seen) {
      const problem = tensor.disposed
        ? `${this.label} needs the ${noun} of its ${
          y === undefined ? "last " : ""
        }forward() for backward(), but it was disposed`
        : tensor.version !== version
        ? `the ${noun} of ${this.label} was changed between forward() and backward()`
        : null;
      if (problem === null) continue;
      this.#lose(entry, problem);
    }
    return entry;
  }

  /** Ends the waiting for a pass whose gradients can never be had. */
  #lose(entry: Entry, problem: string): never {
    this.markUsed(entry);
    this.#drop(entry);
    throw new OwnershipError(problem);
  }

  /** Notes that the layer gets or loses a variable: no pass so far has gradients any more. */
  outdate(): void {
    for (const entry of this.#entries()) entry.outdated = true;
  }

  /** All passes that are kept. */
  *#entries(): Generator<Entry> {
    if (this.#last) yield this.#last;
    for (const result of this.#results) {
      const y = result.deref();
      const entry = y && this.#older.get(y);
      if (entry) yield entry;
    }
  }

  /** Notes that the gradients of a pass were computed. The last one stays, for another gradient. */
  markUsed(pass: ForwardPass): void {
    const entry = this.#entryOf(pass.y);
    if (!entry) return;
    entry.used = true;
    if (entry !== this.#last) this.#drop(entry);
    this.#several &&= this.#waitsOlder();
  }

  /** Forgets the passes, when the layer is disposed, and frees what was kept of them. */
  clear(): void {
    for (const entry of this.#entries()) this.#drop(entry);
    this.#results.clear();
    this.#several = false;
  }

  /** The last pass, where it cannot be taken for another. */
  #only(): Entry {
    if (this.#several) {
      throw new ArgumentError(
        `${this.label} was called again before the gradients of a forward() were asked for; ` +
          "say which result dy belongs to, backward(dy, y), dispose a result that was given up, and use predict() where no gradients are wanted",
      );
    }
    if (!this.#last) {
      throw new OwnershipError(`${this.label} needs a forward() before backward()`);
    }
    return this.#last;
  }

  #of(y: Tensor): Entry {
    checkTensor(`y, the result that dy of ${this.label} belongs to,`, y);
    const entry = this.#entryOf(y);
    if (entry) return entry;
    throw new OwnershipError(
      `y must be a result of forward() of ${this.label} whose gradients were not computed yet, or of the last forward()`,
    );
  }

  #entryOf(y: Tensor): Entry | undefined {
    return y === this.#last?.y ? this.#last : this.#older.get(y);
  }

  #drop(entry: Entry): void {
    disposeAll(entry.kept);
    if (entry === this.#last) this.#last = null;
    else this.#older.delete(entry.y);
  }
}
