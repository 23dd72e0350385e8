/**
 * The package's JavaScript, made by esbuild from the source: a file for each
 * entry with what they share beside them, and the library once more in a single
 * file. `using` becomes what engines without it understand, and the code of a
 * worker becomes a text, from which workers start wherever the files end up.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { build, type BuildOptions, type Plugin, stop } from "esbuild";
import { modelDependencies } from "./dependencies.ts";
import { replacements } from "./engine_gaps.ts";

const root = new URL("../../", import.meta.url);

/** The path of a file of the repository. */
export const pathOf = (path: string): string => fileURLToPath(new URL(path, root));

/** Engines that have everything else: Node 20, and browsers that are as old. */
const target = "es2022";

const common = {
  bundle: true,
  format: "esm",
  target,
  // Of ES2022 the one thing that WebKit 16.0 lacks.
  supported: { "class-static-blocks": false },
  platform: "neutral",
  absWorkingDir: pathOf("."),
  legalComments: "none",
  logLevel: "silent",
  write: false,
} as const satisfies BuildOptions;

/** The name and text of a file that was made. */
export interface BuiltFile {
  readonly name: string;
  readonly text: string;
}

/** Puts texts in the place of modules, by the end of their path. */
function replaceModules(texts: Readonly<Record<string, string>>): Plugin {
  return {
    name: "replace-modules",
    setup({ onLoad }) {
      for (const [name, contents] of Object.entries(texts)) {
        const filter = new RegExp(`[\\\\/]${name.replaceAll(".", "\\.")}$`);
        onLoad({ filter }, () => ({ contents, loader: "js" }));
      }
    },
  };
}

async function bundle(options: BuildOptions): Promise<BuiltFile[]> {
  const { outputFiles = [] } = await build({ ...common, ...options });
  const folder = pathOf("dist/");
  return outputFiles.map(({ path, text }) => ({
    name: path.slice(folder.length).replaceAll("\\", "/"),
    text,
  }));
}

/** The code of a worker as one self-contained module, as small as it gets. */
export async function bundleWorker(): Promise<string> {
  const [file] = await bundle({
    entryPoints: { worker: pathOf("kernels/wasm/worker.ts") },
    outdir: pathOf("dist"),
    minify: true,
  });
  if (file === undefined) throw new Error("esbuild made nothing of the worker");
  return file.text.trimEnd();
}

/** All files of the package's JavaScript. */
export async function bundlePackage(): Promise<BuiltFile[]> {
  const worker = await bundleWorker();
  const options = {
    outdir: pathOf("dist"),
    inject: [pathOf("tools/build/engine_gaps.ts")],
    define: replacements,
    plugins: [replaceModules({
      "worker_module.ts": "export const moduleOfWorker = () => null;",
      "worker_text.ts": `export const workerText = ${JSON.stringify(worker)};`,
    })],
  } satisfies BuildOptions;
  const library = pathOf("mod.ts");
  return [
    ...await bundle({
      ...options,
      entryPoints: {
        mod: library,
        verify: pathOf("verify/mod.ts"),
        models: pathOf("models/mod.ts"),
      },
      // Installed with the package, not copied into it.
      external: Object.keys(modelDependencies()),
      splitting: true,
      chunkNames: "parts/[name]-[hash]",
    }),
    ...await bundle({ ...options, entryPoints: { "densemark.min": library }, minify: true }),
    { name: "worker.js", text: `${worker}\n` },
  ];
}

/** Ends esbuild's process, which a program would otherwise wait for. */
export async function endBundler(): Promise<void> {
  await stop();
}
