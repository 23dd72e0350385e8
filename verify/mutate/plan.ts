/**
 * What a run of mutation testing is asked for.
 *
 * @module
 */
import {
  namesOf,
  type Option,
  type Options,
  partsOf,
  textOf,
  UsageError,
  wholeNumberOf,
} from "../../common/command.ts";
import { quote } from "../../common/text.ts";
import { kernelNames } from "../../kernels/registry.ts";
import type { MutableKernel } from "./mutation.ts";
import { type MutationEffort, mutationEfforts } from "../../results/mutation/schema.ts";
import { sourceOperators } from "./edit.ts";
import { wasmOperators } from "./wasm_operators.ts";
import { wgslOperators } from "./wgsl_operators.ts";

/** The names of all operators. */
export const operatorNames = [...sourceOperators, ...wasmOperators, ...wgslOperators] as const;

/** The name of an operator. */
export type OperatorName = typeof operatorNames[number];

const mutable = kernelNames.filter((name): name is MutableKernel => name !== "native");

/** The kernels that are mutated unless others are asked for; those on a GPU wait for a device too long for thousands of mutants. */
export const mutatedKernels: readonly MutableKernel[] = mutable.filter((name) => name !== "webgpu");

const usualSample = 200;

/** The options of the command. */
export const options: Readonly<Record<string, Option>> = {
  sample: {
    value: "N",
    help:
      `Try N mutants, drawn by the seed, or all. A larger sample of the same seed begins with the smaller one. Default: ${usualSample}.`,
  },
  seed: { value: "N", help: "The seed of the sample and of the checks' data. Default: 1." },
  kernels: {
    value: "A,B",
    help: `Mutate these kernels: ${
      mutable.join(", ")
    }; webgpu only where there is an adapter. Default: ${mutatedKernels.join(", ")}.`,
  },
  files: {
    value: "A,B",
    help:
      "Mutate the files whose path contains one of these texts; generated code has the name of its module, such as tile. Default: all that a kernel is made of.",
  },
  operators: {
    value: "A,B",
    help: `Use these operators: ${operatorNames.join(", ")}. Default: all.`,
  },
  effort: {
    value: "NAME",
    help:
      "How much each mutant must survive: smoke, quick (what deno task verify does), or full. Default: quick.",
  },
  witness: {
    value: "SECONDS",
    help:
      "Search so long for a call in which a survivor gives other bits than the original kernel; 0 for not at all. Default: 10.",
  },
  workers: {
    value: "N",
    help: "Try so many mutants at once, from 1 to 64. Default: half of the processors.",
  },
  out: {
    value: "FOLDER",
    help:
      "Keep the results in FOLDER. Mutants that it has are not tried again. Default: runs/mutation.",
  },
  list: { value: null, help: "Print the sample, and try none." },
};

/** A run. */
export interface MutationPlan {
  /** How many mutants; Infinity for all. */
  readonly sample: number;
  readonly seed: number;
  readonly kernels: readonly MutableKernel[];
  /** Parts of paths; null for all. */
  readonly files: readonly string[] | null;
  readonly operators: readonly OperatorName[];
  readonly effort: MutationEffort;
  readonly witness: number;
  readonly workers: number;
  readonly out: string;
  readonly list: boolean;
}

/**
 * Reads the command line.
 *
 * @throws {UsageError}
 */
export function readPlan(given: Options): MutationPlan {
  const sample = textOf(given, "sample");
  const effort = textOf(given, "effort") ?? "quick";
  const known = mutationEfforts.find((one) => one === effort);
  if (known === undefined) {
    throw new UsageError(
      `--effort must be one of ${mutationEfforts.join(", ")}; got ${quote(effort)}`,
    );
  }
  return {
    sample: sample === "all"
      ? Infinity
      : wholeNumberOf(given, "sample", { low: 1, high: 1e6, otherwise: usualSample }),
    seed: wholeNumberOf(given, "seed", { low: 0, high: 2 ** 32 - 1, otherwise: 1 }),
    kernels: textOf(given, "kernels") === undefined
      ? mutatedKernels
      : namesOf(given, "kernels", mutable, "kernel"),
    files: partsOf(given, "files") ?? null,
    operators: namesOf(given, "operators", operatorNames, "operator"),
    effort: known,
    witness: wholeNumberOf(given, "witness", { low: 0, high: 3600, otherwise: 10 }),
    workers: wholeNumberOf(given, "workers", {
      low: 1,
      high: 64,
      otherwise: Math.max(1, Math.floor(navigator.hardwareConcurrency / 2)),
    }),
    out: textOf(given, "out") ?? "runs/mutation",
    list: given.given.has("list"),
  };
}
