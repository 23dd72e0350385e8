/**
 * What each claim of a kernel may be, in one table: what a kernel from elsewhere
 * claims is read by it, and what any kernel claims is judged by it. A claim may
 * come from plain JavaScript that no compiler has checked, so that nothing of
 * its type is taken for granted.
 *
 * @module
 */
import { errorLine } from "../common/errors.ts";
import { cleanText, quote } from "../common/text.ts";
import { activations } from "../kernels/activation.ts";
import { binaryFunctions, unaryFunctions } from "../kernels/formula/expression.ts";
import { pointwise } from "./sweep/findings.ts";
import type { KernelTraits, Summation } from "../kernels/kernel.ts";
import { combinationNames } from "./summation/plan.ts";

/** A quarter of the error that rounding to float16 makes, in ULP of float32. */
export const mostUlp = 1024;

/** The power of two above the 1e-5 that WGSL allows its tanh; float16 has 2^-12 beside 1. */
export const mostAbsolute = 2 ** -16;

/** What is wrong with a claim of this name, which is the owner's, and what is allowed, in a line; null where it may be made. */
type Rule = (value: unknown, name: string, owner: object) => string | null;

/** The lengths of sums for which functions of k are tried. */
const lengths = [1, 2, 3, 7, 16, 67, 256, 1031];

function show(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "function") return "a function";
  return typeof value === "string" && value !== "" ? cleanText(value) : cleanText(quote(value));
}

const threw = (name: string, error: unknown) => `${name} threw ${cleanText(errorLine(error), 300)}`;

/** Whether a value has properties to look at; a function is none. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

const whole = (value: unknown, least: number, most = Infinity) =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

/** One of a few values; `why` there are no others. */
function oneOf(allowed: readonly unknown[], why = ""): Rule {
  return (value, name) =>
    allowed.includes(value)
      ? null
      : `${name} must be ${allowed.join(" or ")}; it is ${show(value)}${why}`;
}

/** What is wrong with a whole number, in a line; null where it is one in [least, most]. */
function faultOfWhole(value: unknown, name: string, least: number, most: number): string | null {
  if (whole(value, least, most)) return null;
  const range = most === Infinity ? `>= ${least}` : `from ${least} to ${most}`;
  return `${name} must be a whole number ${range}; it is ${show(value)}`;
}

const positiveTo = (most: number): Rule => (value, name) => faultOfWhole(value, name, 1, most);
const positive = positiveTo(Infinity);

/** What is wrong with one of the values that a function of k has, with the first k for which it is; null where nothing is. */
function faultOfValues(
  value: unknown,
  name: string,
  owner: object,
  faultOf: (found: unknown, k: number, name: string) => string | null,
): string | null {
  if (typeof value !== "function") return `${name} must be a function of k; it is ${show(value)}`;
  for (const k of lengths) {
    const called = `${name}(${k})`;
    try {
      // As a method of what has it, which it may be.
      const fault = faultOf(value.call(owner, k), k, called);
      if (fault !== null) return fault;
    } catch (error) {
      return threw(called, error);
    }
  }
  return null;
}

/** A function of k whose values are whole numbers from the least to the most that is allowed for k. */
function ofProducts(most: (k: number) => number = () => Infinity, least = 1): Rule {
  return (value, name, owner) =>
    faultOfValues(
      value,
      name,
      owner,
      (found, k, called) => faultOfWhole(found, called, least, most(k)),
    );
}

/** A rule for what may be left out. */
const optional = (rule: Rule): Rule => (value, name, owner) =>
  value === undefined ? null : rule(value, name, owner);

/** A tree that has each of the leaves 0 to k − 1 once, and nothing but nodes that add. */
function faultOfTree(tree: unknown, k: number, name: string): string | null {
  const leaves = new Set<number>();
  const open: unknown[] = [tree];
  while (open.length > 0) {
    const node = open.pop();
    if (Array.isArray(node)) {
      if (node.length < 2) {
        return `${name} must have nodes of at least two children; it has one of ${node.length}`;
      }
      // More than these hold leaves twice, or never end.
      if (open.length + node.length > k) break;
      for (const child of node) open.push(child);
    } else if (typeof node !== "number") {
      return `${name} must be of whole numbers and lists of them; it has ${show(node)}`;
    } else if (!whole(node, 0, k - 1) || leaves.has(node)) break;
    else leaves.add(node);
  }
  return leaves.size === k && open.length === 0
    ? null
    : `${name} must have each of the leaves 0 to ${k - 1} once`;
}

const ofTrees: Rule = (value, name, owner) => faultOfValues(value, name, owner, faultOfTree);

/** What is claimed of each order besides its name. */
const orders: Readonly<Record<Summation["order"], Readonly<Record<string, Rule>>>> = {
  sequential: { reversed: optional(oneOf([true, false])) },
  blocked: { block: ofProducts() },
  interleaved: { accumulators: positive, combine: oneOf(combinationNames) },
  tree: { tree: ofTrees },
  pairwise: { base: optional(positive) },
  compensated: { products: oneOf(["rounded", "exact"]), parts: optional(ofProducts((k) => k)) },
  unspecified: { depth: optional(ofProducts((k) => k - 1, 0)) },
};

const summation: Rule = (value, name) => {
  const names = Object.keys(orders);
  if (!isObject(value)) {
    return `${name} must be an object such as { order: "unspecified" } or { order: "blocked", block: (k) => 32 }; it is ${
      show(value)
    }`;
  }
  const { order } = value;
  if (typeof order !== "string" || !Object.hasOwn(orders, order)) {
    return `${name}.order is ${show(order)}; the orders are ${names.slice(0, -1).join(", ")} and ${
      names.at(-1)
    }`;
  }
  for (const [field, rule] of Object.entries(orders[order as Summation["order"]])) {
    const fault = rule(value[field], `${name}.${field}`, value);
    if (fault !== null) return fault;
  }
  return null;
};

/** An error of at most `most` for each of these activations, or for `some` of them. */
function errorsUpTo(most: number, some: boolean, names: readonly string[] = activations): Rule {
  return (value, name) => {
    if (!isObject(value)) {
      return `${name} must be an object with a number for ${some ? "any" : "each"} of ${
        names.join(", ")
      }; it is ${show(value)}`;
    }
    const unknown = Object.keys(value).find((key) => !names.includes(key));
    if (unknown !== undefined) {
      return `${name} has ${quote(unknown)}; it may have ${names.join(", ")}`;
    }
    for (const activation of names) {
      const error = value[activation];
      if (error === undefined && some) continue;
      if (!(typeof error === "number" && error >= 0 && error <= most)) {
        return `${name}.${activation} must be a number from 0 to ${most}, beyond which a broken kernel would pass; it is ${
          show(error)
        }`;
      }
    }
    return null;
  };
}

const position = oneOf(["after", "unrounded", "first"]);

/** The largest relative error of a function within a formula: as for activations, in float32. */
const mostFormulaError = mostUlp * 2 ** -24;

/** How formulas are computed: a precision, and relative errors. */
const formulas: Rule = (value, name) => {
  if (!isObject(value)) {
    return `${name} must be an object such as { arithmetic: "float32", errors: {} }; it is ${
      show(value)
    }`;
  }
  return oneOf(["float32", "float64"])(value["arithmetic"], `${name}.arithmetic`, value) ??
    errorsUpTo(mostFormulaError, true, [...unaryFunctions, ...binaryFunctions])(
      value["errors"],
      `${name}.errors`,
      value,
    );
};

/** What each claim may be. */
export const rules: { readonly [Name in keyof Required<KernelTraits>]: Rule } = {
  tile: (value, name) => {
    if (isObject(value)) {
      for (const field of ["mr", "nr", "mc", "nc", "kc"]) {
        // Shapes at the tile's edges are tried, and must fit into memory.
        const rule = positiveTo(field.endsWith("r") ? 1024 : 2 ** 20);
        const fault = rule(value[field], `${name}.${field}`, value);
        if (fault !== null) return fault;
      }
      return null;
    }
    return `${name} must be an object of whole numbers >= 1: mr, nr, mc, nc, kc; it is ${
      show(value)
    }`;
  },
  accumulator: oneOf(
    ["float32", "float64"],
    ": sums, like inputs and outputs, are of float32 or better",
  ),
  storedEvery: ofProducts(),
  fused: oneOf([true, false, "either"]),
  summation,
  bias: position,
  accumulation: position,
  rounding: oneOf(["nearest", "either"]),
  threads: positive,
  device: (value, name) =>
    typeof value === "string" ? null : `${name} must be a text; it is ${show(value)}`,
  nan: oneOf(["propagates", "unspecified"]),
  denormals: oneOf(["kept", "flushed"]),
  activationUlp: errorsUpTo(mostUlp, false),
  gradientUlp: errorsUpTo(mostUlp, true, pointwise),
  activationAbsolute: errorsUpTo(mostAbsolute, true),
  gradientAbsolute: errorsUpTo(mostAbsolute, true),
  formulas,
};

/** What a kernel may leave out; undefined is as absent. */
export const optionalClaims: ReadonlySet<keyof KernelTraits> = new Set(
  [
    "storedEvery",
    "bias",
    "accumulation",
    "gradientUlp",
    "activationAbsolute",
    "gradientAbsolute",
    "formulas",
  ] as const,
);

/** Whether there is a claim of this name. */
export function isClaim(name: string): name is keyof KernelTraits {
  return Object.hasOwn(rules, name);
}

/** What is wrong with one of the claims of an object, in a line; null where it may be made, or left out as it is. */
export function faultOfClaim(name: keyof KernelTraits, claims: object): string | null {
  try {
    const value = (claims as Readonly<Record<string, unknown>>)[name];
    if (value === undefined && optionalClaims.has(name)) return null;
    return rules[name](value, name, claims);
  } catch (error) {
    // A getter may do that, of the claim or of what it has.
    return threw(name, error);
  }
}
