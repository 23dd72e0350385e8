/**
 * Rows as ids of cases: the operation, its shape, and what is not plain, from
 * which a row can be made again.
 *
 * @module
 */
import { formatDimensions, parseDimensions } from "../dimensions.ts";
import { isAxis } from "./plan.ts";
import { levelOf, type Row, type Subject } from "./subject.ts";

/** The name of the check. */
export const name = "combinations";

/** `combinations/dense/64x10x33/bias=none+uses=2`. */
export function idOf(subject: Subject, { shape, levels }: Row): string {
  const unusual = subject.features.flatMap(({ name, levels: [plain] }) =>
    isAxis(name) || levels[name] === plain ? [] : [`${name}=${levels[name]}`]
  );
  const parts = [name, subject.name, formatDimensions(shape)];
  return [...parts, ...(unusual.length > 0 ? [unusual.join("+")] : [])].join("/");
}

/** The row of an id of an operation; null where it is none. */
export function rowOfId(subject: Subject, id: string): Row | null {
  const [check, operation, dimensions, unusual, ...rest] = id.split("/");
  const shape = parseDimensions(dimensions ?? "");
  if (check !== name || operation !== subject.name || shape === null || rest.length > 0) {
    return null;
  }
  if (Math.min(shape.m, shape.n, shape.k) < 1) return null;
  const features = subject.features.filter((feature) => !isAxis(feature.name));
  const levels = Object.fromEntries(features.map((feature) => [feature.name, feature.levels[0]!]));
  for (const part of unusual?.split("+") ?? []) {
    const [feature = "", level = ""] = part.split("=");
    const known = features.find((each) => each.name === feature);
    if (!known?.levels.includes(level)) return null;
    levels[feature] = level;
  }
  const level = levelOf({ levels });
  return subject.allows(level) ? { shape: subject.adjust?.(shape, level) ?? shape, levels } : null;
}
