/**
 * Whether work on a GPU is valid. WebGPU reports errors later, by error scopes,
 * and meanwhile goes on with invalid objects, whose results are zeros. So every
 * buffer has the validity of all that its content depends on, and reading it
 * waits for that.
 *
 * @module
 */

/** Whether something is valid, which may become known later. */
export class Validity {
  /** The error, or null where all is valid; undefined until it is known. */
  settled: Error | null | undefined;
  readonly promise: Promise<Error | null>;

  /** @param outcome The error, or null where all is valid; must not reject. */
  constructor(outcome: Promise<Error | null> | null) {
    this.settled = outcome === null ? null : undefined;
    this.promise = (outcome ?? Promise.resolve(null)).then((error) => this.settled = error);
  }

  /** The validity of what depends on all of these: the first error among them. */
  static all(validities: Iterable<Validity>): Validity {
    const open = [...new Set(validities)].filter(({ settled }) => settled !== null);
    if (open.length === 0) return valid;
    if (open.length === 1) return open[0]!;
    return new Validity(
      Promise.all(open.map(({ promise }) => promise)).then((errors) =>
        errors.find((error) => error !== null) ?? null
      ),
    );
  }
}

/** The validity of what cannot have failed. */
export const valid: Validity = new Validity(null);

/** Begins error scopes of these kinds, from the outermost to the innermost. */
export function pushErrorScopes(device: GPUDevice, filters: readonly GPUErrorFilter[]): void {
  for (const filter of filters) device.pushErrorScope(filter);
}

/**
 * Ends the innermost `count` error scopes. Resolves to the error of the innermost
 * one that has any, made by `describe` of its message on one line; else to null,
 * also where the device is lost, which is reported elsewhere.
 */
export function popErrorScopes(
  device: GPUDevice,
  count: number,
  describe: (message: string) => Error,
): Promise<Error | null> {
  const scopes = Array.from({ length: count }, () => device.popErrorScope());
  return Promise.all(scopes).then((errors) => {
    const error = errors.find((error) => error !== null);
    return error ? describe(oneLine(error.message)) : null;
  }, () => null);
}

/** A driver's message on one line. */
export function oneLine(message: string): string {
  const text = message.replaceAll(/\s+/g, " ").trim();
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
