/**
 * The package's types: one file for each entry, and what they share, without
 * anything that the public interface does not lead to, such as the types of
 * WebGPU. Made by rollup-plugin-dts from the source.
 *
 * @module
 */
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
// The plugin takes the version that is imported beside it.
import ts from "typescript";
import { type BuiltFile, pathOf } from "./bundle.ts";
import { modelDependencies } from "./dependencies.ts";

/** Brings what the types use beyond ES2022, whatever `lib` a project has. */
const libraries = `/// <reference lib="esnext.disposable" />\n`;

/** What the types of model files use besides: half precision. */
const modelLibraries = `/// <reference lib="esnext.float16" />\n`;

/** All files of the package's types. */
export async function bundleDeclarations(): Promise<BuiltFile[]> {
  const bundle = await rollup({
    // What the package installs besides; its types come from there.
    external: Object.keys(modelDependencies()),
    input: {
      mod: pathOf("mod.ts"),
      verify: pathOf("verify/mod.ts"),
      models: pathOf("models/mod.ts"),
    },
    plugins: [dts({
      compilerOptions: {
        target: ts.ScriptTarget.ESNext,
        strict: true,
        exactOptionalPropertyTypes: true,
        allowImportingTsExtensions: true,
        emitDeclarationOnly: true,
        types: [],
      },
    })],
  });
  try {
    const { output } = await bundle.generate({ chunkFileNames: "parts/[name]-[hash].d.ts" });
    const files = output.flatMap((file) =>
      file.type === "chunk"
        ? [{
          name: file.fileName,
          text: libraries + (file.fileName === "models.d.ts" ? modelLibraries : "") + file.code,
        }]
        : []
    );
    return [...files, { name: "worker.d.ts", text: "export {};\n" }];
  } finally {
    await bundle.close();
  }
}
