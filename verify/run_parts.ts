/**
 * Runs the tasks of a run, those of kernels in parts, so that all processors are
 * busy and a worker has the same checks of one kernel after the other, and gives
 * the results as if each kernel had been one task.
 *
 * @module
 */
import {
  countParts,
  type KernelResult,
  proposalTask,
  splitTask,
  uniteResults,
} from "./kernel_parts.ts";
import { type Lost, runTasks, type TaskOptions } from "./run_tasks.ts";
import type { KernelTask, VerifyResult, VerifyTask } from "./tasks.ts";

/** What became of a whole task; null where the run was stopped before it was done. */
type Whole = { readonly result: VerifyResult } | { readonly reason: string } | null;

/** Runs all tasks, the first ones first; results are in the order of the tasks. */
export async function runInParts(
  tasks: readonly VerifyTask[],
  options: TaskOptions,
): Promise<{ readonly results: VerifyResult[]; readonly lost: Lost[] }> {
  const { workers } = options;
  const parts = new Map(tasks.map((task): [VerifyTask, readonly VerifyTask[]] => {
    if (task.kind !== "kernel") return [task, [task]];
    return [task, splitTask(task, countParts(task.kernel, task.checks, workers))];
  }));
  const ran = await runEach([...parts.values()].flat(), options);
  const wholes = new Map(
    [...parts].map(([task, own]) => [task, unite(own.map((part) => ran.get(part) ?? null))]),
  );
  const proposals = new Map<KernelTask, VerifyTask>();
  for (const [task, whole] of wholes) {
    const isSplit = parts.get(task)!.length > 1;
    if (!isSplit || task.kind !== "kernel" || !whole || !("result" in whole)) continue;
    const { result } = whole;
    const next = result.kind === "kernel" ? proposalTask(task, result) : null;
    if (next) proposals.set(next, task);
  }
  for (const [proposal, whole] of await runEach([...proposals.keys()], options)) {
    const task = proposals.get(proposal as KernelTask)!;
    const found = wholes.get(task);
    // Where the search for claims was lost, what was found without them stays.
    if (!found || !("result" in found) || !whole || !("result" in whole)) continue;
    if (found.result.kind !== "kernel" || whole.result.kind !== "kernel") continue;
    wholes.set(task, { result: { ...found.result, report: whole.result.report } });
  }
  const all = [...wholes];
  return {
    results: all.flatMap(([, whole]) => whole && "result" in whole ? [whole.result] : []),
    lost: all.flatMap(([task, whole]) =>
      whole && "reason" in whole ? [{ task, reason: whole.reason }] : []
    ),
  };
}

/** What became of each task. */
async function runEach(
  tasks: readonly VerifyTask[],
  options: TaskOptions,
): Promise<Map<VerifyTask, Whole>> {
  const found = new Map<VerifyTask, Whole>();
  if (tasks.length === 0) return found;
  const { lost } = await runTasks(tasks, {
    ...options,
    onResult: (task, result) => {
      found.set(task, { result });
      options.onResult?.(task, result);
    },
  });
  for (const { task, reason } of lost) found.set(task, { reason });
  return found;
}

/** What became of a task by what became of its parts: lost with any of them, and unavailable. */
function unite(parts: readonly Whole[]): Whole {
  const lost = parts.find((part) => part !== null && "reason" in part);
  if (lost || parts.length === 1) return lost ?? parts[0] ?? null;
  const results = parts.flatMap((part) => part && "result" in part ? [part.result] : []);
  if (results.length < parts.length) return null;
  const other = results.find(({ kind }) => kind !== "kernel");
  return { result: other ?? uniteResults(results as KernelResult[]) };
}
