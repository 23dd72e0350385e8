/**
 * A lane of what was timed in the reader's browser: a mark for each round, in the
 * order of time, as a multiple of the median, so that a drift or a disturbed round
 * can be seen beside the time that it is part of.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="esnext" />
import { formatRatio } from "../../common/numbers.ts";
import { rangeOf } from "../../statistics/estimators.ts";
import { laneHeight } from "./steadiness.ts";

const [width, height, border] = [150, 30, 5];

/** Where the marks of a lane stand, in units of the picture: the median in the middle, half of it at the bottom, twice it at the top. */
export function spotsOf(
  rounds: readonly number[],
  median: number,
): readonly { readonly x: number; readonly y: number }[] {
  const step = rounds.length > 1 ? (width - 2 * border) / (rounds.length - 1) : 0;
  return rounds.map((seconds, i) => ({
    x: border + i * step,
    y: height / 2 - laneHeight(seconds / median) * (height - border),
  }));
}

/** What a lane shows, in words. */
export function laneText(rounds: readonly number[], median: number): string {
  const { min, max } = rangeOf(rounds);
  return `${formatRatio(min / median)}x to ${formatRatio(max / median)}x`;
}

/** The picture of a lane. */
export function laneOf(rounds: readonly number[], median: number): SVGElement {
  const make = (name: string, attributes: Readonly<Record<string, string | number>>) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
    return made;
  };
  const lane = make("svg", { class: "plot", width, height, "aria-hidden": "true" });
  lane.append(make("path", { class: "grid", d: `M0 ${height / 2}H${width}` }));
  for (const { x, y } of spotsOf(rounds, median)) {
    lane.append(make("circle", { class: "bar", cx: x, cy: y, r: 2.5 }));
  }
  return lane;
}
