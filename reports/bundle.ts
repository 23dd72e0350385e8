/**
 * The report's browser code as one script, bundled by Deno when a report is
 * made: Chart.js is pinned in the import map and no copy of it is kept here.
 *
 * @module
 */

/**
 * The script, safe to stand inside a script element.
 *
 * @throws where the bundler or Chart.js cannot be had, without a network for example.
 */
export async function bundleClient(): Promise<string> {
  const { success, outputFiles, errors } = await Deno.bundle({
    entrypoints: [new URL("client.ts", import.meta.url).href],
    platform: "browser",
    minify: true,
    write: false,
  });
  const script = outputFiles?.[0]?.text();
  if (!success || script === undefined) {
    throw new Error(errors[0]?.text ?? "the bundler made nothing");
  }
  return embeddable(script);
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
