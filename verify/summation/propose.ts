/**
 * Claims that a kernel could make, found from outside: the format of its sums,
 * their order, block lengths and numbers of accumulators from the trees that
 * probes find at several lengths, roundings, NaN and the errors of gradients.
 * An order is proposed only where every way of calling keeps to it, to the bit.
 * Method: FPRev (see probe.ts), and a comparison of what it finds with each
 * order that can be claimed.
 *
 * @module
 */
import type { SumTree } from "../../common/sum_tree.ts";
import { createRandom, seedOf } from "../../common/random.ts";
import type { Kernel, KernelTraits, Summation } from "../../kernels/kernel.ts";
import { depthOf } from "../bounds.ts";
import { type Call, pathOf } from "./call_path.ts";
import { faultOfFused, isOpenlyFused, observeFused } from "./fused.ts";
import { proposedGradients } from "./gradient_errors.ts";
import { judgeBits, judgeTree } from "./judge.ts";
import {
  correctsInFloat32,
  observeBias,
  observeDenormals,
  observeNaN,
  observeRounding,
  observeStagnation,
  observeWidth,
  type Width,
} from "./observe.ts";
import { combinationNames, heldToTheBit } from "./plan.ts";
import { KeptError, NoSumError, ProbeError, probeTree } from "./probe.ts";
import { depthOfTree, leavesOf } from "./tree.ts";

/** Claims, and the source text of each. */
export interface Proposal {
  readonly traits: KernelTraits;
  /** By the trait's name, as text to paste. */
  readonly text: ReadonlyMap<keyof KernelTraits, string>;
}

/** A function of k, or a claim, with its source text. */
interface Written<T> {
  readonly value: T;
  readonly text: string;
}

/** Lengths of sums: odd and even, within and beyond the blocks and the numbers of lanes that are in use. */
const lengths = [3, 5, 17, 67, 130, 300, 1031];

/** The longest sums whose whole tree is found; beyond, what the shorter ones suggest is tested. */
const longest = 300;

/** Blocks of a single product look as if they belonged to the one before. */
const chainOf = (block: number, k: number) =>
  block === 1 || k === block + 1 ? k : Math.min(k, block);

/**
 * One block length for sums of several lengths as a function of k: a constant,
 * or a share of k.
 *
 * @param shown What is seen of a block length where k products are added.
 */
function functionOf(
  values: readonly (readonly [k: number, value: number])[],
  shown: (block: number, k: number) => number = Math.min,
): Written<(k: number) => number> | null {
  const [first] = values;
  if (!first) return null;
  const [, constant] = values.find(([k, value]) => value < k) ?? first;
  if (values.every(([k, value]) => value === shown(constant, k))) {
    return { value: () => constant, text: `() => ${constant}` };
  }
  for (let parts = 2; parts <= 16; parts++) {
    if (values.every(([k, value]) => value === shown(Math.ceil(k / parts), k))) {
      return { value: (k) => Math.ceil(k / parts), text: `(k) => Math.ceil(k / ${parts})` };
    }
  }
  return null;
}

/** The subtrees beside the path from leaf 0 up to the root, in the order in which they are added to it. */
function besideFirst(tree: SumTree): SumTree[] {
  const beside: SumTree[] = [];
  let node = tree;
  while (typeof node !== "number") {
    const down: SumTree = node.find((child) => leavesOf(child).includes(0)) ?? node[0]!;
    beside.unshift(...node.filter((child) => child !== down));
    node = down;
  }
  return beside;
}

/** How many leaves are added to leaf 0 one after the other before something else is. */
function firstChain(tree: SumTree): number {
  const beside = besideFirst(tree);
  const stop = beside.findIndex((child, i) => child !== i + 1);
  return stop < 0 ? beside.length + 1 : stop + 1;
}

/** The leaf that is added to leaf 0 first; null where it is a sum. */
function firstPartner(tree: SumTree): number | null {
  const [first] = besideFirst(tree);
  return typeof first === "number" ? first : null;
}

/** Orders that the trees of sums of these lengths suggest, the plainest first. */
function candidates(trees: readonly (readonly [k: number, tree: SumTree])[]): Written<Summation>[] {
  const found: Written<Summation>[] = [
    { value: { order: "sequential" }, text: '{ order: "sequential" }' },
    {
      value: { order: "sequential", reversed: true },
      text: '{ order: "sequential", reversed: true }',
    },
  ];
  const block = functionOf(trees.map(([k, tree]) => [k, firstChain(tree)]), chainOf);
  if (block) {
    found.push({
      value: { order: "blocked", block: block.value },
      text: `{ order: "blocked", block: ${block.text} }`,
    });
  }
  const accumulators = firstPartner(trees.at(-1)?.[1] ?? 0) ?? 0;
  if (accumulators > 1) {
    for (const combine of combinationNames) {
      found.push({
        value: { order: "interleaved", accumulators, combine },
        text: `{ order: "interleaved", accumulators: ${accumulators}, combine: "${combine}" }`,
      });
    }
  }
  for (let base = 1; base <= 128; base *= 2) {
    const pairwise = { order: "pairwise", ...(base > 1 && { base }) } as const;
    const deep = trees.some(([k, tree]) => depthOfTree(tree) > depthOf(pairwise, k) - 1);
    // Of sums that are hardly longer than the base it would say nothing.
    if (deep || 4 * base > longest) continue;
    const text = `{ order: "pairwise"${base > 1 ? `, base: ${base}` : ""} }`;
    found.push({ value: pairwise, text });
    break;
  }
  return found;
}

/** Ways of calling that may each have a path of their own. */
function callsOf({ tile: { mr, nr } }: KernelTraits): Call[] {
  const wide = { m: 2 * mr + 31, n: 2 * nr + 1, column: 2 * nr } as const;
  const plain = { transposeA: false, transposeB: false } as const;
  return [
    { ...wide, ...plain, operation: "dense" },
    { ...wide, ...plain, m: 1, operation: "dense" },
    { ...wide, ...plain, m: 33, n: 1, column: 0, operation: "dense" },
    { ...wide, ...plain, operation: "accumulate" },
    { ...wide, operation: "matmul", transposeA: false, transposeB: true },
    { ...wide, m: 1, operation: "matmul", transposeA: true, transposeB: false },
  ];
}

/** Whether a kernel keeps to these claims by every way of calling. */
async function keepsTo(kernel: Kernel, traits: KernelTraits): Promise<boolean> {
  for (const [i, call] of callsOf(traits).entries()) {
    for (const k of i === 0 ? [5, 67, 515] : [19, 67]) {
      if ((await judgeTree(kernel, traits, call, k)).problem !== null) return false;
    }
  }
  if (!heldToTheBit(traits)) return true;
  for (const [m, n, k] of [[2, 3, 2], [3, 2, 19], [1, 5, 300], [5, 1, 67], [9, 7, 515]] as const) {
    const random = createRandom(seedOf(`${m} ${n} ${k}`));
    if ((await judgeBits(kernel, traits, { m, n, k }, random)).problem !== null) return false;
  }
  return true;
}

/** The trees of sums of several lengths; null where sums have none. */
async function treesOf(kernel: Kernel): Promise<[number, SumTree][] | null> {
  const call: Call = {
    m: 64,
    n: 3,
    column: 2,
    operation: "matmul",
    transposeA: false,
    transposeB: false,
  };
  const trees: [number, SumTree][] = [];
  for (const k of lengths.filter((length) => length <= longest)) {
    try {
      trees.push([k, await probeTree(pathOf(kernel, call, k))]);
    } catch (error) {
      if (error instanceof KeptError) return null;
      if (error instanceof NoSumError || !(error instanceof ProbeError)) throw error;
      return [];
    }
  }
  return trees;
}

/** Whether what a plain sum in this tree would lose is kept. */
async function isCompensated(
  kernel: Kernel,
  trees: readonly (readonly [number, SumTree])[],
): Promise<boolean> {
  for (const [k, tree] of trees.filter(([k]) => k >= 67)) {
    const { lost, count } = await observeStagnation(kernel, tree, k);
    if (count < 5 || !(Math.abs(lost) <= 2)) return false;
  }
  return trees.some(([k]) => k >= 67);
}

/** Claims that are those of `traits` but for what is given, with its text. */
class Draft {
  readonly text = new Map<keyof KernelTraits, string>();
  constructor(public traits: KernelTraits) {}

  claim<K extends keyof KernelTraits>(
    key: K,
    value: KernelTraits[K],
    text = JSON.stringify(value),
  ): void {
    this.traits = { ...this.traits, [key]: value };
    this.text.set(key, text);
  }
}

function claimWidth(draft: Draft, { accumulator, stored }: Width): void {
  const { traits } = draft;
  if (traits.accumulator !== accumulator) draft.claim("accumulator", accumulator);
  const every = functionOf(stored);
  if (every) draft.claim("storedEvery", every.value, every.text);
  else if (traits.storedEvery) draft.claim("storedEvery", undefined, "undefined");
}

/** The first of the orders, with the positions of a bias and of fused products, that a kernel keeps to. */
async function claimOrder(
  kernel: Kernel,
  draft: Draft,
  trees: readonly (readonly [number, SumTree])[],
): Promise<void> {
  const own = draft.traits;
  const fusings = own.fused === true ? [true, "either"] as const : [own.fused];
  for (const { value: summation, text } of trees.length > 0 ? candidates(trees) : []) {
    for (const fused of fusings) {
      for (
        const accumulation of [...new Set([own.accumulation, "after", own.bias, "first"] as const)]
      ) {
        const traits: KernelTraits = {
          ...own,
          summation,
          fused,
          ...(accumulation === undefined ? {} : { accumulation }),
        };
        if (!await keepsTo(kernel, traits)) continue;
        draft.claim("summation", summation, text);
        if (fused !== own.fused) draft.claim("fused", fused);
        if (accumulation !== own.accumulation) draft.claim("accumulation", accumulation);
        return;
      }
    }
  }
  draft.claim("summation", { order: "unspecified" }, '{ order: "unspecified" }');
}

/**
 * What a kernel could claim in place of, or besides, what it does. It says
 * nothing of a kernel that rounds to either side, whose sums show no order.
 *
 * @returns Only claims that differ from the kernel's own have a text.
 */
export async function proposeClaims(kernel: Kernel): Promise<Proposal> {
  const draft = new Draft(kernel.traits);
  const rounding = await observeRounding(kernel);
  if (rounding === "either" && draft.traits.rounding !== "either") {
    draft.claim("rounding", "either");
    draft.claim("summation", { order: "unspecified" }, '{ order: "unspecified" }');
  }
  if (await observeDenormals(kernel) === "flushed" && draft.traits.denormals === "kept") {
    draft.claim("denormals", "flushed");
  }
  await proposedGradients(kernel, (key, errors, text) => draft.claim(key, errors, text));
  if (rounding !== "nearest" || draft.traits.denormals === "flushed") {
    return await finish(kernel, draft);
  }
  const width = await observeWidth(kernel);
  const fused = await observeFused(kernel);
  const trees = await treesOf(kernel);
  const corrected = width.kept
    ? await correctsInFloat32(kernel)
    : trees !== null && width.accumulator === "float32" && await isCompensated(kernel, trees);
  if (corrected) {
    if (draft.traits.accumulator !== "float32") draft.claim("accumulator", "float32");
    const products = fused && width.kept ? "exact" : "rounded";
    const summation = { order: "compensated", products } as const;
    draft.claim("summation", summation, `{ order: "compensated", products: "${products}" }`);
    if (draft.traits.fused !== false) draft.claim("fused", false);
    return await finish(kernel, draft);
  }
  claimWidth(draft, width);
  const own = draft.traits;
  // Sums in float64 keep every product whole.
  const single = width.accumulator === "float32" && fused;
  if (own.fused !== single && own.fused !== "either") draft.claim("fused", single);
  const bias = await observeBias(kernel);
  const shows = width.accumulator === "float64" || bias === "first";
  if (shows && bias !== (own.bias ?? "after")) draft.claim("bias", bias);
  await claimOrder(kernel, draft, trees ?? []);
  if (isOpenlyFused(draft.traits) && await faultOfFused(kernel) !== null) {
    draft.claim("fused", "either");
  }
  return await finish(kernel, draft);
}

/** With what is claimed of NaN, which depends on the order, and without what the kernel claims already. */
async function finish(kernel: Kernel, draft: Draft): Promise<Proposal> {
  const own = kernel.traits;
  const open = draft.traits.summation.order === "compensated";
  if (own.nan === "propagates" && await observeNaN(kernel, open) === "lost") {
    draft.claim("nan", "unspecified");
  }
  const order = draft.text.get("summation");
  if (order !== undefined && sameOrder(own.summation, draft.traits.summation)) {
    draft.text.delete("summation");
  }
  for (const key of draft.text.keys()) {
    if (key !== "summation" && own[key] === draft.traits[key]) draft.text.delete(key);
  }
  return { traits: draft.traits, text: draft.text };
}

/** Whether two orders are claimed alike, for the lengths that are probed. */
function sameOrder(one: Summation, other: Summation): boolean {
  const shown = (summation: Summation) =>
    JSON.stringify([
      summation,
      lengths.map((k) =>
        Object.values(summation).map((value) => typeof value === "function" ? value(k) : value)
      ),
    ]);
  return shown(one) === shown(other);
}

/** The proposed claims as they stand in source text; null where nothing is to be changed. */
export function formatProposal({ text }: Proposal): string | null {
  return text.size === 0 ? null : [...text].map(([key, value]) => `${key}: ${value}`).join(", ");
}
