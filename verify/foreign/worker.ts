/**
 * The worker that inspects a module. A module may crash, hang or exit while it is
 * imported; here that ends the worker and not the command.
 *
 * @module
 */
import { DensemarkError, KernelUnavailableError } from "../../common/errors.ts";
import { serveJobs } from "../serve_jobs.ts";
import { loadKernelModule } from "./kernel_module.ts";
import type { ModulePath } from "./module_path.ts";

/** The name of a module's kernel, null where it has none; or why it has no kernel. */
export type Inspection =
  | { readonly name: string | null }
  | { readonly problem: string };

serveJobs(async (path: ModulePath): Promise<Inspection> => {
  try {
    const { name, create } = await loadKernelModule(path);
    try {
      await using kernel = await create();
      return { name: name ?? kernel.name };
    } catch (error) {
      // It is said by the run, which may be on another machine.
      if (error instanceof KernelUnavailableError) return { name };
      throw error;
    }
  } catch (error) {
    if (error instanceof DensemarkError) return { problem: error.message };
    throw error;
  }
});
