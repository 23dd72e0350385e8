/**
 * A layer as a text of one line, as `console.log` shows it: its kind, its name
 * and what it says of itself, so that it need not be asked for each.
 *
 * @module
 */
import { formatCount } from "../common/numbers.ts";
import { quote } from "../common/text.ts";
import type { Tensor } from "../kernels/kernel.ts";
import { parametersOf } from "./weights.ts";

/** What is shown of a layer; null instead of details where it was disposed. */
export function formatLayer(
  kind: string,
  name: string,
  details: readonly string[] | null,
): string {
  const title = `${kind} ${quote(name)}`;
  if (details === null) return `${title}, disposed`;
  return details.length === 0 ? title : `${title}: ${details.join(", ")}`;
}

/** What a Dense layer says of itself: what it takes, once that is known, and gives, and how many parameters it has. */
export function denseDetails(
  { units, activation, weights }: {
    readonly units: number;
    readonly activation: string;
    readonly weights: readonly Tensor[];
  },
  shape: readonly [inputs: number, units: number] | null,
): readonly string[] {
  return [
    ...(shape ? [formatCount(shape[0], "input")] : []),
    formatCount(units, "unit"),
    activation,
    shape ? formatCount(parametersOf(weights), "parameter") : "not built",
  ];
}
