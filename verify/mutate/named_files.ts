/**
 * What `--files` may name, known before any kernel is run: the files that the
 * kernels are made of and the kinds of their generated code. A text that is in
 * no such name is refused at once, and not after the kernels were verified.
 *
 * @module
 */
import { basename } from "node:path";
import { UsageError } from "../../common/command.ts";
import { quote } from "../../common/text.ts";
import { activations } from "../../kernels/activation.ts";
import type { Sources } from "./copy.ts";
import type { MutationPlan } from "./plan.ts";
import { mutableFiles, mutatesGenerated } from "./population.ts";

/** The first words of the names of modules that the WebAssembly kernels generate. */
export const moduleKinds = [
  "copy",
  "finish",
  "int8",
  "map",
  "max",
  "network",
  "pointwise",
  "rows",
  "sum",
  "thin",
  "tile",
] as const;

/** Words that are in names of modules. */
const moduleWords: readonly string[] = [...moduleKinds, ...activations];

/** Whether a module may have a name with this text: one with numbers or signs may be of a formula or a tile. */
function maybeModule(part: string): boolean {
  return /[^a-z_]/i.test(part) || moduleWords.some((word) => word.includes(part));
}

/**
 * That each text of `--files` can be in the name of something that is mutated.
 *
 * @throws {UsageError}
 */
export function expectNamedFiles(
  plan: Pick<MutationPlan, "files" | "kernels" | "operators">,
  sources: Sources,
): void {
  const paths = [...new Set(plan.kernels.flatMap((kernel) => mutableFiles(kernel, sources)))];
  for (const part of plan.files ?? []) {
    if (paths.some((path) => path.includes(part))) continue;
    const generating = plan.kernels.filter((kernel) =>
      mutatesGenerated(kernel, { ...plan, files: [part] })
    );
    // The names of a GPU's programs are known when they are compiled.
    if (generating.includes("webgpu") || generating.length > 0 && maybeModule(part)) continue;
    const files = [...new Set(paths.map((path) => basename(path)))].toSorted();
    const modules = generating.length > 0 ? `, and the generated ${moduleKinds.join(", ")}` : "";
    throw new UsageError(
      `--files: ${quote(part)} is in no path of ${plan.kernels.join(", ")}; there are ${
        files.join(", ")
      }${modules}`,
    );
  }
}
