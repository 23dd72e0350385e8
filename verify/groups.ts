/**
 * Kernels that claim the same order of summation and the same roundings must
 * give the same bits, whatever they are made of, and so verify each other. The
 * kernels run in different workers and are compared by hashes of their results
 * on the same data.
 *
 * @module
 */
import type { Kernel, KernelTraits } from "../kernels/kernel.ts";
import { createRandom, seedOf } from "../common/random.ts";
import { sha256 } from "../common/sha256.ts";
import { formatList } from "../common/text.ts";
import type { Group } from "../results/verification/schema.ts";
import { floats, Workspace } from "./check.ts";
import { formatDimensions } from "./dimensions.ts";
import { heldToTheBit, isExact, planOf } from "./summation/plan.ts";

/** What a kernel claims of its sums, and hashes of its results. */
export interface ResultHashes {
  readonly kernel: string;
  /** Equal for kernels whose claims are equal; null for one that claims no order. */
  readonly claims: string | null;
  /** By case. */
  readonly hashes: Readonly<Record<string, string>>;
}

function bytesOf(values: Float32Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Float32Array(values).buffer);
}

const shapes = [
  [1, 1, 1],
  [1, 96, 768],
  [2, 33, 65],
  [3, 5, 7],
  [4, 200, 129],
  [17, 1, 300],
  [31, 29, 64],
  [33, 49, 67],
  [64, 64, 64],
  [67, 61, 257],
] as const;

/** The longest sums in which claims are compared. */
const mostTerms = 300;

function claimsOf(traits: KernelTraits): string | null {
  const { summation, accumulator, fused, denormals, bias } = traits;
  if (!heldToTheBit(traits) || !isExact(summation)) return null;
  const terms = Array.from({ length: mostTerms }, (_, i) => i + 1);
  const sums = terms.map((k) => {
    const { chains, combine } = planOf(summation, k);
    return [chains.map((products) => products.join("+")), combine, traits.storedEvery?.(k)];
  });
  return JSON.stringify([sums, accumulator, fused, denormals, bias ?? "after"]);
}

/** Of a kernel whose results are not compared. */
export function noHashes(kernel: string): ResultHashes {
  return { kernel, claims: null, hashes: {} };
}

/** Hashes of a kernel's results on real numbers, none where it claims no order. */
export async function hashResults(kernel: Kernel, seed: number): Promise<ResultHashes> {
  const claims = claimsOf(kernel.traits);
  const hashes: Record<string, string> = {};
  for (const [m, n, k] of claims === null ? [] : shapes) {
    const id = formatDimensions({ m, n, k });
    const random = createRandom(seedOf(id, seed));
    using space = new Workspace(kernel);
    const x = space.tensor([m, k], floats(m * k, -1, 1, random));
    const weight = space.tensor([k, n], floats(k * n, -1, 1, random));
    const bias = space.tensor([n], floats(n, -1, 1, random));
    const y = space.output([m, n]);
    kernel.dense(x, weight, bias, "linear", y);
    hashes[id] = await sha256(bytesOf(await y.read()));
  }
  return { kernel: kernel.name, claims, hashes };
}

/** The groups of two kernels and more, and whether all bits in them are equal. */
export function compareGroups(hashed: readonly ResultHashes[]): Group[] {
  const byClaims = new Map<string, ResultHashes[]>();
  for (const each of hashed) {
    if (each.claims === null) continue;
    byClaims.set(each.claims, [...(byClaims.get(each.claims) ?? []), each]);
  }
  return [...byClaims.values()].filter(({ length }) => length > 1).map((members) => {
    const [first, ...rest] = members as [ResultHashes, ...ResultHashes[]];
    const cases = Object.keys(first.hashes);
    const differing = rest.flatMap(({ kernel, hashes }) =>
      cases.filter((id) => hashes[id] !== first.hashes[id]).map((id) => `${kernel} on ${id}`)
    );
    return {
      kernels: members.map(({ kernel }) => kernel),
      cases: cases.length,
      problem: cases.length === 0
        ? "no case was run"
        : differing.length === 0
        ? null
        : `they claim the same order, but other bits than those of ${first.kernel} have ${
          formatList(differing)
        }`,
    };
  });
}
