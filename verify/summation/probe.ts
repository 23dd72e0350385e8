/**
 * Finds the order in which a kernel adds, from outside. A term 2^120, its
 * negative and ones elsewhere: ones that are added before the two meet are
 * swallowed, so the result counts the leaves beyond their lowest common
 * ancestor, and from such counts the tree of sums follows.
 * Method: Xie et al., "FPRev: Revealing the Order of Floating-Point Summation",
 * USENIX ATC 2025, with nodes of more than two children as they give them.
 *
 * @module
 */
import type { SumTree } from "../../common/sum_tree.ts";

/** Large enough to swallow any sum of ones, in float64 too. */
const huge = 2 ** 120;

/** A way of calling a kernel in which the terms of one sum can be chosen. */
export interface ProbePath {
  readonly name: string;
  /** How many terms the sum has. */
  readonly terms: number;
  /** The sums of each of these lists of terms. */
  sums(lists: readonly Float32Array[]): Promise<readonly number[]>;
}

/** A kernel whose sums are no sums: the message says of which terms. */
export class ProbeError extends Error {
  override name = "ProbeError";
}

/** A kernel whose sums keep what plain ones lose, so that they have no tree. */
export class KeptError extends ProbeError {
  override name = "KeptError";
}

/** A kernel that makes of finite terms what is no number: its product is wrong, and nothing can be told of its order. */
export class NoSumError extends ProbeError {
  override name = "NoSumError";
}

/** A set of leaves whose tree is to be found, and the size of the tree that it hangs in; null for the root. */
interface Open {
  readonly leaves: readonly number[];
  readonly within: number | null;
  readonly found: (children: readonly SumTree[]) => void;
}

/** How many leaves the lowest common ancestor of each pair has. */
async function ancestors(
  path: ProbePath,
  pairs: readonly (readonly [number, number])[],
): Promise<number[]> {
  const lists = pairs.map(([i, j]) => {
    const terms = new Float32Array(path.terms).fill(1);
    terms[i] = huge;
    terms[j] = -huge;
    return terms;
  });
  const sums = await path.sums(lists);
  return pairs.map(([i, j], at) => {
    const sum = sums[at] ?? NaN;
    const leaves = path.terms - sum;
    const told = `${path.name}: with 2^120 in term ${i}, -2^120 in term ${j} and ones in the ` +
      `other ${path.terms - 2} the sum is ${sum}`;
    if (!Number.isFinite(sum)) throw new NoSumError(`${told}, which no terms of that kind give`);
    if (!Number.isInteger(leaves) || leaves < 2 || leaves > path.terms) {
      throw new ProbeError(`${told}, which no order of adding them gives`);
    }
    return leaves;
  });
}

/**
 * The tree of sums of a path. Needs one probe a leaf where terms are added one
 * after the other, at most one a pair; all that do not wait for each other are
 * made in one call.
 *
 * @throws {ProbeError} where a result is none that a sum of the terms can have.
 */
export async function probeTree(path: ProbePath): Promise<SumTree> {
  if (path.terms === 1) return 0;
  let tree: SumTree = 0;
  let open: Open[] = [{
    leaves: Array.from({ length: path.terms }, (_, i) => i),
    within: null,
    found: ([only = 0]) => tree = only,
  }];
  // Trees are put together once all parts are known, the deepest first.
  const finish: (() => void)[] = [];
  while (open.length > 0) {
    const pairs = open.flatMap(({ leaves: [first = 0, ...rest] }) =>
      rest.map((other) => [first, other] as const)
    );
    const sizes = await ancestors(path, pairs);
    const next: Open[] = [];
    let at = 0;
    for (const { leaves, within, found } of open) {
      const [first = 0, ...rest] = leaves;
      const bySize = new Map<number, number[]>();
      for (const leaf of rest) {
        const size = sizes[at++]!;
        bySize.set(size, [...(bySize.get(size) ?? []), leaf]);
      }
      const steps = [...bySize].sort(([one], [other]) => one - other);
      // Of two leaves that meet the first alone, one would have to come before the other.
      const beside = bySize.get(2) ?? [];
      if (beside.length > 1) {
        throw new KeptError(
          `${path.name}: beside 2^120 in term ${first} nothing is lost, be its negative in term ${
            beside[0]
          } or ${beside[1]}: the sum is compensated, or wider than float64`,
        );
      }
      // Leaves that meet the first only where the whole set hangs are siblings of its subtree.
      const siblings = within === null ? [] : bySize.get(within) ?? [];
      const parts: { readonly children: SumTree[] }[] = [];
      for (const [size, members] of steps) {
        if (members === siblings) continue;
        const part: { children: SumTree[] } = { children: [] };
        parts.push(part);
        if (members.length === 1) part.children = [members[0]!];
        else {
          const deeper = (children: readonly SumTree[]) => part.children = [...children];
          next.push({ leaves: members, within: size, found: deeper });
        }
      }
      const others: { children: readonly SumTree[] } = { children: [] };
      if (siblings.length === 1) others.children = siblings;
      else if (siblings.length > 1) {
        next.push({
          leaves: siblings,
          within,
          found: (children) => others.children = children,
        });
      }
      finish.push(() => {
        const own = parts.reduce<SumTree>((sum, { children }) => [sum, ...children], first);
        found([own, ...others.children]);
      });
    }
    open = next;
  }
  for (const put of finish.reverse()) put();
  return tree;
}
