/**
 * What was thrown, as text.
 *
 * @module
 */

/** The kind and message of an error, or whatever else was thrown. */
export function thrownText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
