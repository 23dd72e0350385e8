/**
 * Whether an object is a kernel, and whether what it claims can be read: a
 * kernel from elsewhere may be plain JavaScript, which no compiler has checked.
 *
 * @module
 */
import { formatList, quote } from "../../common/text.ts";
import { activations } from "../../kernels/activation.ts";
import type { Kernel, KernelTraits } from "../../kernels/kernel.ts";

/** Says what is allowed; null where a value is that. */
type Rule = (value: unknown) => string | null;

function oneOf(...allowed: readonly string[]): Rule {
  return (value) =>
    allowed.some((each) => each === value)
      ? null
      : formatList(allowed.map((each) => quote(each)), { word: "or" });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

const positive = (value: unknown) => Number.isInteger(value) && (value as number) >= 1;

const ofProducts: Rule = (value) =>
  typeof value === "function" ? null : "a function of k, such as (k) => 32";

const addend = oneOf("after", "unrounded", "first");

/** A number for each of some activations. */
const errors: Rule = (value) =>
  isObject(value) &&
    Object.entries(value).every(([name, error]) =>
      activations.some((one) => one === name) && (error as number) >= 0
    )
    ? null
    : `an object with a number >= 0 for any of ${activations.join(", ")}`;

/** What each claim may be. */
const rules: { readonly [Name in keyof Required<KernelTraits>]: Rule } = {
  tile: (value) =>
    isObject(value) && ["mr", "nr", "mc", "nc", "kc"].every((name) => positive(value[name]))
      ? null
      : "an object of whole numbers >= 1: mr, nr, mc, nc, kc",
  accumulator: oneOf("float32", "float64"),
  storedEvery: ofProducts,
  fused: (value) =>
    typeof value === "boolean" || value === "either" ? null : 'true, false or "either"',
  summation: (value) =>
    isObject(value) && typeof value.order === "string" &&
      (value.order !== "blocked" || typeof value.block === "function")
      ? null
      : 'an object such as { order: "unspecified" } or { order: "blocked", block: (k) => 32 }',
  bias: addend,
  accumulation: addend,
  rounding: oneOf("nearest", "either"),
  threads: (value) => positive(value) ? null : "a whole number >= 1",
  device: (value) => typeof value === "string" ? null : "a text",
  nan: oneOf("propagates", "unspecified"),
  denormals: oneOf("kept", "flushed"),
  activationUlp: (value) =>
    isObject(value) && activations.every((name) => (value[name] as number) >= 0)
      ? null
      : `an object with a number >= 0 for each of ${activations.join(", ")}`,
  gradientUlp: errors,
  activationAbsolute: errors,
  gradientAbsolute: errors,
};

/** What a kernel may leave out. */
const optional: ReadonlySet<string> = new Set<keyof KernelTraits>([
  "storedEvery",
  "bias",
  "accumulation",
  "gradientUlp",
  "activationAbsolute",
  "gradientAbsolute",
]);

/** What is wrong with claims; null where nothing is. Only those that are made are looked at. */
export function faultOfClaims(claims: unknown): string | null {
  if (!isObject(claims)) return `must be an object; it is ${quote(claims)}`;
  for (const [name, value] of Object.entries(claims)) {
    const rule = Object.hasOwn(rules, name) ? rules[name as keyof typeof rules] : undefined;
    if (!rule) return `have no ${quote(name)}; there are ${Object.keys(rules).join(", ")}`;
    const allowed = rule(value);
    if (allowed !== null) return `have the ${name} ${quote(value)}; it must be ${allowed}`;
  }
  return null;
}

const methods = [
  "tensor",
  "dense",
  "matmul",
  "activate",
  "activateGradient",
  "sumRows",
  "finished",
] as const satisfies readonly (keyof Kernel)[];

/** Whether an object looks like a kernel, if perhaps not a whole one. */
export function resemblesKernel(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && methods.some((name) => typeof value[name] === "function");
}

/** Why an object that resembles a kernel is none; null where it is one. */
export function faultOfKernel(value: Readonly<Record<string, unknown>>): string | null {
  const missing: string[] = methods.filter((name) => typeof value[name] !== "function");
  if (typeof value.name !== "string") missing.push("name");
  if (typeof (value as Partial<Kernel>)[Symbol.asyncDispose] !== "function") {
    missing.push("[Symbol.asyncDispose]");
  }
  if (!isObject(value.traits)) missing.push("traits");
  if (missing.length > 0) return `lacks ${formatList(missing)}`;
  const { traits } = value as unknown as Kernel;
  const absent = Object.keys(rules).filter((name) => !optional.has(name) && !(name in traits));
  if (absent.length > 0) return `has traits that lack ${formatList(absent)}`;
  const fault = faultOfClaims(traits);
  return fault === null ? null : `has traits that ${fault}`;
}
