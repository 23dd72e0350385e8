/**
 * Verifies one kernel of a copy of the code, in a process of its own: check by
 * check in the order that it is told, until one fails. What it finds are lines
 * of JSON on standard output. All imports are dynamic, so that a mutant that
 * cannot be imported is told from one that fails.
 *
 * @module
 */
import type { Check, Context, Effort } from "../check.ts";
import type { Kernel, KernelOptions } from "../../kernels/kernel.ts";
import type { MutableKernel } from "./mutation.ts";
import type { Reached, ReachedCase } from "./probe.ts";

/** A check to run. */
export interface Arm {
  readonly check: string;
  readonly effort: Effort;
  /** The ids of cases that are left out. What a mutant has of cases that the kernel as it is has not is run. */
  readonly skip: readonly string[];
}

/** Where a run is. */
export type Place = Pick<Arm, "check" | "effort">;

/** What the process is told, as JSON on standard input. */
export interface Job {
  readonly kernel: MutableKernel;
  readonly arms: readonly Arm[];
  readonly seed: number;
  /** Whether generated code is changed, or its modules are wanted. */
  readonly modules: "changed" | "wanted" | null;
  /** Whether it is told which case reaches what. */
  readonly reach?: boolean;
}

/** What it says. */
export type RunnerLine =
  | { readonly started: true }
  | { readonly invalid: string }
  | { readonly beat: Place }
  | { readonly arm: Place; readonly seconds: number; readonly problem: string | null }
  | { readonly module: string; readonly code: string }
  | { readonly reached: ReachedCase }
  | { readonly creation: Reached; readonly makers: readonly (readonly [string, string])[] }
  | { readonly done: true };

/** Milliseconds between signs of life. */
const interval = 250;

function say(line: RunnerLine): void {
  let bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}

async function importAll() {
  const [{ checks, verifyKernel }, { createKernel }, patch] = await Promise.all([
    import("../verify.ts"),
    import("../../kernels/registry.ts"),
    import("./patch_module.ts"),
  ]);
  return { checks, verifyKernel, createKernel, patch };
}

/** The check on the cases that are not left out; null where only these are there. */
function withoutCases(check: Check, skip: readonly string[], kernel: Kernel, context: Context) {
  if (skip.length === 0) return check;
  const out = new Set(skip);
  const all = check.cases(kernel, context);
  const cases = all.filter(({ id }) => !out.has(id));
  return all.length > 0 && cases.length === 0 ? null : { ...check, cases: () => cases };
}

type Probe = typeof import("./probe.ts");

/** The check, each case of which says what it reached. */
function reporting(check: Check, { beginCase, endCase }: Probe): Check {
  return {
    ...check,
    cases: (kernel, context) =>
      check.cases(kernel, context).map((one) => ({
        ...one,
        run: async (kernel, random) => {
          beginCase();
          const start = performance.now();
          try {
            return await one.run(kernel, random);
          } finally {
            const seconds = (performance.now() - start) / 1e3;
            say({ reached: { check: check.name, id: one.id, seconds, ...endCase() } });
          }
        },
      })),
  };
}

async function run({ kernel: name, arms, seed, modules, reach = false }: Job): Promise<void> {
  say({ started: true });
  let all;
  try {
    all = await importAll();
    // Loads the kernel's own files.
    const { kernelRegistry } = await import("../../kernels/registry.ts");
    await kernelRegistry[name]();
  } catch (error) {
    return say({ invalid: String(error) });
  }
  const { checks, verifyKernel, createKernel, patch } = all;
  const creation: Place = { check: "creation", effort: "smoke" };
  const start = performance.now();
  let kernel;
  try {
    kernel = await createKernel(name, { serialBelow: 0 });
  } catch (error) {
    const seconds = (performance.now() - start) / 1e3;
    return say({ arm: creation, seconds, problem: String(error) });
  }
  say({ arm: creation, seconds: (performance.now() - start) / 1e3, problem: null });
  const create = (options: KernelOptions) => createKernel(name, options);
  const probe = reach ? await import("./probe.ts") : null;
  let last = performance.now();
  for (const { skip, ...arm } of arms) {
    const whole = checks.find((one) => one.name === arm.check);
    if (!whole) throw new Error(`no check ${arm.check}`);
    say({ beat: arm });
    const context = { effort: arm.effort, create, seed, sweepSeed: seed };
    const some = withoutCases(whole, skip, kernel, context);
    if (some === null) continue;
    const check = probe ? reporting(some, probe) : some;
    const begin = performance.now();
    const { checks: [report] } = await verifyKernel(kernel, {
      checks: [check],
      effort: arm.effort,
      seed,
      create,
      firstFailure: true,
      onProgress: () => {
        if (performance.now() - last < interval) return;
        last = performance.now();
        say({ beat: arm });
      },
    });
    const [failure] = report?.failures ?? [];
    const problem = failure ? `${failure.id}: ${failure.problem}` : null;
    if (patch.changedModules().invalid > 0) {
      return say({ invalid: "the changed module is no WebAssembly" });
    }
    // A program of a GPU is compiled there, and its kernel says so.
    if (modules === "changed" && /its program is refused/.test(problem ?? "")) {
      return say({ invalid: "the changed program is no WGSL" });
    }
    say({ arm, seconds: (performance.now() - begin) / 1e3, problem });
    if (problem !== null) return;
  }
  if (modules === "changed" && patch.changedModules().changed === 0) {
    return say({ invalid: "the changed module was never compiled" });
  }
  if (probe) say({ creation: probe.outsideCases(), makers: [...probe.makersOf()] });
  if (modules === "wanted") {
    for (const [module, code] of patch.compiled) say({ module, code: code.toBase64() });
  }
  await kernel[Symbol.asyncDispose]();
  say({ done: true });
}

await run(await new Response(Deno.stdin.readable).json() as Job);
// A worker of the mutant may be left that never ends.
Deno.exit(0);
