/**
 * Activations and their gradients over the float32 numbers themselves, by their
 * bits: every N-th of the 2^32 from an offset that differs from run to run, and
 * all of those around the points where a function changes its nature. A kernel
 * is held to the largest error in ULP that it declares everywhere: near 0, in
 * the tails, where results end in subnormals, in overflow. With every 4093rd
 * number, a fault of 4093 adjacent numbers or more is met for certain, one of n
 * fewer with probability n/4093, and within 2^18 floats of a critical point one of
 * 251. A fault at one number of each 2^20 is met with probability 255/256 where
 * all numbers are inputs: 2^20 strides of an odd number pass through every
 * remainder, and one in 256 is no finite number. Gradients of y have fewer inputs.
 * Method: exhaustive testing of one-argument functions, as in Zimmermann et
 * al., "Accuracy of Mathematical Functions", 2022.
 *
 * @module
 */
import type { Case, Check, Effort } from "../check.ts";
import { createRandom, seedOf } from "../../common/random.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import type { Outcome } from "../compare.ts";
import { isGpu } from "../device.ts";
import { criticalParts, roundNumberParts } from "../sweep/critical_points.ts";
import { type SweptName, sweptNames } from "../sweep/findings.ts";
import { sweptFunctions } from "../sweep/functions.ts";
import { activationReport, problemsOf } from "../sweep/judge.ts";
import { type Part, sweepParts } from "../sweep/part.ts";

const name = "sweep";

/** Which inputs are taken. */
interface Density {
  /** A prime, so that the mantissas that are met differ from binade to binade; it names the density in ids. */
  readonly stride: number;
  /** So many floats on either side of a critical point are all inputs. */
  readonly reach: number;
  /** And every `farStride`-th of so many. */
  readonly far: number;
  readonly farStride: number;
}

const densities = {
  smoke: { stride: 1_048_573, reach: 2 ** 9, far: 2 ** 14, farStride: 509 },
  // To read from a GPU takes long.
  device: { stride: 16_381, reach: 2 ** 10, far: 2 ** 16, farStride: 509 },
  quick: { stride: 4093, reach: 2 ** 12, far: 2 ** 18, farStride: 251 },
  full: { stride: 1021, reach: 2 ** 15, far: 2 ** 20, farStride: 13 },
} as const satisfies Record<Effort | "device", Density>;

/** Adjacent numbers at a random place, long enough for every lane and tail of a vector. */
const stretch = 2 ** 12;

/** All inputs of a case: `offset` below the stride determines them. */
function partsOf(
  activation: SweptName,
  { stride, reach, far, farStride }: Density,
  offset: number,
): Part[] {
  const all = { activation, first: 0, last: 2 ** 32 };
  const random = createRandom(seedOf(activation, offset));
  const first = random.between(0, 2 ** 32 - stretch);
  return [
    { ...all, stride, offset },
    ...criticalParts(activation, reach),
    ...criticalParts(activation, far).map((part) => ({
      ...part,
      stride: farStride,
      offset: random.between(0, farStride - 1),
    })),
    ...roundNumberParts(activation),
    { activation, first, last: first + stretch, stride: 1 },
  ];
}

async function sweepOver(kernel: Kernel, parts: readonly Part[]): Promise<Outcome> {
  const [{ activation: swept, stride, offset }] = parts as [Part];
  const findings = await sweepParts(kernel, swept, parts);
  const { gradient } = sweptFunctions[swept];
  const problems = findings.inputs > 0 ? problemsOf(swept, findings, kernel.traits) : [];
  const [problem = null] = problems;
  const found = activationReport(swept, findings, kernel.traits, stride === 1);
  const report = { ...found, stride, offset: offset ?? 0 };
  const share = report.declared > 0 ? report.ulp / report.declared : 0;
  return {
    worst: problem === null ? share : Infinity,
    problem,
    measures: gradient ? { gradient: report } : { activation: report },
  };
}

function sweepCase(swept: SweptName, density: Density, offset: number): Case {
  return {
    id: `${name}/${swept}/every-${density.stride}-from-${offset}`,
    run: (kernel) => sweepOver(kernel, partsOf(swept, density, offset)),
  };
}

/** The sweep over every `stride`-th float32 number. */
export const sweep: Check = {
  name,
  description: "activations and gradients keep to their declared errors on every " +
    `${densities.quick.stride}rd float32 number, and on all where they change their nature`,
  cases: ({ traits }, { effort, sweepSeed = 1 }) => {
    const density = effort === "quick" && isGpu(traits) ? densities.device : densities[effort];
    return sweptNames.map((swept) => {
      const offset = createRandom(seedOf(swept, sweepSeed)).between(0, density.stride - 1);
      return sweepCase(swept, density, offset);
    });
  },
  find: (id) => {
    const [, swept, place = "", ...rest] = id.split("/");
    const known = sweptNames.find((each) => each === swept);
    const [, stride, offset] = /^every-(\d{1,7})-from-(\d{1,7})$/.exec(place)?.map(Number) ?? [];
    const density = Object.values(densities).find((each) => each.stride === stride);
    const fits = known && density && rest.length === 0 && offset! < density.stride;
    return fits ? sweepCase(known, density, offset!) : null;
  },
};
