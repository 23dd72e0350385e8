/**
 * Real networks and inputs for tests. They are no part of the repository: they
 * are looked for in ../shared/data beside it, or where DENSEMARK_DATA says. A
 * test that does not find them is skipped, and says so, unless
 * DENSEMARK_REQUIRE_ALL is set, which turns every skip into a failure.
 *
 * @module
 */

const folder = Deno.env.get("DENSEMARK_DATA")
  ? new URL(`file://${Deno.env.get("DENSEMARK_DATA")}/`)
  : new URL("../../shared/data/", import.meta.url);

/** Whether tests may not be skipped. */
export const requireAll = Boolean(Deno.env.get("DENSEMARK_REQUIRE_ALL"));

/** Whether a test that needs this file must be ignored; says so once. */
export function isMissing(path: string): boolean {
  try {
    Deno.statSync(new URL(path, folder));
    return false;
  } catch {
    if (!requireAll) {
      // deno-lint-ignore no-console -- a skipped test must be seen
      console.warn(`SKIP: no ${path} in ${folder.pathname}; set DENSEMARK_DATA to where it is`);
    }
    return !requireAll;
  }
}

/** The bytes of a file; gunzipped where its name ends in .gz. */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await Deno.readFile(new URL(path, folder));
  if (!path.endsWith(".gz")) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The values, row-major, and the shape of a float32 .npy file of one or two axes (NumPy's format 1.0). */
export async function readNpy(path: string): Promise<{ shape: number[]; values: Float32Array }> {
  const bytes = await readBytes(path);
  const length = new DataView(bytes.buffer).getUint16(8, true);
  const header = new TextDecoder().decode(bytes.subarray(10, 10 + length));
  const axes = /'shape': \(([\d, ]*)\)/.exec(header)?.[1];
  if (!header.includes("'<f4'") || !axes) {
    throw new Error(`${path} is no float32 .npy file: ${header.trim()}`);
  }
  const shape = axes.split(",").filter((axis) => axis.trim() !== "").map(Number);
  const stored = new Float32Array(bytes.slice(10 + length).buffer);
  if (header.includes("'fortran_order': False")) return { shape, values: stored };
  const [rows = 1, columns = 1] = shape;
  const values = stored.map((_, i) => stored[(i % columns) * rows + Math.floor(i / columns)]!);
  return { shape, values };
}
