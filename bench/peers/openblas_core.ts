/**
 * Which of OpenBLAS's kinds of code is the fastest here. The library chooses by
 * a list of processors; on one that it does not know it may run code for SSE3,
 * several times slower, without a word. So those that the processor has the
 * instructions for are tried, each in a process of its own, since the library
 * reads OPENBLAS_CORETYPE when it is loaded. The fastest by a product is taken,
 * the library's own choice unless another one is clearly faster; what the user
 * has set is respected.
 *
 * @module
 */
import { denoPath } from "../../common/deno_path.ts";
import { formatNumber } from "../../common/numbers.ts";
import { formatList } from "../../common/text.ts";
import { cpuFlags } from "../cpu_flags.ts";

/** The variable that the library reads, and ours that tells a launch how the value was found. */
export const variables = { core: "OPENBLAS_CORETYPE", how: "DENSEMARK_OPENBLAS" } as const;

/** A try of a core type. */
export interface CoreTrial {
  /** The value of the variable; null for the library's own choice. */
  readonly asked: string | null;
  /** What the library then says it runs. */
  readonly core: string;
  readonly gflops: number;
}

/** Core types of OpenBLAS by the flags that their code needs, the newest first. */
const coreTypes: readonly (readonly [name: string, flags: readonly string[]])[] = [
  ["SapphireRapids", ["avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512_bf16", "amx_tile"]],
  ["Cooperlake", ["avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512_bf16"]],
  ["SkylakeX", ["avx512f", "avx512dq", "avx512bw", "avx512vl"]],
  ["Zen", ["avx2", "fma"]],
  ["Haswell", ["avx2", "fma"]],
  ["Sandybridge", ["avx"]],
  ["Nehalem", ["sse4_2"]],
];

/** As many of them are tried: older ones are slower where newer ones run at all. */
const most = 4;

/**
 * The core types that a processor with these flags can run and that are worth a
 * try, the newest first.
 *
 * @example
 * ```ts
 * import { coreTypesFor } from "./openblas_core.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(coreTypesFor(new Set(["sse4_2", "avx", "avx2", "fma"])), [
 *   "Zen",
 *   "Haswell",
 *   "Sandybridge",
 *   "Nehalem",
 * ]);
 * assertEquals(coreTypesFor(new Set()), []);
 * ```
 */
export function coreTypesFor(flags: ReadonlySet<string>): string[] {
  return coreTypes.filter(([, needed]) => needed.every((flag) => flags.has(flag)))
    .map(([name]) => name).slice(0, most);
}

/** Another core type must be so many times as fast as the library's own choice to be taken instead. */
const clearly = 1.03;

/** A core type, and how it was found. */
export interface CoreChoice {
  /** The value for the variable; null where the library is to choose. */
  readonly core: string | null;
  /** In words, for behind the core's name. */
  readonly how: string;
}

/**
 * The fastest core type, of the best of each one's trials; null without any.
 *
 * @example
 * ```ts
 * import { chooseCore } from "./openblas_core.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const own = { asked: null, core: "Prescott", gflops: 38.4 };
 * const haswell = { asked: "Haswell", core: "Haswell", gflops: 105 };
 * assertEquals(chooseCore([own, haswell]), {
 *   core: "Haswell",
 *   how: "chosen from Haswell 105 and Prescott 38.4 (the library's own choice) GFLOP/s",
 * });
 * ```
 */
export function chooseCore(trials: readonly CoreTrial[]): CoreChoice | null {
  // Under another name the library may run what it runs anyway.
  const best = [...Map.groupBy(trials, ({ core }) => core).values()].map((same) => ({
    core: same[0]!.core,
    asked: same.some(({ asked }) => asked === null) ? null : same[0]!.asked,
    gflops: Math.max(...same.map(({ gflops }) => gflops)),
  })).toSorted((a, b) => b.gflops - a.gflops);
  const [fastest] = best;
  if (!fastest) return null;
  const own = best.find(({ asked }) => asked === null);
  const chosen = own && own.gflops * clearly >= fastest.gflops ? own : fastest;
  const ranked = [chosen, ...best.filter((one) => one !== chosen)];
  const figures = ranked.map(({ core, gflops, asked }) =>
    `${core} ${formatNumber(gflops)}${asked === null ? " (the library's own choice)" : ""}`
  );
  const how = figures.length === 1
    ? "the library's own choice; no other could be tried"
    : `chosen from ${formatList(figures)} GFLOP/s`;
  return { core: chosen.asked, how };
}

/** Rounds of trials: a process of its own for each core type in each. */
const rounds = 2;
/** Milliseconds that a trial may take, loading included. */
const timeout = 20_000;

/** A trial of a core type in a fresh process; null where it fails: without the library, or by an instruction that the processor lacks. */
async function trialOf(asked: string | null): Promise<CoreTrial | null> {
  try {
    const { code, stdout } = await new Deno.Command(denoPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-check",
        "--allow-ffi",
        "--allow-env=OPENBLAS_THREAD_TIMEOUT",
        new URL("openblas_trial.ts", import.meta.url).href,
      ],
      stdout: "piped",
      stderr: "null",
      env: asked === null ? {} : { [variables.core]: asked },
      signal: AbortSignal.timeout(timeout),
    }).output();
    if (code !== 0) return null;
    const found: Omit<CoreTrial, "asked"> = JSON.parse(new TextDecoder().decode(stdout));
    return { asked, ...found };
  } catch {
    return null;
  }
}

/** Tries the core types, one after the other in rounds, and returns what was found. */
async function tryCores(onTry: (core: string) => void): Promise<CoreTrial[]> {
  let asked: readonly (string | null)[] = [null, ...coreTypesFor(cpuFlags())];
  const trials: CoreTrial[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const core of asked) {
      onTry(core ?? "its own choice");
      const trial = await trialOf(core);
      if (trial) trials.push(trial);
      // Without the library, or without permission to start processes.
      else if (core === null) return trials;
    }
    // Once more only what may be the fastest, each kind of code once.
    const fastest = Math.max(...trials.map(({ gflops }) => gflops));
    const kinds = [...Map.groupBy(trials, ({ core }) => core).values()].map(([first]) => first!);
    asked = kinds.filter(({ asked, gflops }) => asked === null || gflops > fastest / 2)
      .map(({ asked }) => asked);
  }
  return trials;
}

function variableOf(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    // Not permitted: as if it was not set.
    return undefined;
  }
}

/** How the core type of this process was found, as its environment tells. */
export function howChosen(): string {
  return variableOf(variables.how) ??
    (variableOf(variables.core) === undefined
      ? "the library's own choice; no other was tried"
      : `as ${variables.core} says`);
}

let found: Promise<Readonly<Record<string, string>>> | null = null;

/** The environment that processes with OpenBLAS are to have, so that it runs its fastest code; found once. */
export function openBlasEnvironment(
  onTry: (core: string) => void = () => {},
): Promise<Readonly<Record<string, string>>> {
  found ??= (async () => {
    if (variableOf(variables.core) !== undefined) return {};
    const choice = chooseCore(await tryCores(onTry));
    if (choice === null) return {};
    return {
      [variables.how]: choice.how,
      ...(choice.core !== null && { [variables.core]: choice.core }),
    };
  })();
  return found;
}
