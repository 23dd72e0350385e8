/**
 * A tensor as a text, as it is printed: its shape, its kernel, and the
 * values by rows as NumPy prints them, aligned, the middle of a long axis left
 * out. Of a large tensor only what is shown is ever looked at.
 *
 * @module
 */
import { colouredNumber, type Inspection, plainInspection } from "../common/inspection.ts";
import { quote } from "../common/text.ts";
import { formatShape } from "./checks.ts";
import type { Tensor } from "./kernel.ts";

/** How much of each axis is shown: all of up to `whole` entries, else as many from both ends as `ends` says. */
interface Cut {
  readonly whole: number;
  readonly ends: number;
}

/** From the most to the least; the first that is not too much is taken. */
const cuts: readonly Cut[] = [
  { whole: 16, ends: 3 },
  { whole: 6, ends: 3 },
  { whole: 4, ends: 2 },
  { whole: 2, ends: 1 },
];
const mostCells = 256;
const mostLines = 24;

/** What stands for the entries of an axis that are left out. */
const gap = "...";

/** A value with at most 7 significant digits, whole numbers with all of theirs; with an exponent where it is small or large. */
function formatValue(value: number): string {
  if (Object.is(value, -0)) return "-0";
  if (Math.abs(value) < 1e9 && Number.isInteger(value)) return `${value}`;
  const rounded = Number(value.toPrecision(7));
  const magnitude = Math.abs(rounded);
  return magnitude >= 1e-4 && magnitude < 1e9 || !Number.isFinite(value)
    ? `${rounded}`
    : rounded.toExponential();
}

/** The entries of an axis that are shown; null is the gap. */
function entriesOf(length: number, { whole, ends }: Cut): (number | null)[] {
  const from = (start: number, count: number) => Array.from({ length: count }, (_, i) => start + i);
  return length <= whole ? from(0, length) : [...from(0, ends), null, ...from(length - ends, ends)];
}

/** Nested lists of texts: one for each axis. */
type Cells = readonly (Cells | string)[];

function cellsOf(
  values: Float32Array,
  axes: readonly (number | null)[][],
  strides: readonly number[],
  start: number,
): Cells {
  const [entries = [], ...rest] = axes;
  const [stride = 1, ...others] = strides;
  return entries.map((entry) =>
    entry === null
      ? gap
      : rest.length === 0
      ? formatValue(values[start + entry]!)
      : cellsOf(values, rest, others, start + entry * stride)
  );
}

function widest(cells: Cells): number {
  let most = 0;
  for (const cell of cells) {
    const width = typeof cell === "string" ? (cell === gap ? 0 : cell.length) : widest(cell);
    if (width > most) most = width;
  }
  return most;
}

/** Where lines begin and end. */
interface Layout extends Inspection {
  /** The width of a number. */
  readonly pad: number;
  /** Whether all is one line. */
  readonly inLine: boolean;
}

/** The lists in brackets. */
function join(cells: Cells, rank: number, indent: number, layout: Layout): string {
  const { pad, inLine, width } = layout;
  const newLine = "\n".repeat(rank === 1 ? 1 : rank - 1) + " ".repeat(indent + 1);
  let text = "[";
  // Characters of the line so far, without the codes of colours.
  let length = indent + 1;
  for (const [i, cell] of cells.entries()) {
    const isGap = cell === gap;
    const plain = typeof cell === "string" ? isGap ? gap : cell.padStart(pad) : "";
    const fits = rank === 1 && length + 2 + plain.length + 1 <= width;
    if (i > 0) {
      text += inLine || fits ? ", " : `,${newLine}`;
      length = fits ? length + 2 : indent + 1;
    }
    text += typeof cell !== "string"
      ? join(cell, rank - 1, indent + 1, layout)
      : isGap
      ? gap
      : colouredNumber(plain, layout);
    length += plain.length;
  }
  return `${text}]`;
}

/** The values of a tensor by rows, behind `before` characters where they fit in that line. */
function formatValues(
  shape: readonly number[],
  values: Float32Array,
  before: number,
  how: Inspection,
): { readonly text: string; readonly inLine: boolean } {
  if (values.length === 0) return { text: "[]", inLine: true };
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((size, axis) => size * axis, 1));
  const rank = shape.length;
  for (const cut of cuts) {
    const axes = shape.map((axis) => entriesOf(axis, cut));
    if (axes.reduce((count, { length }) => count * length, 1) > mostCells) continue;
    const cells = cellsOf(values, axes, strides, 0);
    const layouts = [
      ...how.compact ? [{ ...how, pad: 0, inLine: true }] : [],
      { ...how, pad: widest(cells), inLine: false },
    ];
    for (const layout of layouts) {
      const { inLine } = layout;
      const plain = join(cells, rank, 0, { ...layout, colours: false });
      if (inLine ? before + plain.length > how.width : plain.split("\n").length > mostLines) {
        continue;
      }
      return { text: join(cells, rank, 0, layout), inLine };
    }
  }
  // Of very many axes, the first values one after the other.
  const some = [...values.subarray(0, 6)].map((value) => colouredNumber(formatValue(value), how));
  return { text: `${some.join(", ")}, ${gap}`, inLine: true };
}

/** What it is and its values, in one line where they fit. */
export function formatWithValues(
  what: string,
  shape: readonly number[],
  values: Float32Array,
  how: Inspection = plainInspection,
): string {
  const { text, inLine } = formatValues(shape, values, what.length + 2, how);
  return `${what}:${inLine ? " " : "\n"}${text}`;
}

/**
 * What is shown of a tensor.
 *
 * @param values The elements, where they can be read without waiting; null where not.
 */
export function formatTensor(
  { shape, kernel, disposed }: Pick<Tensor, "shape" | "kernel" | "disposed">,
  values: () => Float32Array | null,
  how: Inspection = plainInspection,
): string {
  const what = `Tensor ${formatShape(shape)} on ${quote(kernel.name)}`;
  if (disposed) return `${what}, disposed`;
  const elements = values();
  return elements === null
    ? `${what} (await its read() for the values)`
    : formatWithValues(what, shape, elements, how);
}
