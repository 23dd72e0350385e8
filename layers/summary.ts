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
import type { ActivationFunction } from "./activation_function.ts";
import type { Layer } from "./layer.ts";
import { parametersOf } from "./weights.ts";

const bytesOfNumber = 4;

const tensorsOf = (layer: Layer) => layer.variables.map(({ tensor }) => tensor);

/** `[null, 4]`, or a question mark where it is not known yet. */
function formatOutput(shape: readonly (number | null)[] | null): string {
  return shape ? `[${shape.map(String).join(", ")}]` : "?";
}

/** The shape that a layer gives; null where it is not known, or does not fit. */
function outputOf(
  layer: Layer,
  before: readonly (number | null)[] | null,
): readonly (number | null)[] | null {
  try {
    return layer.computeOutputShape(before ?? [null, null]);
  } catch {
    return null;
  }
}

/** The name of what a layer applies last, whatever a kernel has of it. */
function activationOf(layer: Layer): string {
  const { activationFunction } = layer as { readonly activationFunction?: ActivationFunction };
  return activationFunction?.name ?? layer.outputActivation ?? "";
}

/**
 * The table.
 *
 * @param inputShape What the stack was built for; null before.
 */
export function formatSummary(
  name: string,
  layers: readonly Layer[],
  inputShape: readonly (number | null)[] | null,
): string {
  const total = parametersOf(layers.flatMap(tensorsOf));
  let shape = inputShape;
  const rows = layers.map((layer) => {
    shape = outputOf(layer, shape);
    return [
      `${cleanText(layer.name)} (${layer.className ?? "Layer"})`,
      formatOutput(shape),
      activationOf(layer),
      layer.built ? formatWhole(parametersOf(tensorsOf(layer))) : "not built",
    ];
  });
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
