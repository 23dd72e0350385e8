/**
 * {@linkcode readModel} for commands that seldom need it: its file is named by its
 * URL and not by an import, which Deno would follow before the program starts, so
 * that the libraries of the formats are downloaded when a model is asked for.
 *
 * @module
 */
import type { Model } from "./model.ts";

/** What that file exports. */
interface Reader {
  readModel(path: string): Promise<Model>;
}

const file = new URL("./read_model.ts", import.meta.url);

/**
 * The model of a file, as kernels compute it.
 *
 * @throws {ModelFileError} as `readModel` does.
 */
export async function readModelWhenAsked(path: string): Promise<Model> {
  const { readModel }: Reader = await import(file.href);
  return await readModel(path);
}
