/**
 * What the names of generated modules are made of, as far as it is known before
 * any is compiled: kinds of modules, and words of what one is generated for.
 *
 * @module
 */
import { activations } from "../../kernels/activation.ts";
import { int8Methods } from "../../kernels/wasm/tasks.ts";
import { binaryFunctions, comparisons, unaryFunctions } from "../../kernels/formula/expression.ts";

/** The first words of the names of modules that the WebAssembly kernels generate. */
export const moduleKinds = [
  "copy",
  "finish",
  "int8",
  "map",
  "max",
  "network",
  "pointwise",
  "rows",
  "sum",
  "thin",
  "tile",
] as const;

/** Words of such names. */
const words: readonly string[] = [
  ...moduleKinds,
  ...activations,
  ...unaryFunctions,
  ...binaryFunctions,
  ...comparisons,
  ...int8Methods,
  "element",
  "row",
  "column",
  "parameter",
  "transposed",
  "true",
  "false",
];

/** Whether a module of the WebAssembly kernels may have a name with this text: one with digits or signs may be of a formula or a tile. */
export function maybeModule(text: string): boolean {
  return /[^a-z_]/i.test(text) || words.some((word) => word.includes(text));
}
