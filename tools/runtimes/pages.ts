/**
 * The program in browsers, from one bundled file: in a page, in a worker of a page
 * that is isolated from other origins, and under strict policies. A page sends what
 * came out to the server, which answers with the address of the next page.
 *
 * @module
 */
import { browsers, openIn } from "./browsers.ts";
import { type Expectation, type Outcome, type Run, slowestFirst, withoutSimd } from "./outcome.ts";
import type { Project } from "./project.ts";

/** How a page is served, what it starts, and what that must show. */
export interface PageKind {
  readonly name: string;
  readonly expected: Expectation;
  /** The policy without what every one has. */
  readonly policy?: string;
  /** Whether the program runs in a worker of the page. */
  readonly inWorker: boolean;
  /** Whether it gives createWorker. */
  readonly createsWorkers?: boolean;
  /** Whether it is served without the headers that isolate it, so that it has no shared memory. */
  readonly isPlain?: boolean;
  /** Whether the program imports the package's minified file, which an import map names. */
  readonly imports?: "minified";
}

// What came out is sent to the server, by whatever policy.
const strict =
  "default-src 'none'; base-uri 'none'; form-action 'none'; connect-src 'self'; script-src 'self'";

const all: Expectation = { kernels: slowestFirst };
const withoutThreads = slowestFirst.slice(0, 3);
const onThePage: Expectation = {
  kernels: withoutThreads,
  refused: { "wasm-threads": "a page's main thread must not wait" },
};
const notShared: Expectation = {
  kernels: withoutThreads,
  refused: { "wasm-threads": "Cross-Origin-Embedder-Policy: require-corp" },
};

/** The kinds of pages. */
export const pages: readonly PageKind[] = [
  { name: "page", expected: onThePage, inWorker: false },
  {
    name: "densemark.min.js in a page",
    expected: onThePage,
    inWorker: false,
    imports: "minified",
  },
  { name: "page without headers", expected: notShared, inWorker: false, isPlain: true },
  { name: "web worker", expected: all, inWorker: true },
  { name: "web worker without headers", expected: notShared, inWorker: true, isPlain: true },
  {
    name: "CSP with blob: workers",
    expected: all,
    policy: `${strict} 'wasm-unsafe-eval'; worker-src 'self' blob:`,
    inWorker: true,
  },
  {
    name: "strict CSP",
    expected: all,
    policy: `${strict} 'wasm-unsafe-eval'; worker-src 'self'`,
    inWorker: true,
    createsWorkers: true,
  },
  {
    name: "strict CSP, no createWorker",
    expected: {
      kernels: withoutThreads,
      refused: {
        "wasm-threads": "add blob: to its worker-src, or give the option createWorker",
      },
    },
    policy: `${strict} 'wasm-unsafe-eval'; worker-src 'self'`,
    inWorker: true,
  },
  {
    name: "CSP without Wasm",
    expected: {
      kernels: slowestFirst.slice(0, 2),
      refused: { "wasm-simd": "'wasm-unsafe-eval'", "wasm-threads": "'wasm-unsafe-eval'" },
    },
    policy: `${strict}; worker-src 'self'`,
    inWorker: true,
  },
];

const map = JSON.stringify({ imports: { "@densemark/densemark": "/densemark.min.js" } });

const htmlOf = ({ imports }: PageKind) =>
  `<!doctype html><meta charset="utf-8"><title>Densemark</title>${
    imports ? `<script type="importmap">${map}</script>` : ""
  }<script type="module" src="start.js"></script>`;

/** The page's own script: it loads the program, or a worker with it, and tells what came out. */
function startScript({ inWorker, createsWorkers = false, imports }: PageKind): string {
  const program = JSON.stringify(
    imports ? "/program.js" : `/bundled.js${createsWorkers ? "?worker=/worker.js" : ""}`,
  );
  const run = inWorker
    ? `new Promise((resolve, reject) => {
  const worker = new Worker(${program}, { type: "module" });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message || "the worker was not loaded"));
})`
    : `import(${program}).then(() => globalThis.outcome)`;
  const check = imports
    ? 'HTMLScriptElement.supports?.("importmap") ? null : "it has no import maps"'
    : "null";
  return `const missing = ${check};
const told = missing ? { missing } : await ${run}.then((outcome) => ({ outcome }), (error) => ({ error: \`\${error}\` }));
const next = await (await fetch("told", { method: "POST", body: JSON.stringify(told) })).text();
if (next) location.replace(next);`;
}

/** What a page tells. */
interface Told {
  readonly outcome?: Outcome;
  readonly missing?: string;
  readonly error?: string;
}

/** What a page showed that told this, of a bundle of so many bytes. */
function runOf({ outcome, missing, error }: Told, bundle: number | null): Run {
  if (outcome) return { kind: "ran", outcome, bundle };
  return missing === undefined
    ? { kind: "failed", reason: error ?? "the page's script did not run" }
    : { kind: "not available", reason: missing };
}

/** Serves the pages, each in a folder of its number; `onTold` is called with what one sends. */
function serve(
  project: Project,
  onTold: (page: number, told: Told) => void,
): Deno.HttpServer<Deno.NetAddr> {
  const files = new Map([
    ["/bundled.js", project.bundled],
    ["/worker.js", project.worker],
    ["/program.js", project.program],
    ["/densemark.min.js", project.minifiedFile],
  ]);
  let current = 0;
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const [, number, name] = /^\/(\d+)\/([^/]*)$/.exec(pathname) ?? [];
    if (number !== undefined) current = Number(number);
    const kind = pages[current]!;
    const headers = {
      ...(!kind.isPlain && {
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      }),
      ...(kind.policy !== undefined && { "content-security-policy": kind.policy }),
      // The same path has other headers in the next page.
      "cache-control": "no-store",
    };
    if (name === "") {
      return new Response(htmlOf(kind), { headers: { ...headers, "content-type": "text/html" } });
    }
    if (name === "told") {
      onTold(current, await request.json() as Told);
      const next = current + 1;
      return new Response(next < pages.length ? `/${next}/` : "");
    }
    const script = { ...headers, "content-type": "text/javascript" };
    if (name === "start.js") return new Response(startScript(kind), { headers: script });
    const file = files.get(pathname);
    return file === undefined
      ? new Response(null, { status: 404 })
      : new Response(await Deno.readTextFile(file), { headers: script });
  });
}

/** Milliseconds that a page may take, the start of the browser included. */
const limit = 120_000;

/** Runs the program in each kind of page in each browser; `report` is told of each as soon as it is done. */
export async function runPages(
  project: Project,
  report: (name: string, expected: Expectation, run: Run) => void,
): Promise<void> {
  const { size } = await Deno.stat(project.bundled);
  for (const browser of browsers) {
    const path = browser.find();
    const rowOf = ({ name }: PageKind) => `${browser.name}, ${name}`;
    if (path === null) {
      const run = { kind: "not available", reason: "not in the usual places" } as const;
      for (const kind of pages) report(rowOf(kind), kind.expected, run);
      continue;
    }
    const runs = pages.map(() => Promise.withResolvers<Run>());
    await using server = serve(project, (page, told) => {
      runs[page]!.resolve(runOf(told, pages[page]!.imports ? null : size));
    });
    let opened: AsyncDisposable | null = null;
    try {
      for (const [page, kind] of pages.entries()) {
        opened ??= await openIn(browser, path, `http://localhost:${server.addr.port}/${page}/`);
        const run = await Promise.race([runs[page]!.promise, lateRun()]);
        const simd = run.kind !== "ran" || run.outcome.simd;
        report(rowOf(kind), simd ? kind.expected : withoutSimd, run);
        if (run.kind !== "failed") continue;
        // It may not have gone on to the next page.
        await opened[Symbol.asyncDispose]();
        opened = null;
      }
    } finally {
      await opened?.[Symbol.asyncDispose]();
    }
  }
}

/** What is said of a page that tells nothing in time. */
async function lateRun(): Promise<Run> {
  await new Promise<void>((resolve) => {
    Deno.unrefTimer(setTimeout(resolve, limit));
  });
  return { kind: "failed", reason: `nothing came out within ${limit / 1e3} s` };
}
