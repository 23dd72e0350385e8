/**
 * The module that holds the text of a worker. It is part of the source, so that
 * a bundle of it, or Deno without permission to read, has workers too.
 *
 * @module
 */

/** Where it lies in the repository. */
export const textPath = "kernels/wasm/worker_text.ts";

/** The source of the module for this code of a worker. */
export function workerTextModule(code: string): string {
  return `/**
 * The code of a worker as a text: worker.ts and all that it imports, in one.
 * Written by \`deno task build --worker\`; a test holds it against the source.
 *
 * @module
 */

/** The text of a self-contained module. */
export const workerText =
  ${JSON.stringify(code)};
`;
}
