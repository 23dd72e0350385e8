/**
 * The program of "Run it here", bundled into the page and started as a classic
 * worker from a blob, since a module worker from one fails where the page is a
 * file. The same text is a kernel's thread where it is started under the name of one.
 *
 * @module
 */
import { errorLine } from "../common/errors.ts";
import { createKernel } from "../kernels/registry.ts";
import type { NavigatorLike } from "./environment.ts";
import { type News, type Order, threadName } from "./protocol.ts";
import { runHere } from "./run.ts";

/** The members of a worker's global scope that are needed. */
const scope = globalThis as unknown as {
  readonly name: string;
  readonly location: { readonly href: string };
  readonly navigator: NavigatorLike;
  onmessage: ((event: { readonly data: Order }) => void) | null;
  postMessage(news: News): void;
};

if (scope.name === threadName) {
  // Without an await, which only modules have at their top.
  import("../kernels/wasm/worker.ts");
} else {
  const tell = (news: News) => scope.postMessage(news);
  scope.onmessage = ({ data }) => {
    const createWorker = () => new Worker(scope.location.href, { name: threadName });
    runHere(data, {
      create: (name) => createKernel(name, { createWorker }),
      navigator: scope.navigator,
      tell,
    }).catch((error: unknown) => tell({ what: "failed", reason: errorLine(error) }));
  };
}
