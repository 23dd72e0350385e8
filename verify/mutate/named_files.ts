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
import type { Sources } from "./copy.ts";
import { moduleKinds } from "./module_names.ts";
import type { MutationPlan } from "./plan.ts";
import { mutableFiles, mutatesGenerated } from "./population.ts";

/**
 * That each text of `--files` can be in the name of something that is mutated.
 *
 * @throws {UsageError}
 */
export function expectNamedFiles(
  plan: Pick<MutationPlan, "files" | "kernels" | "operators">,
  sources: Sources,
): void {
  const anyFile = { ...plan, files: null };
  const paths = [...new Set(plan.kernels.flatMap((kernel) => mutableFiles(kernel, sources)))];
  for (const part of plan.files ?? []) {
    if (paths.some((path) => path.includes(part))) continue;
    const one = { ...plan, files: [part] };
    if (plan.kernels.some((kernel) => mutatesGenerated(kernel, one))) continue;
    const files = [...new Set(paths.map((path) => basename(path)))].toSorted();
    const generates = plan.kernels.some((kernel) => mutatesGenerated(kernel, anyFile));
    const modules = generates ? `, and the generated ${moduleKinds.join(", ")}` : "";
    throw new UsageError(
      `--files: ${quote(part)} is in no path of ${plan.kernels.join(", ")}; there are ${
        files.join(", ")
      }${modules}`,
    );
  }
}
