/**
 * The package.json of the package for npm: name, version and licence as deno.json
 * says, types before code in each entry, and no dependencies but that of `models`.
 *
 * @module
 */

/** What deno.json says of the library. */
export interface Project {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/** The entries of the package, and the file of each without its ending. */
const entries = {
  ".": "mod",
  "./verify": "verify",
  "./models": "models",
  "./worker": "worker",
} as const;

/** The text of package.json; `dependencies` are what `models` imports, by name. */
export function packageJson(
  { name, version, license }: Project,
  dependencies: Readonly<Record<string, string>>,
): string {
  const exports = {
    ...Object.fromEntries(
      Object.entries(entries).map(([entry, file]) => [
        entry,
        { types: `./${file}.d.ts`, default: `./${file}.js` },
      ]),
    ),
    "./densemark.min.js": { types: "./mod.d.ts", default: "./densemark.min.js" },
    "./package.json": "./package.json",
  };
  const manifest = {
    name,
    version,
    description: "Verified float32 matrix products and a Keras-style Dense layer, in plain " +
      "JavaScript, WebAssembly and WebGPU",
    keywords: ["matmul", "gemm", "dense", "webassembly", "simd", "webgpu", "float32"],
    license,
    type: "module",
    // Only a worker does something when it is imported.
    sideEffects: ["./worker.js"],
    engines: { node: "^20.16 || >=22.3" },
    types: "./mod.d.ts",
    main: "./mod.js",
    exports,
    dependencies,
    files: ["*.js", "*.d.ts", "parts", "runtimes.md"],
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
