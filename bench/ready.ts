/**
 * Has the verifier prove the kernels of a plan, in this process and under its
 * engine, with progress on standard error.
 *
 * @module
 */
import { printError } from "../common/command.ts";
import { readEngine, readEnvironment } from "../results/environment.ts";
import { createProgress } from "../verify/progress.ts";
import { folderOf } from "../verify/run.ts";
import type { Plan } from "./plan.ts";
import { type Proof, proveKernels } from "./proof.ts";

/** Which kernels the verifier has proven in this build, verifying those that it has not. */
export async function prove(
  { kernels }: Plan,
  signal: AbortSignal,
  onWarning: (text: string) => void,
): Promise<readonly Proof[]> {
  const progress = createProgress();
  try {
    return await proveKernels(kernels, await readEnvironment(), readEngine(), {
      // Each engine keeps its own proofs.
      folder: folderOf(readEngine()),
      signal,
      onProgress: progress.show,
      onVerify: (names) => printError(`first, ${names.join(", ")} must pass the verifier`),
      onWarning,
    });
  } finally {
    progress.clear();
  }
}
