/**
 * Safetensors in several files: the index beside them (`*.safetensors.index.json`
 * of Hugging Face's huggingface_hub) says which file has which tensor.
 *
 * @module
 */
import type { JsonFields } from "../common/json_fields.ts";
import { quote } from "../common/text.ts";
import { adviceOn } from "./mistaken.ts";
import type { ModelFiles } from "./model_files.ts";
import { readSafetensors } from "./safetensors.ts";
import type { StoredArray } from "./stored_array.ts";

// Each is opened, and its header read.
const mostFiles = 4096;

/** Whether a JSON is such an index. */
export const isIndex = (root: JsonFields): boolean => root.has("weight_map");

/**
 * The tensors of all files that an index names. A tensor of a file that the index
 * does not list is none of the model's.
 *
 * @throws {ModelFileError} where a file or a tensor is missing.
 */
export async function readIndexed(
  files: ModelFiles,
  root: JsonFields,
): Promise<Map<string, StoredArray>> {
  const map = root.object("weight_map");
  const byFile = new Map<string, string[]>();
  for (const tensor of map.names()) {
    const file = map.text(tensor);
    const tensors = byFile.get(file);
    if (tensors) tensors.push(tensor);
    else byFile.set(file, [tensor]);
  }
  if (byFile.size > mostFiles) {
    root.fail("weight_map", `names ${byFile.size} files; at most ${mostFiles} are read`);
  }
  const found = new Map<string, StoredArray>();
  for (const [file, tensors] of byFile) {
    if (!file.endsWith(".safetensors")) {
      root.fail(
        "weight_map",
        `names ${quote(file)}, which is none of safetensors${adviceOn(file)}`,
      );
    }
    const { arrays } = await readSafetensors(await files.beside(file));
    for (const tensor of tensors) {
      const array = arrays.get(tensor);
      found.set(
        tensor,
        array ?? map.fail(tensor, `is not in ${quote(file)}, where the index has it`),
      );
    }
  }
  return found;
}
