/**
 * Where the parts of a drawn tree of sums stand: a pure function of the folded
 * tree, so that it can be tested without looking. What is added stands above,
 * sums below it, so that rounding goes on downwards; a level is one addition,
 * a run is one box. Lengths are in units of the picture's own coordinates.
 *
 * @module
 */
import {
  abridged,
  type Folded,
  formatRun,
  partsOf,
  type Sum,
} from "../../results/verification/tree.ts";

/** A box above: a product, the bias, a run of them, or `…` for parts left out. */
export interface Leaf {
  readonly kind: "leaf";
  readonly text: string;
  /** How many additions the box itself stands for, beside those drawn. */
  readonly folded: boolean;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** An addition of what stands above it. */
export interface Node {
  readonly kind: "sum";
  readonly x: number;
  readonly y: number;
  readonly children: readonly (Leaf | Node)[];
}

/** A whole drawn tree. */
export interface TreeLayout {
  readonly width: number;
  readonly height: number;
  readonly root: Leaf | Node;
}

/** The height of a box. */
export const boxHeight = 22;
/** More parts than this are no picture any more. */
export const mostParts = 48;

const gap = 8;
const margin = 10;
const level = 24;
const letter = 7;

/**
 * Lays out a tree over k products and a bias; null where it has too many parts
 * to draw. `abridge` leaves out the middle of long sums of blocks.
 */
export function layOutTree(tree: Folded, k: number, abridge = true): TreeLayout | null {
  const shown = (sum: Sum) => abridge ? abridged(sum) : sum.parts;
  let right = margin;
  const box = (text: string, folded: boolean): Leaf => {
    const width = Math.max(24, letter * text.length + 12);
    const x = right + width / 2;
    right += width + gap;
    return { kind: "leaf", text, folded, x, y: margin + boxHeight / 2, width };
  };
  const sum = (children: readonly (Leaf | Node)[]): Node => {
    const xs = children.map(({ x }) => x);
    const y = Math.max(...children.map((child) => child.kind === "leaf" ? margin + 14 : child.y));
    return { kind: "sum", x: (Math.min(...xs) + Math.max(...xs)) / 2, y: y + level, children };
  };
  const place = (part: Folded): Leaf | Node => {
    if (part.kind === "run") return box(formatRun(part, k), false);
    const [first, ...others] = shown(part);
    if (part.order === "at once") {
      return sum(
        part.parts.map((one) =>
          one.kind === "run" ? box(formatRun(one, k), one.count > 1) : place(one)
        ),
      );
    }
    if (first === undefined || first === null) throw new RangeError("a sum of nothing");
    let at: Leaf | Node = first.kind === "run" && first.count > 1
      ? box(`${formatRun(first, k)} in turn`, true)
      : place(first);
    for (const part of others) {
      if (part === null) at = sum([at, box("…", true)]);
      else if (part.kind === "run" && part.count > 1) {
        at = sum([at, box(`each of ${formatRun(part, k)}`, true)]);
      } else at = sum([at, place(part)]);
    }
    return at;
  };
  const boxes = (part: Folded | null): number => {
    if (part === null) return 1;
    if (part.kind === "run" || part.order === "at once") return partsOf(part);
    return shown(part).reduce((count, one) => count + boxes(one), 0);
  };
  if (boxes(tree) > mostParts) return null;
  const root = place(tree);
  return { width: right - gap + margin, height: root.y + level + margin, root };
}
