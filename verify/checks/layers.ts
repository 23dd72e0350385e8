/**
 * Layers, losses and optimizers as a kernel computes them, against their
 * definitions in float64, forward and backward: `verify/layers/` has these, with
 * a bound for each number that follows from what the kernel claims of itself. A
 * kernel that takes no formulas has the layers that need none.
 *
 * @module
 */
import type { Kernel } from "../../kernels/kernel.ts";
import type { Random } from "../../common/random.ts";
import type { Case, Check } from "../check.ts";
import type { Outcome } from "../compare.ts";
import { isGpu } from "../device.ts";
import { onEveryPath } from "../formulas/every_path.ts";
import { claims } from "./formulas.ts";
import { constraintCases, judgeConstraint } from "../layers/constraint_cases.ts";
import { denseCases } from "../layers/dense_cases.ts";
import { functionCases } from "../layers/function_cases.ts";
import { judgeDropout } from "../layers/dropout.ts";
import { judgeLayer } from "../layers/layer_case.ts";
import { type Library, ownLibrary } from "../layers/library.ts";
import { judgeLoss, lossCases } from "../layers/loss_cases.ts";
import { neighbourCases } from "../layers/neighbour_cases.ts";
import { judgeOptimizer, optimizerCases } from "../layers/optimizer_cases.ts";
import { judgeSchedule, scheduleCases } from "../layers/schedule_cases.ts";
import { judgeSteps, stepCases } from "../layers/step_cases.ts";

const name = "layers";

const idOf = (family: string, title: string) =>
  `${name}/${family}/${title.replaceAll("/", ": ").replaceAll(" ", "-")}`;

type Run = (kernel: Kernel, random: Random) => Promise<Outcome>;

/** How often a case is run in full mode, with other data each time; a GPU takes long to compile each. */
const repetitions = { heap: 20, device: 2 } as const;

/** Where not all cases are run, it is one of so many, others in each run: for mutants of kernels, and on a GPU. */
const oneOf = { heap: 3, device: 6 } as const;

/** The cases of a library: all, or those that need no formulas. */
function casesOf(library: Library, formulas: boolean): [id: string, run: Run][] {
  const { layers, losses, optimizers, schedules, constraint } = library;
  const table = <T extends { readonly name: string }>(
    family: string,
    list: readonly T[],
    judge: (kernel: Kernel, one: T, random: Random) => Promise<Outcome> | Outcome,
  ) =>
    list.map((one): [string, Run] => [
      idOf(family, one.name),
      (kernel, random) => Promise.resolve(judge(kernel, one, random)),
    ]);
  const ofLayers = [...denseCases, ...functionCases, ...neighbourCases].filter((one) =>
    formulas || one.formulas === false
  );
  const plain = [
    ...table("layer", ofLayers, (kernel, one, random) => judgeLayer(kernel, layers, one, random)),
    ...table("schedule", scheduleCases, (_, one) => judgeSchedule(schedules, one)),
  ];
  if (!formulas) return plain;
  return [
    ...plain,
    [idOf("layer", "Dropout"), (kernel, random) => judgeDropout(kernel, layers, random)],
    ...table("loss", lossCases, (kernel, one, random) => judgeLoss(kernel, losses, one, random)),
    ...table(
      "optimizer",
      optimizerCases,
      (kernel, one, random) => judgeOptimizer(kernel, optimizers, one, random),
    ),
    ...table(
      "constraint",
      constraintCases,
      (kernel, one, random) => judgeConstraint(kernel, constraint, one, random),
    ),
    ...table("steps", stepCases, (kernel, one, random) => judgeSteps(kernel, library, one, random)),
  ];
}

const operations = ["map", "denseMap", "reduce", "gather", "copy"] as const;

/** Whether a kernel claims formulas itself, and has all that layers of formulas ask for. */
function takesFormulas(kernel: Kernel): boolean {
  return claims(kernel) &&
    operations.every((operation) => typeof kernel[operation] === "function");
}

/**
 * The check of layers, those of this project or others in their place.
 *
 * @param only How the ids of the cases begin, without the check's name, where others are left out.
 */
export function layersCheck(library: Library, only = ""): Check {
  const cases = (kernel: Kernel, times: number): Case[] => {
    const chosen = casesOf(library, takesFormulas(kernel)).filter(([id]) =>
      id.startsWith(`${name}/${only}`)
    );
    return Array.from({ length: times }, (_, i) => i).flatMap((i) =>
      chosen.map(([id, run]) => onEveryPath({ id: i === 0 ? id : `${id}/${i}`, run }))
    );
  };
  return {
    name,
    description: "layers, losses and optimizers: results, gradients by every input and weight, " +
      "and weights after steps, within the bound of their definitions in float64",
    cases: (kernel, { effort, sweepSeed = 1 }) => {
      const slow = isGpu(kernel.traits);
      if (effort === "full") return cases(kernel, repetitions[slow ? "device" : "heap"]);
      const all = cases(kernel, 1);
      const some = slow || effort === "smoke";
      const of = oneOf[slow ? "device" : "heap"];
      return some ? all.filter((_, i) => (i + sweepSeed) % of === 0) : all;
    },
  };
}

/** The check of this project's layers. */
export const layers: Check = layersCheck(ownLibrary);
