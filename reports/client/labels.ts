/**
 * Where the names of series stand in a chart, so that none covers another or a
 * point: beside the ends of lines, or beside the point of each series that has
 * the most room. Pure functions, drawn by marks.ts.
 *
 * @module
 */
import { partsOfName } from "../engine_names.ts";

/**
 * A name in at most `length` characters: cut in its middle, since names that begin
 * alike end in what tells them apart, as in "wasm-simd without flags".
 */
export function shortened(name: string, length: number): string {
  const all = [...name];
  if (all.length <= length) return name;
  const kept = Math.max(1, length - 1);
  const tail = Math.floor(kept / 2);
  return `${all.slice(0, kept - tail).join("")}…${tail === 0 ? "" : all.slice(-tail).join("")}`;
}

/** A series' name with its engine as a mark, filled for V8's flags and hollow for none, in place of the words. */
export function withMark(name: string): string {
  const [bare, engine] = partsOfName(name);
  return engine === "" ? name : `${engine.startsWith("without") ? "○" : "●"} ${bare}`;
}

/** A rectangle in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Heights moved apart by `apart` or more, in their order, between `from` and `to` as far as they fit. */
export function spread(
  heights: readonly number[],
  apart: number,
  { from, to }: { from: number; to: number },
): number[] {
  const order = [...heights.keys()].sort((a, b) => heights[a]! - heights[b]!);
  const placed = [...heights];
  let least = from;
  for (const i of order) {
    placed[i] = Math.max(placed[i]!, least);
    least = placed[i]! + apart;
  }
  let most = to;
  for (const i of order.toReversed()) {
    placed[i] = Math.min(placed[i]!, most);
    most = placed[i]! - apart;
  }
  return placed;
}

/** Whether two rectangles share a place. */
export function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Whether one lies within the other. */
function within(inner: Box, outer: Box): boolean {
  return inner.left >= outer.left && inner.right <= outer.right &&
    inner.top >= outer.top && inner.bottom <= outer.bottom;
}

/** A point of a series, in pixels. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** The middle of a label, and how wide it is. */
export interface Placed extends Spot {
  readonly width: number;
}

const reach = 7;
const height = 15;

/** The places around a point, the best first. */
function around({ x, y }: Spot, width: number): Placed[] {
  return [
    { x, y: y - reach - height / 2, width },
    { x: x + reach + 2 + width / 2, y, width },
    { x, y: y + reach + height / 2, width },
    { x: x - reach - 2 - width / 2, y, width },
  ];
}

function boxOf({ x, y, width }: Placed): Box {
  return {
    left: x - width / 2,
    right: x + width / 2,
    top: y - height / 2,
    bottom: y + height / 2,
  };
}

/**
 * A place for the name of each series beside one of its points, clear of all
 * points and of all names; null where there is none.
 */
export function besidePoints(
  series: readonly { readonly width: number; readonly spots: readonly Spot[] }[],
  area: Box,
): (Placed | null)[] {
  const taken = series.flatMap(({ spots }) =>
    spots.map(({ x, y }): Box => ({
      left: x - reach,
      right: x + reach,
      top: y - reach,
      bottom: y + reach,
    }))
  );
  return series.map(({ width, spots }) => {
    for (const place of spots.flatMap((spot) => around(spot, width))) {
      const box = boxOf(place);
      if (!within(box, area) || taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      return place;
    }
    return null;
  });
}
