/**
 * Looks into the modules that `--kernel` names, before anything is run: what
 * each kernel is called, or why it cannot be used.
 *
 * @module
 */
import { quote, quotePath } from "../../common/text.ts";
import { runInWorkers } from "../worker_pool.ts";
import { type ForeignKernel, nameOf, usualName } from "./kernel_module.ts";
import { KernelModuleError, type ModulePath, modulePaths } from "./module_path.ts";
import type { Inspection } from "./worker.ts";

/** Milliseconds in which a module must be loaded; it may have to download its packages. */
const timeout = 180_000;

async function inspect(path: ModulePath, milliseconds: number): Promise<string | null> {
  // In a list, since it is filled by callbacks.
  const found: Inspection[] = [];
  await runInWorkers<ModulePath, Inspection>([path], {
    workers: 1,
    timeout: milliseconds,
    start: () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }),
    onResult: (_, result) => found.push(result),
    onFailure: (_, reason) =>
      found.push({ problem: `${quotePath(path.given)} could not be loaded: ${reason}` }),
  });
  const [first = { name: null }] = found;
  if ("problem" in first) throw new KernelModuleError(first.problem);
  return first.name;
}

/**
 * The kernels that the text of `--kernel` names, with their names.
 *
 * @param taken Names of other kernels.
 * @throws {KernelModuleError} where one cannot be used, or is called like another one.
 */
export async function foreignKernels(
  text: string,
  taken: readonly string[],
  milliseconds = timeout,
): Promise<ForeignKernel[]> {
  const paths = await modulePaths(text);
  const found: ForeignKernel[] = [];
  for (const path of paths) {
    const own = await inspect(path, milliseconds);
    const name = nameOf(own ?? "") || usualName(path);
    const remedy = `its module can give it another: export const name = "…"`;
    // The bench calls the controls of others by such names.
    if (taken.includes(name.replace(/-control$/, ""))) {
      throw new KernelModuleError(
        `the kernel of ${quotePath(path.given)} is called ${quote(name)}, as one of Densemark's ` +
          `own is or would be; ${remedy}`,
      );
    }
    const other = found.find((each) => each.name === name);
    if (other) {
      throw new KernelModuleError(
        `the kernels of ${quotePath(other.given)} and ${quotePath(path.given)} are both called ${
          quote(name)
        }; ${remedy}`,
      );
    }
    found.push({ ...path, name });
  }
  return found;
}
