/**
 * A layer as a text of one line, as `console.log` shows it: what it takes and
 * gives, and how many parameters it has, so that it need not be asked for each.
 *
 * @module
 */
import { formatCount } from "../common/numbers.ts";
import { quote } from "../common/text.ts";
import type { Tensor } from "../kernels/kernel.ts";
import { parametersOf } from "./weights.ts";

/** What is shown of a layer: its kind, name and activation, and once it is built what it takes and gives. */
export function formatLayer(
  kind: string,
  layer: {
    readonly name: string;
    readonly units: number;
    readonly activation: string;
    readonly weights: readonly Tensor[];
  },
  disposed: boolean,
): string {
  const { name, units, activation } = layer;
  // Its weights must not be asked for then.
  if (disposed) return `${kind} ${quote(name)}, disposed`;
  const { weights } = layer;
  const [weight] = weights;
  const parameters = parametersOf(weights);
  const size = weight
    ? `${formatCount(weight.shape[0]!, "input")}, ${formatCount(units, "unit")}`
    : formatCount(units, "unit");
  const state = weight ? formatCount(parameters, "parameter") : "not built";
  return `${kind} ${quote(name)}: ${size}, ${activation}, ${state}`;
}
