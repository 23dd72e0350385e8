/**
 * The table that Keras's `summary` prints: the layers of a stack, what they give
 * and how many parameters they have.
 *
 * @module
 */
import { formatCount, formatWhole } from "../common/numbers.ts";
import { alignColumns } from "../common/table.ts";
import { cleanText, quote } from "../common/text.ts";
import { formatBytes } from "../common/units.ts";
import type { Dense } from "./dense.ts";
import { parametersOf } from "./weights.ts";

const bytesOfNumber = 4;

/** `[null, 4]`, of a layer whose input has this shape. */
function outputShape(layer: Dense, inputShape: readonly (number | null)[] | null): string {
  const before = inputShape === null ? [null] : inputShape.slice(0, -1);
  return `[${[...before, layer.units].map(String).join(", ")}]`;
}

/**
 * The table.
 *
 * @param inputShape What the stack was built for; null before.
 */
export function formatSummary(
  name: string,
  layers: readonly Dense[],
  inputShape: readonly (number | null)[] | null,
): string {
  const total = parametersOf(layers.flatMap(({ weights }) => weights));
  const rows = layers.map((layer) => [
    `${cleanText(layer.name)} (Dense)`,
    outputShape(layer, inputShape),
    layer.activation,
    layer.built ? formatWhole(parametersOf(layer.weights)) : "not built",
  ]);
  const [head = "", ...lines] = alignColumns(
    [["Layer (type)", "Output shape", "Activation", "Params"], ...rows],
    [3],
  );
  const width = Math.max(...[head, ...lines].map(({ length }) => length));
  const all = `${formatCount(total, "parameter")}, ${formatBytes(bytesOfNumber * total)}`;
  const open = layers.some(({ built }) => !built);
  return [
    `Sequential ${quote(name)}`,
    "",
    head,
    "-".repeat(width),
    ...lines,
    "-".repeat(width),
    open ? `${all} so far; build([null, inputs]) or the first forward() makes the rest` : all,
  ].join("\n");
}
