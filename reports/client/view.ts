/**
 * What a reader has chosen to see, kept in the hash of the page's address so that
 * it can be linked to: kernels, a pass, a part of a workload's name. What a hash
 * says is only ever compared with what the page has. Pure functions.
 *
 * @module
 */

import type { Stretch } from "../../browser/recompute.ts";

/** What is shown. */
export interface View {
  /** The names of the kernels; null for those that are shown at first. */
  readonly kernels: readonly string[] | null;
  /** A pass; null for all. */
  readonly pass: string | null;
  /** A part of a workload's name, in any case; empty for all. */
  readonly find: string;
  /** The workload whose samples are shown; null for the first. */
  readonly samples: string | null;
  /** The stretches of the run's time without which everything is computed anew. */
  readonly without: readonly Stretch[];
}

/** Everything as it is at first. */
export const initialView: View = {
  kernels: null,
  pass: null,
  find: "",
  samples: null,
  without: [],
};

/** What there is to choose from. */
export interface Choices {
  readonly kernels: readonly string[];
  readonly passes: readonly string[];
  readonly workloads: readonly string[];
}

const longest = 100;
const mostStretches = 20;

/** A stretch as `12.5-14`; null for what is none. */
function stretchOf(text: string): Stretch | null {
  const [, from, to] = /^(\d{1,7}(?:\.\d{1,4})?)-(\d{1,7}(?:\.\d{1,4})?)$/.exec(text) ?? [];
  if (from === undefined || to === undefined || Number(from) >= Number(to)) return null;
  return { from: Number(from), to: Number(to) };
}

/** A stretch as {@linkcode stretchOf} reads it; null for one that is none in milliseconds. */
export function stretchText({ from, to }: Stretch): string | null {
  const [a, b] = [from, to].map((one) => String(Number(Math.max(0, one).toFixed(3))));
  const text = `${a}-${b}`;
  return stretchOf(text) === null ? null : text;
}

/** The view of a hash, without what the page does not have; null for one that is no view, as `#noise`. */
export function viewOf(hash: string, { kernels, passes, workloads }: Choices): View | null {
  const text = hash.replace(/^#/, "");
  if (!text.includes("=")) return null;
  const found = new URLSearchParams(text);
  const known = (value: string | null, among: readonly string[]) =>
    value !== null && among.includes(value) ? value : null;
  const asked = found.getAll("kernel");
  const chosen = kernels.filter((name) => asked.includes(name));
  return {
    kernels: chosen.length > 0 ? chosen : null,
    pass: known(found.get("pass"), passes),
    find: (found.get("find") ?? "").slice(0, longest),
    samples: known(found.get("samples"), workloads),
    without: found.getAll("without").slice(0, mostStretches).flatMap((text) =>
      stretchOf(text) ?? []
    ),
  };
}

/** The hash of a view; empty for the first one. */
export function hashOf({ kernels, pass, find, samples, without }: View): string {
  const parts = new URLSearchParams();
  for (const name of kernels ?? []) parts.append("kernel", name);
  if (pass !== null) parts.set("pass", pass);
  if (find !== "") parts.set("find", find);
  if (samples !== null) parts.set("samples", samples);
  for (const stretch of without) {
    const text = stretchText(stretch);
    if (text !== null) parts.append("without", text);
  }
  const text = parts.toString();
  return text === "" ? "" : `#${text}`;
}

/** Whether a workload is shown. */
export function matches(
  { pass, find }: View,
  workload: { readonly pass: string; readonly name: string },
): boolean {
  return (pass === null || workload.pass === pass) &&
    workload.name.toLowerCase().includes(find.trim().toLowerCase());
}
