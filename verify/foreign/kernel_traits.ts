/**
 * Whether an object is a kernel, and whether what it claims can be read: a
 * kernel from elsewhere may be plain JavaScript, which no compiler has checked.
 *
 * @module
 */
import { formatList, quote } from "../../common/text.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { faultOfClaim, isClaim, isObject, optionalClaims, rules } from "../claim_rules.ts";

/** What is wrong with claims; null where nothing is. Only those that are made are looked at. */
export function faultOfClaims(claims: unknown): string | null {
  if (!isObject(claims)) return `must be an object; it is ${quote(claims)}`;
  // What a class has of its prototype is no key of its objects.
  const inherited = Object.keys(rules).filter((name) => name in claims);
  for (const name of new Set([...Object.keys(claims), ...inherited])) {
    if (!isClaim(name)) {
      return `have no ${quote(name)}; there are ${Object.keys(rules).join(", ")}`;
    }
    // A proposal writes undefined for a claim that is to be left out.
    const fault = faultOfClaim(name, claims);
    if (fault !== null) return `are refused: ${fault}`;
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
  const absent = Object.keys(rules).filter((name) =>
    isClaim(name) && !optionalClaims.has(name) && !(name in traits)
  );
  if (absent.length > 0) return `has traits that lack ${formatList(absent)}`;
  const fault = faultOfClaims(traits);
  return fault === null ? null : `has traits that ${fault}`;
}
