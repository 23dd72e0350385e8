/**
 * Data of an ONNX file that lie beside it, as PyTorch's exporter writes them
 * (`model.onnx.data`; onnx.proto, TensorProto.external_data): each tensor says in
 * which file of the model's folder, from where on, and how many bytes.
 *
 * @module
 */
import { quote } from "../common/text.ts";
import type { ModelFiles } from "./model_files.ts";
import type { Message } from "./protobuf.ts";
import type { Source } from "./source.ts";

const field = { externalData: 13, dataLocation: 14 } as const;
const mostBytes = 2 ** 30;
const mostFiles = 4096;

/** Whether a tensor's data are in another file. */
export function isExternal(tensor: Message): boolean {
  return tensor.integer(field.dataLocation, 0) !== 0 || tensor.has(field.externalData);
}

/** A number of bytes among the entries; null where there is none. */
function bytesIn(tensor: Message, entries: ReadonlyMap<string, string>, key: string) {
  const text = entries.get(key);
  if (text === undefined) return null;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  return tensor.fail(`the ${key} of its data must be a number of bytes; got ${quote(text)}`);
}

/**
 * The data of tensors that have theirs elsewhere, by their names. No byte is read
 * for two of them, so that a small file cannot ask for more than there is.
 *
 * @throws {ModelFileError} where a file is missing, or too short.
 */
export async function readExternal(
  files: ModelFiles,
  tensors: ReadonlyMap<string, Message>,
): Promise<Map<string, Uint8Array>> {
  const sources = new Map<string, Source>();
  const found = new Map<string, Uint8Array>();
  let total = 0;
  let there = 0;
  for (const [name, tensor] of tensors) {
    const entries = new Map(
      tensor.messages(field.externalData, tensor.what).map((each) => [each.text(1), each.text(2)]),
    );
    const location = entries.get("location") ?? "";
    let source = sources.get(location);
    if (!source) {
      if (sources.size === mostFiles) tensor.fail(`more than ${mostFiles} files have data`);
      sources.set(location, source = await files.beside(location));
      there += source.size;
    }
    const offset = bytesIn(tensor, entries, "offset") ?? 0;
    const length = bytesIn(tensor, entries, "length") ?? source.size - offset;
    total += length;
    if (total > Math.min(there, mostBytes)) {
      tensor.fail(
        total > mostBytes
          ? `its data and those before have ${total} bytes; at most ${mostBytes} are read`
          : `its data and those before have ${total} bytes; the files that have them ${there}`,
      );
    }
    found.set(name, await source.read(offset, length));
  }
  return found;
}
