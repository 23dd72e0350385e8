/**
 * Files that are taken for models: what was downloaded in place of one, and what
 * other programs keep theirs in. What such a file is says more than that its
 * first bytes are wrong.
 *
 * @module
 */
import { ModelFileError } from "./errors.ts";
import type { Source } from "./source.ts";

/** How such files begin, and what they are. */
const beginnings: readonly (readonly [start: RegExp, what: string])[] = [
  [
    /^version https:\/\/git-lfs\.github\.com\//,
    "is a pointer of Git LFS in place of the file, which `git lfs pull` fetches",
  ],
  [/^\s*<(!doctype|html)\b/i, "is a web page, as servers send where there is no such file"],
];

const ofPyTorch =
  "what PyTorch saves is pickles, which are code; write the state_dict() by safetensors.torch.save_file()";
const pickled = /\.(pt|pth|bin|ckpt|pkl|pickle)$/i;
const zipStart = "PK\x03\x04";

/**
 * Refuses what is known to be no model by its first bytes.
 *
 * @throws {ModelFileError} with what it is.
 */
export async function refuseMistaken(source: Source): Promise<void> {
  const bytes = await source.read(0, Math.min(source.size, 64));
  const start = String.fromCharCode(...bytes);
  const what = beginnings.find(([pattern]) => pattern.test(start))?.[1] ??
    (/\.safetensors"?$/.test(source.name) && start.startsWith(zipStart)
      ? `is a zip archive: ${ofPyTorch}`
      : undefined);
  if (what !== undefined) throw new ModelFileError(`${source.name} ${what}`);
}

/** What to say of a file's ending besides those that are read. */
export function adviceOn(path: string): string {
  return pickled.test(path) ? `: ${ofPyTorch}` : "";
}
