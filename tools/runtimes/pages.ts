/**
 * The program in Chromium, from one bundled file: in a page, in a worker of a
 * page that is isolated from other origins, and under strict policies.
 *
 * @module
 */
import { errorLine } from "../../common/errors.ts";
import { findChromium, startChromium } from "../../common/chromium.ts";
import type { Outcome, Run } from "./outcome.ts";
import type { Project } from "./project.ts";

/** How a page is served and what it starts. */
export interface PageKind {
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

const strict = "default-src 'none'; base-uri 'none'; form-action 'none'; script-src 'self'";

/** The kinds of pages, by their names in the table. */
export const pages: Readonly<Record<string, PageKind>> = {
  "Chromium, page": { inWorker: false },
  "Chromium, densemark.min.js in a page": { inWorker: false, imports: "minified" },
  "Chromium, page without headers": { inWorker: false, isPlain: true },
  "Chromium, web worker": { inWorker: true },
  "Chromium, web worker without headers": { inWorker: true, isPlain: true },
  "Chromium, CSP with blob: workers": {
    policy: `${strict} 'wasm-unsafe-eval'; worker-src 'self' blob:`,
    inWorker: true,
  },
  "Chromium, strict CSP": {
    policy: `${strict} 'wasm-unsafe-eval'; worker-src 'self'`,
    inWorker: true,
    createsWorkers: true,
  },
  "Chromium, strict CSP, no createWorker": {
    policy: `${strict} 'wasm-unsafe-eval'; worker-src 'self'`,
    inWorker: true,
  },
  "Chromium, CSP without Wasm": { policy: `${strict}; worker-src 'self'`, inWorker: true },
};

const map = JSON.stringify({ imports: { "@densemark/densemark": "/densemark.min.js" } });

const htmlOf = ({ imports }: PageKind) =>
  `<!doctype html><meta charset="utf-8"><title>Densemark</title>${
    imports ? `<script type="importmap">${map}</script>` : ""
  }<script type="module" src="start.js"></script>`;

/** The page's own script: the program itself, or one that starts it in a worker. */
function startScript({ inWorker, createsWorkers = false, imports }: PageKind): string {
  const program = imports
    ? "/program.js"
    : `/bundled.js${createsWorkers ? "?worker=/worker.js" : ""}`;
  if (!inWorker) return `import ${JSON.stringify(program)};`;
  return `const worker = new Worker(${JSON.stringify(program)}, { type: "module" });
globalThis.outcome = new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message || "the worker was not loaded"));
});`;
}

/** Serves the files of a page. */
function serve(kind: PageKind, project: Project): Deno.HttpServer<Deno.NetAddr> {
  const headers = {
    ...(!kind.isPlain && {
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    }),
    ...(kind.policy !== undefined && { "content-security-policy": kind.policy }),
  };
  const script = { ...headers, "content-type": "text/javascript" };
  const files = new Map([
    ["/bundled.js", project.bundled],
    ["/worker.js", project.worker],
    ["/program.js", project.program],
    ["/densemark.min.js", project.minifiedFile],
  ]);
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/") {
      return new Response(htmlOf(kind), { headers: { ...headers, "content-type": "text/html" } });
    }
    if (pathname === "/start.js") return new Response(startScript(kind), { headers: script });
    const file = files.get(pathname);
    return file === undefined
      ? new Response(null, { status: 404 })
      : new Response(await Deno.readTextFile(file), { headers: script });
  });
}

/** Runs the program in each kind of page; `report` is told of each as soon as it is done. */
export async function runPages(
  project: Project,
  report: (name: string, run: Run) => void,
): Promise<void> {
  if (findChromium() === null) {
    for (const name of Object.keys(pages)) {
      report(name, { kind: "not available", reason: "no Chromium in the usual places" });
    }
    return;
  }
  await using chromium = await startChromium();
  for (const [name, kind] of Object.entries(pages)) {
    await using server = serve(kind, project);
    const page = await chromium.browser.newPage();
    try {
      await page.goto(`http://localhost:${server.addr.port}/`);
      // Its module has run before the load event, for which goto() waits.
      const outcome = await page.evaluate("globalThis.outcome") as Outcome | undefined;
      if (outcome === undefined) throw new Error("the page's script did not run");
      const bundle = kind.imports ? null : (await Deno.stat(project.bundled)).size;
      report(name, { kind: "ran", outcome, bundle });
    } catch (error) {
      report(name, { kind: "failed", reason: errorLine(error) });
    } finally {
      await page.close();
    }
  }
}
