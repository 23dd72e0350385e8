/**
 * Families of values for one operand: whole numbers whose sums are exact, real
 * numbers of 24 bits, and what code may treat on its own: mostly zeros, one sign,
 * one value, magnitudes far apart, one number that is not finite or nearly 0.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { drawn, floats, integers } from "../check.ts";
import type { Feature } from "./subject.ts";

/** Data of an operand, and what is known of them. */
export interface Values {
  readonly values: Float32Array<ArrayBuffer>;
  /** Whether all are whole numbers, infinite or NaN. */
  readonly whole: boolean;
  /** Where the one number is that is unlike the others; null where there is none. */
  readonly place: number | null;
}

type Family = (
  length: number,
  most: number,
  random: Random,
  traits: Pick<KernelTraits, "nan" | "denormals">,
) => Values;

const plain = (values: Float32Array<ArrayBuffer>, whole: boolean): Values => ({
  values,
  whole,
  place: null,
});

/** Whole numbers, but for one of `among`. */
function withOne(length: number, most: number, among: readonly number[], random: Random): Values {
  const values = integers(length, most, random);
  if (length === 0) return plain(values, true);
  const value = among[random.between(0, among.length - 1)]!;
  // The last one now and then: what comes behind whole vectors.
  const place = random.integer() % 4 === 0 ? length - 1 : random.between(0, length - 1);
  values[place] = value;
  return { values, whole: !(Math.abs(value) < 1) || value === 0, place };
}

const families = {
  whole: (length, most, random) => plain(integers(length, most, random), true),
  real: (length, _most, random) => plain(floats(length, -1, 1, random), false),
  nan: (length, most, random, { nan }) =>
    withOne(length, most, [nan === "propagates" ? NaN : -0], random),
  infinite: (length, most, random, { nan }) =>
    withOne(length, most, nan === "propagates" ? [Infinity, -Infinity] : [-0], random),
  tiny: (length, most, random, { denormals }) =>
    withOne(length, most, denormals === "kept" ? [2 ** -140, -(2 ** -149), -0] : [-0], random),
  sparse: (length, most, random) => {
    const values = integers(length, most, random);
    for (let i = 0; i < length; i++) if (random.integer() % 8 !== 0) values[i] = 0;
    return plain(values, true);
  },
  negative: (length, most, random) => {
    const whole = random.integer() % 2 === 0;
    const values = whole ? integers(length, most, random) : floats(length, 0, 1, random);
    for (let i = 0; i < length; i++) values[i] = -Math.abs(values[i]!);
    return plain(values, whole);
  },
  constant: (length, most, random) => {
    const whole = random.integer() % 2 === 0;
    const value = whole ? random.between(1, most) : random.uniform();
    return plain(drawn(length, () => value), whole);
  },
  wide: (length, _most, random) => {
    const values = floats(length, -1, 1, random);
    for (let i = 0; i < length; i++) values[i] = values[i]! * 2 ** random.between(-30, 30);
    return plain(values, false);
  },
} satisfies Record<string, Family>;

type FamilyName = keyof typeof families;

const kinds: Readonly<Record<FamilyName, string>> = {
  whole: "whole",
  real: "real",
  nan: "special",
  infinite: "special",
  tiny: "real",
  sparse: "whole",
  negative: "real",
  constant: "real",
  wide: "real",
};

/** The feature of an operand's values. */
export function valuesFeature(
  name: string,
  without: readonly FamilyName[] = [],
): Feature {
  const levels = (Object.keys(families) as FamilyName[]).filter((each) => !without.includes(each));
  return { name, levels, kinds: levels.map((level) => kinds[level]) };
}

/** So many values of a family; whole numbers among them are at most `most`. */
export function drawValues(
  family: string,
  length: number,
  most: number,
  random: Random,
  traits: Pick<KernelTraits, "nan" | "denormals">,
): Values {
  return families[family as FamilyName](length, most, random, traits);
}
