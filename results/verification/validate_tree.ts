/**
 * Reads a tree of sums. A file may nest it as deeply as it likes, so it is
 * walked without recursion, and only as deep as is allowed.
 *
 * @module
 */
import { quote } from "../../common/text.ts";
import { fail } from "../fields.ts";
import type { SumTree } from "./schema.ts";

/** The most sums below each other that a tree may have, more than any probe measures. */
export const maxDepth = 2048;

/**
 * `value` as a tree over the products 0 to k − 1 and perhaps the bias, k, each
 * once.
 *
 * @throws {ResultFileError} where it is none; `at` is its place in the file.
 */
export function sumTree(value: unknown, k: number, at: string): SumTree {
  const seen = new Set<number>();
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) fail(at, `is more than ${maxDepth} sums deep`);
    const next: unknown[] = [];
    for (const node of level) {
      if (Array.isArray(node)) {
        if (node.length === 0) fail(at, "has a sum of nothing");
        // Not spread into a call, which has a limit.
        for (const child of node) next.push(child);
      } else if (typeof node !== "number" || !Number.isInteger(node) || node < 0 || node > k) {
        fail(at, `has the leaf ${quote(node)}; leaves are whole numbers from 0 to ${k}`);
      } else if (seen.has(node)) {
        fail(at, `has the leaf ${node} twice`);
      } else {
        seen.add(node);
      }
    }
    level = next;
  }
  const products = seen.size - Number(seen.has(k));
  if (products !== k) fail(at, `has ${products} of the ${k} products`);
  return value as SumTree;
}
