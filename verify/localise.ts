/**
 * Says where a result is wrong and what the wrong value looks like, so that the
 * line of a failure already names the fault: the last column, the edge of a
 * tile, the row before, twice the right value, the result without the bias.
 *
 * @module
 */
import type { KernelTraits } from "../kernels/kernel.ts";
import { showFloat } from "./float32.ts";

/** What may explain a wrong value. */
export interface Hints {
  /** The kernel's tile, to which places are related. */
  readonly tile?: KernelTraits["tile"];
  /** Wrong results, by index, of what would be the fault: `without the bias`. */
  readonly alternatives?: Readonly<Record<string, (i: number) => number>>;
}

/** Where an index lies: `the last`, `the last 3 of 41`, in which tile's tail. */
function describeRange(
  what: "row" | "column",
  found: readonly number[],
  count: number,
  tile: number,
): string {
  const low = Math.min(...found);
  const high = Math.max(...found);
  const all = low === 0 && high === count - 1;
  if (count <= 1 || (all && found.length > count / 2)) return "";
  const parts: string[] = [];
  if (low === high) parts.push(`all in ${what} ${low}`);
  else if (found.length === high - low + 1) parts.push(`all in ${what}s ${low} to ${high}`);
  else parts.push(`in ${found.length} ${what}s from ${low} to ${high}`);
  if (low > 0 && high === count - 1) parts.push(low === high ? "the last" : "the last ones");
  const tail = count - count % tile;
  if (tile > 1 && low >= tail && tail > 0) {
    parts.push(`behind the last whole tile of ${tile}`);
  } else if (tile > 1 && found.length > 1) {
    const places = new Set(found.map((index) => index % tile));
    if (places.size === 1) parts.push(`each ${[...places][0]} modulo ${tile}`);
  }
  return parts.join(", ");
}

/** What the wrong values equal instead, as a hint at the fault. */
function describeValues(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  wrong: readonly number[],
  columns: number,
  alternatives: Readonly<Record<string, (i: number) => number>>,
): string {
  if (wrong.every((i) => Number.isNaN(got[i]))) return "not written, or NaN came from somewhere";
  const fits = (value: (i: number) => number | undefined) =>
    wrong.every((i) => got[i] === value(i));
  for (const [fault, value] of Object.entries(alternatives)) {
    if (fits(value)) return `the result ${fault}`;
  }
  const named: readonly (readonly [string, (i: number) => number | undefined])[] = [
    ["zero", () => 0],
    ["the value of the column before", (i) => i % columns > 0 ? want[i - 1] : undefined],
    ["the value of the next column", (i) => i % columns < columns - 1 ? want[i + 1] : undefined],
    ["the value of the row before", (i) => want[i - columns]],
    ["the value of the next row", (i) => want[i + columns]],
    ["twice the right value", (i) => 2 * want[i]!],
    ["the right value negated", (i) => -want[i]!],
  ];
  return named.find(([, value]) => fits(value))?.[0] ?? "";
}

/** One line on what is wrong with a result [rows, columns]; `wrong` are the indices of wrong elements, in order. */
export function describe(
  what: string,
  wrong: readonly number[],
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  columns: number,
  { tile, alternatives = {} }: Hints,
): string {
  const width = Math.max(1, columns);
  const rows = Math.max(1, Math.ceil(got.length / width));
  const distinct = (index: (i: number) => number) => [...new Set(wrong.map(index))];
  const places = [
    describeRange("row", distinct((i) => Math.floor(i / width)), rows, tile?.mr ?? 1),
    describeRange("column", distinct((i) => i % width), width, tile?.nr ?? 1),
  ].filter(Boolean).join("; ");
  const first = wrong[0] ?? 0;
  const value = describeValues(got, want, wrong, width, alternatives);
  return [
    `${what}: ${wrong.length} of ${got.length} elements wrong`,
    ...(places ? [places] : []),
    `first [${Math.floor(first / width)}, ${first % width}]: got ${
      showFloat(got[first] as number)
    }, want ${showFloat(want[first] as number)}`,
    ...(value ? [`that is ${value}`] : []),
  ].join("; ");
}
