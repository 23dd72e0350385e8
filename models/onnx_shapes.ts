/**
 * The operators of ONNX that give examples another shape, as layers of Keras:
 * Flatten, Reshape, Squeeze and Unsqueeze. Each example stays one.
 *
 * @module
 */
import {
  attribute,
  attributesOf,
  type ChainNode,
  constantAt,
  formatAxes,
  integerOf,
  layer,
  type Reader,
  rowLength,
} from "./onnx_node.ts";
import { float32Of } from "./stored_array.ts";
import type { StoredLayer } from "./stored_model.ts";

/** Flatten of all axes but the first. */
export const flatten: Reader = (node) => {
  const axis = integerOf(node, "axis", 1);
  const first = axis < 0 && node.axes ? axis + node.axes.length : axis;
  if (first !== 1) node.message.fail(`its axis is ${axis}; 1 is read`);
  return layer(node, "Flatten");
};

/** A layer that gives each example these axes; nothing where they are what it has. */
function reshaped(node: ChainNode, axes: readonly number[]): StoredLayer {
  return axes.length === 1
    ? layer(node, "Flatten")
    : layer(node, "Reshape", { target_shape: [...axes] });
}

/** Reshape where each row stays one. */
export const reshape: Reader = (node) => {
  const shape = [...float32Of(constantAt(node, 1, "shape"))];
  const keepsZero = integerOf(node, "allowzero", 0) !== 0;
  // 0 is the data's own length.
  const lengths = shape.map((axis, i) => axis === 0 && !keepsZero ? node.axes?.[i] ?? 0 : axis);
  const [rows, ...others] = shape;
  const rest = lengths.slice(1);
  const batch = node.axes?.[0] ?? null;
  const known = rowLength(node.axes);
  const size = rest.filter((axis) => axis !== -1).reduce((product, axis) => product * axis, 1);
  const keepsBatch = rows === batch || (rows === 0 && !keepsZero);
  const isWhole = rest.every((axis) => axis === -1 || axis > 0) && others.length > 0;
  // What is left for an open axis is then a whole row.
  const fits = keepsBatch
    ? rest.includes(-1)
      ? rest.length === 1 || (known !== null && known % size === 0)
      : size === (known ?? size)
    : (rows === -1 || rows === 1) && !rest.includes(-1) && size === known;
  if (!isWhole || !fits) {
    node.message.fail(
      `its shape is [${shape.join(", ")}]${
        node.axes ? ` and its data are ${formatAxes(node.axes)}` : ""
      }; it is read where each row stays one: [0, -1], or [-1, n] of rows of n numbers`,
    );
  }
  return reshaped(node, rest.map((axis) => axis === -1 && known !== null ? known / size : axis));
};

/** The axes that a Squeeze or an Unsqueeze names, as an input since version 13; null where it names none. */
function namedAxes(node: ChainNode): number[] | null {
  const given = node.constants[1];
  if (given) return [...float32Of(given)];
  const found = attributesOf(node).get("axes")?.integers(attribute.integers, 32);
  return found && found.length > 0 ? found : null;
}

/** Squeeze of axes between the first and the last. */
export const squeeze: Reader = (node) => {
  const { axes, message } = node;
  if (!axes || axes.slice(1).includes(null)) {
    return message.fail("it is read where the axes of its data are known");
  }
  const named = namedAxes(node)?.map((axis) => axis < 0 ? axis + axes.length : axis) ??
    axes.flatMap((length, i) => length === 1 ? [i] : []);
  const rest = axes.slice(1).filter((_, i) => !named.includes(i + 1)) as number[];
  if (named.includes(0) || rest.length === 0 || named.some((axis) => axes[axis] !== 1)) {
    message.fail(
      `it takes out the axes [${named.join(", ")}] of ${
        formatAxes(axes)
      }; those of length 1 are, of which the first and the last axis stay`,
    );
  }
  return named.length === 0 ? null : reshaped(node, rest);
};

/** Unsqueeze behind the first axis. */
export const unsqueeze: Reader = (node) => {
  const { axes, message } = node;
  if (!axes || axes.slice(1).includes(null)) {
    return message.fail("it is read where the axes of its data are known");
  }
  const named = namedAxes(node) ?? [];
  const rank = axes.length + named.length;
  const places = named.map((axis) => axis < 0 ? axis + rank : axis);
  if (!places.every((axis) => axis > 0 && axis < rank) || new Set(places).size < places.length) {
    message.fail(`it puts in the axes [${named.join(", ")}]; axes behind the first are`);
  }
  const own = axes.slice(1) as number[];
  const rest: number[] = [];
  for (let axis = 1; axis < rank; axis++) rest.push(places.includes(axis) ? 1 : own.shift()!);
  return places.length === 0 ? null : reshaped(node, rest);
};
