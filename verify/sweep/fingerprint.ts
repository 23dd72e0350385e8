/**
 * What the findings of a sweep depend on. A resume file carries it, and
 * findings of another are not gone on with: another source, engine, or stride
 * may give other results.
 *
 * @module
 */

/** The folders whose sources are part of it: what computes, and what judges. */
const folders = ["../../kernels/", "./"] as const;

/** And these files. */
const files = ["../reference_activations.ts", "../bounds.ts", "../check.ts"] as const;

/** All that findings depend on but the kernel and its traits. */
export interface Fingerprint {
  /** SHA-256 of the sources, in hexadecimal digits. */
  readonly source: string;
  /** V8's version and its flags, `unknown` where they cannot be read. */
  readonly engine: string;
  readonly stride: number;
  /** Bit patterns in a part. */
  readonly patterns: number;
}

async function* sourcesIn(folder: URL): AsyncGenerator<URL> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  for (const { name, isDirectory } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (isDirectory) yield* sourcesIn(new URL(`${name}/`, folder));
    else if (/\.ts$/.test(name) && !/_test\.ts$/.test(name)) yield new URL(name, folder);
  }
}

/** SHA-256 of a text, in hexadecimal digits. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

/** SHA-256 of the names and texts of all files that results depend on. */
async function hashSources(): Promise<string> {
  const parts: string[] = [];
  const add = async (url: URL, name: string) => {
    const text = await Deno.readTextFile(url);
    parts.push(`${name} ${text.length}\n${text}`);
  };
  for (const file of files) await add(new URL(file, import.meta.url), file);
  for (const folder of folders) {
    const root = new URL(folder, import.meta.url);
    for await (const url of sourcesIn(root)) {
      await add(url, folder + url.href.slice(root.href.length));
    }
  }
  return await sha256(parts.join("\n"));
}

/** The V8 flags that the environment gives, if the permission to read it was given; it is not asked for. */
function flagsOf(): string {
  const name = "env";
  const variable = "DENO_V8_FLAGS";
  if (Deno.permissions.querySync({ name, variable }).state !== "granted") return "unknown";
  return Deno.env.get(variable) || "none";
}

/**
 * The fingerprint of a sweep by this source in this process.
 *
 * @throws where the sources cannot be read, because they were imported from a
 * URL or without the permission.
 */
export async function fingerprintOf(stride: number, patterns: number): Promise<Fingerprint> {
  return {
    source: await hashSources(),
    engine: `V8 ${Deno.version.v8}, flags ${flagsOf()}`,
    stride,
    patterns,
  };
}
