/**
 * The errors of gradients as measured on some thousand inputs, and claims that
 * would allow them: in units in the last place where they stay small in these,
 * and with an absolute part where a formula cancels.
 *
 * @module
 */
import { activations, gradientNeedsZ, type Pointwise } from "../../kernels/activation.ts";
import type { Kernel, KernelTraits } from "../../kernels/kernel.ts";
import { createRandom, seedOf } from "../../common/random.ts";
import { unitInLastPlace } from "../bounds.ts";
import { Workspace } from "../check.ts";
import { gradientReference } from "../checks/rigorous_backward.ts";
import { mostAbsolute } from "../claims.ts";

const [rows, columns] = [64, 16];

/** Errors are sampled: what is claimed allows for larger ones that were not met. */
const reserve = 1.5;

/** More units in the last place than formulas have that do not cancel. */
const plainUlp = 16;

/** Errors of one gradient: the first where it suffices, else the second. */
interface Needed {
  readonly ulp?: number;
  readonly absolute?: number;
}

/** What one activation's gradient would have to claim; null where what is allowed without a claim suffices. */
async function needed(kernel: Kernel, activation: Pointwise): Promise<Needed | null> {
  const random = createRandom(seedOf(`gradient ${activation}`));
  const size = rows * columns;
  const input = Float32Array.from({ length: size }, () => {
    const sign = random.integer() % 2 ? 1 : -1;
    return sign * 2 ** (random.uniform() * 14 - 10);
  });
  using space = new Workspace(kernel);
  const z = space.tensor([rows, columns], input);
  const y = space.output([rows, columns]);
  kernel.activate(activation, z, y);
  const ones = new Float32Array(size).fill(1);
  const dy = space.tensor([rows, columns], ones);
  const dz = space.output([rows, columns]);
  kernel.activateGradient(activation, gradientNeedsZ(activation) ? z : null, y, dy, dz);
  const [outputs, got] = await Promise.all([y.read(), dz.read()]);
  const { value, bound } = gradientReference(
    activation,
    input,
    outputs,
    ones,
    columns,
    kernel.traits,
  );
  let exceeded = false;
  let [ulp, absolute] = [0, 0];
  for (const [i, want] of value.entries()) {
    const error = Math.abs(got[i]! - want);
    exceeded ||= !(error <= bound[i]!);
    ulp = Math.max(ulp, error / unitInLastPlace(want));
    absolute = Math.max(absolute, error);
  }
  if (!exceeded || !Number.isFinite(ulp)) return null;
  if (ulp <= plainUlp) return { ulp: Math.ceil(reserve * ulp) };
  const claim = 2 ** Math.ceil(Math.log2(reserve * absolute));
  return claim <= mostAbsolute ? { absolute: claim } : null;
}

function powerText(value: number): string {
  const exponent = Math.log2(value);
  return Number.isInteger(exponent) ? `2 ** ${exponent}` : `${value}`;
}

/** What gradients would have to claim where what the kernel allows itself does not suffice, each with its text. */
export async function proposedGradients(
  kernel: Kernel,
  claim: <K extends "gradientUlp" | "gradientAbsolute">(
    key: K,
    errors: NonNullable<KernelTraits[K]>,
    text: string,
  ) => void,
): Promise<void> {
  const found: [Pointwise, Needed][] = [];
  for (const activation of activations) {
    const error = activation === "softmax" ? null : await needed(kernel, activation);
    if (error && activation !== "softmax") found.push([activation, error]);
  }
  for (const [key, part] of [["gradientUlp", "ulp"], ["gradientAbsolute", "absolute"]] as const) {
    const own = found.flatMap(([name, error]) =>
      error[part] === undefined ? [] : [[name, error[part]] as const]
    );
    if (own.length === 0) continue;
    const all: NonNullable<KernelTraits[typeof key]> = {
      ...kernel.traits[key],
      ...Object.fromEntries(own),
    };
    const shown = (value: number) => part === "ulp" ? `${value}` : powerText(value);
    const text = Object.entries(all).map(([name, value]) => `${name}: ${shown(value)}`);
    claim(key, all, `{ ${text.join(", ")} }`);
  }
}
