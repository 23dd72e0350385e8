/**
 * The entry of the program: it tells what came out by whatever the runtime has,
 * a message from a worker, a global for a page, a line of a process. A page
 * names the module that createWorker is to start in its URL.
 *
 * @module
 */
import { compute } from "./program.ts";

const scope = globalThis as unknown as {
  readonly document?: unknown;
  readonly location?: { readonly href?: string };
  readonly WorkerGlobalScope?: unknown;
  readonly Deno?: unknown;
  outcome?: Promise<unknown>;
  postMessage?(message: unknown): void;
};

const href = scope.location?.href ?? "";
const module = /[?&]worker=([^&]*)/.exec(href)?.[1];
const outcome = compute(
  module === undefined ? {} : {
    createWorker: () => new Worker(new URL(module, href), { type: "module" }),
  },
);

if (scope.document !== undefined) {
  scope.outcome = outcome;
} else if (scope.WorkerGlobalScope !== undefined && href.startsWith("http")) {
  outcome.then((found) => scope.postMessage?.(found));
} else {
  outcome.then((found) => {
    // deno-lint-ignore no-console -- of all that print a line, the one that every runtime has
    console.log(JSON.stringify(found));
  });
}
