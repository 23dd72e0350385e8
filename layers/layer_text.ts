/**
 * A layer as a text, as it is printed.
 *
 * @module
 */
import { formatCount } from "../common/numbers.ts";
import { quote } from "../common/text.ts";
import type { Tensor } from "../kernels/kernel.ts";

/** What is shown of a layer: its kind, name and activation, and once it is built what it takes and gives. */
export function formatLayer(
  kind: string,
  { name, units, activation, weights }: {
    readonly name: string;
    readonly units: number;
    readonly activation: string;
    readonly weights: readonly Tensor[];
  },
  disposed: boolean,
): string {
  if (disposed) return `${kind} ${quote(name)}, disposed`;
  const [weight] = weights;
  const parameters = weights.reduce((sum, { size }) => sum + size, 0);
  const size = weight
    ? `${weight.shape[0]} inputs, ${formatCount(units, "unit")}`
    : formatCount(units, "unit");
  const state = weight ? formatCount(parameters, "parameter") : "not built";
  return `${kind} ${quote(name)}: ${size}, ${activation}, ${state}`;
}
