/**
 * Whether work went well. WebGPU tells of errors later, by error scopes, and
 * goes on with invalid objects in the meantime, whose results are zeros; so
 * every buffer carries the verdict on all that its content depends on, and
 * reading it waits for that.
 *
 * @module
 */

/** An outcome that is known now or later. */
export class Verdict {
  /** Undefined until it is known, null where all went well. */
  settled: Error | null | undefined;
  readonly promise: Promise<Error | null>;

  /** @param outcome Must not reject. */
  constructor(outcome: Promise<Error | null> | null) {
    this.settled = outcome === null ? null : undefined;
    this.promise = (outcome ?? Promise.resolve(null)).then((error) => this.settled = error);
  }

  /** The verdict on what depends on all of these: the first error among them. */
  static all(verdicts: Iterable<Verdict>): Verdict {
    const open = [...new Set(verdicts)].filter(({ settled }) => settled !== null);
    if (open.length === 0) return good;
    if (open.length === 1) return open[0]!;
    return new Verdict(
      Promise.all(open.map(({ promise }) => promise)).then((errors) =>
        errors.find((error) => error !== null) ?? null
      ),
    );
  }
}

/** The verdict on what cannot have failed. */
export const good: Verdict = new Verdict(null);
