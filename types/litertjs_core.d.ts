// Types of what Densemark uses of LiteRT.js. Its own refer to a browser's
// library of types, which then holds for the whole program, and contradicts
// Deno's.

/** A tensor in the runtime's memory. */
export class Tensor {
  constructor(data: Float32Array, shape: readonly number[]);
  toTypedArray(): Float32Array;
  delete(): void;
}

/** A model that is ready to run. */
export interface CompiledModel {
  run(input: Tensor): Promise<Tensor[]>;
  delete(): void;
}

/** Starts the runtime from its script. */
export function loadLiteRt(path: string): Promise<unknown>;
/** Makes a model of the bytes of a TensorFlow Lite file. */
export function loadAndCompile(
  model: Uint8Array,
  options: { readonly accelerator: "wasm" },
): Promise<CompiledModel>;
