/**
 * Which float32 numbers all runs of one build have seen together. Each quick
 * run sweeps every N-th number from an offset of its own; the record keeps the
 * offsets, and unites them with what the resume file of a sweep over all numbers
 * has done. The extra numbers around critical points are not counted.
 *
 * @module
 */
import { join } from "node:path";
import { isKernelName } from "../../kernels/registry.ts";
import type {
  ActivationReport,
  KernelVerification,
  VerificationReport,
} from "../../results/verification/schema.ts";
import { writeWhole } from "../../results/files.ts";
import { hashOfCode } from "../build.ts";
import { type SweptName, sweptNames } from "./findings.ts";
import { inputsOf, partsOf } from "./part.ts";
import { parseHead } from "./parse.ts";

/** The name and version of the record's form. */
export const seenSchema = "densemark/sweep-seen-1";

/** Offsets seen, by kernel, function and stride. */
export interface SeenOffsets {
  readonly [kernel: string]: {
    readonly [name: string]: { readonly [stride: string]: readonly number[] };
  };
}

/** The record's file. */
export interface SeenFile {
  readonly schema: typeof seenSchema;
  /** The code and engine that the offsets were seen with, as `verify.json` has them. */
  readonly build: string;
  readonly kernels: SeenOffsets;
}

/** Whether these are different whole numbers from 0 to below a stride, which is a whole number from 1 on, as JSON writes it. */
function areOffsets(stride: string, list: unknown): boolean {
  return Array.isArray(list) && /^[1-9]\d{0,9}$/.test(stride) &&
    new Set(list).size === list.length &&
    list.every((offset) => Number.isInteger(offset) && offset >= 0 && offset < Number(stride));
}

/** The offsets of a record's text that are of this build; none where it is of another, or no record. */
export function parseSeen(text: string, build: string): SeenOffsets {
  try {
    const { schema, build: of, kernels } = JSON.parse(text) as Partial<SeenFile>;
    if (schema !== seenSchema || of !== build || typeof kernels !== "object") return {};
    const offsets = Object.values(kernels).flatMap((names) =>
      Object.values(names).flatMap((strides) => Object.entries(strides))
    );
    return offsets.every(([stride, list]) => areOffsets(stride, list)) ? kernels : {};
  } catch {
    // The record is a convenience; one that cannot be read begins again.
    return {};
  }
}

function nameOf({ activation }: ActivationReport, gradient: boolean): SweptName | undefined {
  const name = gradient ? `${activation}-gradient` : activation;
  return sweptNames.find((each) => each === name);
}

/** The record with what one kernel's sweeps have seen. */
export function uniteSeen(
  seen: SeenOffsets,
  { kernel, activations, gradients = [] }: KernelVerification,
): SeenOffsets {
  const own = { ...seen[kernel] };
  for (const [list, gradient] of [[activations, false], [gradients, true]] as const) {
    for (const report of list) {
      const name = nameOf(report, gradient);
      const { stride, offset } = report;
      if (name === undefined || stride === undefined || offset === undefined) continue;
      const before = own[name]?.[stride] ?? [];
      const united = [...new Set([...before, offset])].sort((a, b) => a - b);
      own[name] = { ...own[name], [stride]: united };
    }
  }
  return { ...seen, [kernel]: own };
}

/**
 * The share of a function's inputs that was seen: offsets of one stride are
 * disjoint; those of different strides, and the parts of a whole sweep, are
 * independent of each other, since the strides have no factor in common.
 */
export function shareSeen(
  offsets: { readonly [stride: string]: readonly number[] } = {},
  swept = 0,
): number {
  const unseen = Object.entries(offsets).map(([stride, list]) => 1 - list.length / Number(stride));
  return 1 - unseen.reduce((left, share) => left * share, 1 - swept);
}

/** The share of inputs that a resume file's whole sweep has done, of a kernel's function. */
type SweptShare = (kernel: string, name: SweptName) => number;

/** That of the resume file in `folder`, 0 where there is none of this code. */
async function sweptShares(folder: string): Promise<SweptShare> {
  try {
    const head = parseHead(await Deno.readTextFile(join(folder, "sweep-1.json")));
    if (head === null || head.fingerprint.source !== await hashOfCode()) return () => 0;
    const { kernels, fingerprint: { stride, patterns } } = head;
    return (kernel, name) => {
      if (!isKernelName(kernel) || !kernels.has(kernel)) return 0;
      const done = kernels.object(kernel).object("activations");
      if (!done.has(name)) return 0;
      const inputs = done.object(name).object("findings").count("inputs", 0);
      const all = partsOf(name, stride, patterns).reduce((sum, part) => sum + inputsOf(part), 0);
      return Math.min(1, inputs / all);
    };
  } catch {
    return () => 0;
  }
}

/** The report with the share of all inputs that was seen, and the record in `folder` brought up to it. */
export async function withCoverage(
  folder: string,
  report: VerificationReport,
): Promise<VerificationReport> {
  const { build } = report;
  if (build === null || !report.kernels.some(({ gradients = [] }) => gradients.length > 0)) {
    return report;
  }
  const path = join(folder, "sweep-seen.json");
  const text = await Deno.readTextFile(path).catch(() => "");
  const seen = report.kernels.reduce(uniteSeen, parseSeen(text, build));
  const file: SeenFile = { schema: seenSchema, build, kernels: seen };
  // What was found is worth more than the record.
  await writeWhole(path, `${JSON.stringify(file)}\n`).catch(() => {});
  const swept = await sweptShares(folder);
  const kernels = report.kernels.map((kernel): KernelVerification => {
    const withSeen = (list: readonly ActivationReport[], gradient: boolean) =>
      list.map((each) => {
        const name = nameOf(each, gradient);
        if (name === undefined) return each;
        const share = shareSeen(seen[kernel.kernel]?.[name], swept(kernel.kernel, name));
        return { ...each, seen: each.exhaustive ? 1 : share };
      });
    const { activations, gradients } = kernel;
    return {
      ...kernel,
      activations: withSeen(activations, false),
      ...(gradients && { gradients: withSeen(gradients, true) }),
    };
  });
  return { ...report, kernels };
}
