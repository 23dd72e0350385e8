/**
 * Verifies the verifier's derivatives: those of reference_activations.ts, and
 * those that the backward checks take from y, against dual numbers through the
 * activations' definitions and against central differences of the references.
 *
 * @module
 */
import { createRandom, type Random, seedOf } from "../../common/random.ts";
import type { ReferenceTest } from "../../results/verification/schema.ts";
import { Dual } from "../dual.ts";
import { references } from "../reference_activations.ts";
import { slopeFromY } from "../reference_gradients.ts";
import { type Pointwise, pointwise } from "../sweep/findings.ts";

const selu = { alpha: 1.6732632423543772, scale: 1.0507009873554805 } as const;

/** log(1 + e^z). */
function softplus(z: Dual): Dual {
  return z.value > 0 ? z.plus(softplus(z.times(-1))) : z.exp().plus(1).log();
}

/** 1/(1 + e^−z). */
function logistic(z: Dual): Dual {
  return new Dual(1).over(z.times(-1).exp().plus(1));
}

/** α(e^z − 1) below 0. */
function linearUnit(z: Dual, alpha: number): Dual {
  return z.value > 0 ? z : z.exp().minus(1).times(alpha);
}

/** Each activation as its definition says. */
const definitions: Readonly<Record<Pointwise, (z: Dual) => Dual>> = {
  linear: (z) => z,
  relu: (z) => z.value > 0 ? z : new Dual(0),
  sigmoid: logistic,
  tanh: (z) => z.tanh(),
  gelu: (z) => z.over(Math.SQRT2).erf().plus(1).times(z).over(2),
  gelu_tanh: (z) => {
    const inner = z.plus(z.times(z).times(z).times(0.044715)).times(Math.sqrt(2 / Math.PI));
    return inner.tanh().plus(1).times(z).over(2);
  },
  exponential: (z) => z.exp(),
  elu: (z) => linearUnit(z, 1),
  selu: (z) => linearUnit(z, selu.alpha).times(selu.scale),
  softplus,
  silu: (z) => z.times(logistic(z)),
  mish: (z) => z.times(softplus(z).tanh()),
};

/** Where results bend sharply, no two-sided difference is a derivative. */
const kink: ReadonlySet<Pointwise> = new Set(["relu", "elu", "selu"]);

/** Central differences with this step are off by its square and by 2^-53 over it: both are some 1e-11. */
const step = Math.cbrt(2 ** -53);

/** What derivatives may differ by, as a share of the larger of 1 and the derivative. */
const allowed = { dual: 1e-13, difference: 1e-9 } as const;

/** So many random points for each activation. */
const count = 200;

/** Points where the activation bends, in its tails and beside 0. */
function pointsOf(random: Random): number[] {
  return Array.from({ length: count }, (_, i) => {
    const uniform = 2 * random.uniform() - 1;
    return i % 4 === 3 ? uniform * 2 ** (-40 * random.uniform()) : uniform * (i % 2 ? 30 : 6);
  });
}

/** What the derivative of an activation is compared with, at z. */
interface Comparison {
  readonly what: string;
  readonly got: number;
  readonly want: number;
  readonly allowed: number;
}

/** The derivatives that are under test. */
export type Derivatives = Readonly<Record<Pointwise, (z: number) => number>>;

function comparisons(activation: Pointwise, derivatives: Derivatives, z: number): Comparison[] {
  const { value } = references[activation];
  const exact = definitions[activation](Dual.variable(z)).slope;
  const found: Comparison[] = [
    { what: "dual numbers", got: derivatives[activation](z), want: exact, allowed: allowed.dual },
  ];
  const h = step * Math.max(1, Math.abs(z));
  if (!kink.has(activation) || Math.abs(z) > h) {
    const [high, low] = [z + h, z - h];
    const difference = (value(high) - value(low)) / (high - low);
    const scale = Math.max(1, Math.abs(value(z)));
    found.push({
      what: "a central difference",
      got: derivatives[activation](z),
      want: difference,
      allowed: allowed.difference * scale,
    });
  }
  const fromY = slopeFromY[activation];
  if (fromY) {
    const got = fromY(value(z));
    found.push({ what: "dual numbers, from y", got, want: exact, allowed: allowed.dual });
  }
  return found;
}

const own = Object.fromEntries(
  pointwise.map((name) => [name, references[name].derivative]),
) as Derivatives;

/**
 * Tests the derivatives at 200 points for each activation, which the seed
 * determines. `worst` is the largest error as a share of what is allowed.
 *
 * @param derivatives What is tested; for tests of the test.
 *
 * @example
 * ```ts
 * import { gradientSelfTest } from "./gradients.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(gradientSelfTest(1).failures, []);
 * ```
 */
export function gradientSelfTest(
  seed: number,
  derivatives: Derivatives = own,
): ReferenceTest & { readonly worst: number } {
  let points = 0;
  let worst = 0;
  const failures: string[] = [];
  for (const activation of pointwise) {
    let first: string | null = null;
    for (const z of pointsOf(createRandom(seedOf(activation, seed)))) {
      points++;
      for (const { what, got, want, allowed } of comparisons(activation, derivatives, z)) {
        const error = Math.abs(got - want) / Math.max(1, Math.abs(want));
        worst = Math.max(worst, Number.isNaN(error) ? Infinity : error / allowed);
        if (!(error <= allowed)) {
          first ??= `the derivative of ${activation} at ${z} is ${got}, by ${what} ${want}`;
        }
      }
    }
    if (first !== null) failures.push(first);
  }
  return { name: "derivatives against dual numbers and differences", points, worst, failures };
}
