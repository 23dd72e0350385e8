/**
 * LiteRT.js started where there is no page, which it expects: in Deno and in Node.
 *
 * @module
 */
// @ts-types="../../types/litertjs_core.d.ts"
import { loadLiteRt } from "@litertjs/core";

/** The name of the build with relaxed SIMD, of whose files one is a loader and one the code. */
export const build = "litert_wasm_internal";

/** The globals by which a page, or a worker, gives the loader what it needs. */
interface Globals {
  self?: unknown;
  importScripts?: unknown;
  Module?: unknown;
  ModuleFactory?: unknown;
}

/** Its loader, a script for pages, as a module: it takes Deno for Node, and asks for modules of Node's. */
async function factoryOf(script: string): Promise<unknown> {
  const text = `import { createRequire } from "node:module";
const require = createRequire("file:///");
const __filename = "", __dirname = "";
${script}
export default ModuleFactory;`;
  // A URL of data, since Node imports none of a blob.
  const { default: factory } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  return factory;
}

/**
 * Starts the runtime from the two files of a build, as if there were a page; nothing of what it is
 * given for that stays.
 */
export async function startLiteRt(
  loader: string,
  wasmBinary: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const factory = await factoryOf(loader);
  const globals = globalThis as Globals;
  const { warn } = console;
  const hasSelf = "self" in globals;
  if (!hasSelf) globals.self = globalThis;
  // It would ask for an adapter of WebGPU at once, and warn where there is none.
  Object.defineProperty(navigator, "gpu", { value: undefined, configurable: true });
  // deno-lint-ignore no-console -- muted while it starts
  console.warn = () => {};
  globals.importScripts = () => {
    globals.ModuleFactory = factory;
    globals.Module = { wasmBinary, print: () => {}, printErr: () => {} };
  };
  try {
    await loadLiteRt(`${build}.js`);
  } finally {
    // Node has none.
    if (!hasSelf) delete globals.self;
    delete globals.importScripts;
    delete globals.Module;
    delete globals.ModuleFactory;
    delete (navigator as { gpu?: unknown }).gpu;
    // deno-lint-ignore no-console -- as it was
    console.warn = warn;
  }
}
