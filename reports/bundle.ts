/**
 * The report's browser code, bundled by Deno when a report is made: the script of
 * the page, with Chart.js, which is pinned in the import map and of which no copy
 * is kept here, and the program that runs the kernels in a worker.
 *
 * @module
 */

/**
 * The script, safe to stand inside a script element.
 *
 * @throws where the bundler or Chart.js cannot be had, without a network for example.
 */
export async function bundleClient(): Promise<string> {
  return embeddable(await bundled({ entrypoints: [new URL("client.ts", import.meta.url).href] }));
}

/**
 * The script of the page of past runs, safe as the other one.
 *
 * @throws where the bundler cannot be had.
 */
export async function bundleIndexClient(): Promise<string> {
  return embeddable(
    await bundled({ entrypoints: [new URL("index/client.ts", import.meta.url).href] }),
  );
}

/**
 * The program of "Run it here", a classic script for a worker. It has every kernel but
 * `native`, which no browser can run, and the checks of `browser/checks.ts`. The text of
 * a thread's worker is left out, since the program serves as that itself.
 *
 * @throws where the bundler cannot be had.
 */
export async function bundleProgram(): Promise<string> {
  return await bundled({
    entrypoints: [new URL("../browser/program.ts", import.meta.url).href],
    format: "iife",
    external: ["*/native/native.ts", "*/worker_text.ts"],
  });
}

async function bundled(options: Deno.bundle.Options): Promise<string> {
  const { success, outputFiles, errors } = await Deno.bundle({
    ...options,
    platform: "browser",
    minify: true,
    write: false,
  });
  const script = outputFiles?.[0]?.text();
  if (!success || script === undefined) {
    throw new Error(errors[0]?.text ?? "the bundler made nothing");
  }
  return script;
}

/**
 * A script as it can stand inside a script element: nothing in it ends the
 * element, or begins a comment in which </script would not end it, and it names
 * no source map, for which a browser's tools would ask the network.
 */
export function embeddable(script: string): string {
  return script
    .replaceAll(/^\/\/# sourceMappingURL=.*$/gm, "")
    .replaceAll(/<\/(?=script)/gi, "<\\/")
    .replaceAll("<!--", "<\\!--");
}
