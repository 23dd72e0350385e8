/**
 * Where the module of a worker lies. Deno that runs this library from its source
 * starts workers of that source, so that a change is in both. Elsewhere, and in
 * a bundle, there is no such file, and worker_text.ts has the text of it. The
 * build puts a module in the place of this one that knows of no source.
 *
 * @module
 */

/** The part of Deno that is needed. */
interface DenoLike {
  readonly build: { readonly standalone?: boolean };
  readonly permissions: {
    querySync(
      what: { name: "read"; path: URL } | { name: "import"; host: string },
    ): { readonly state: string };
  };
}

/** Whether a program may load a module without being asked for a permission. */
export function mayLoad(
  module: URL,
  { permissions }: Pick<DenoLike, "permissions">,
): boolean {
  const { protocol, hostname, port } = module;
  const host = `${hostname}:${port || (protocol === "http:" ? 80 : 443)}`;
  const { state } = permissions.querySync(
    protocol === "file:" ? { name: "read", path: module } : { name: "import", host },
  );
  return state === "granted";
}

/** The URL of the worker's source; null where it is not there, or loading it would need a permission that was not given. */
export function moduleOfWorker(): URL | null {
  const { Deno: deno } = globalThis as { readonly Deno?: DenoLike };
  // A script that is no module has no URL. In a bundle it is the bundle's.
  const own = import.meta.url as string | undefined;
  if (deno === undefined || deno.build.standalone || !own?.endsWith("/worker_module.ts")) {
    return null;
  }
  const module = new URL("./worker.ts", import.meta.url);
  return mayLoad(module, deno) ? module : null;
}
