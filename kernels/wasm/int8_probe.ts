/**
 * What this machine makes of relaxed SIMD's dot product of bytes where a byte of
 * the second operand is 128 or more: V8 has it exact and unsigned with AVX-VNNI,
 * signed on ARM, and with 16-bit saturation elsewhere, where it is not used.
 *
 * @module
 */
import { ModuleBuilder } from "./assembler.ts";
import { i32x4, v128 } from "./instructions.ts";
import { newMemory } from "./memory.ts";

/** By which instruction bytes are multiplied: 16-bit ones, which are exact everywhere, or the relaxed one. */
export type Int8Method = "int16" | "unsigned" | "signed";

const memory = { minimum: 1, maximum: 1, shared: false };

function probe(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  module.func("run", {}, () => [
    v128.store(0, i32x4.relaxedDot8(v128.load(0, 16), v128.load(0, 32), v128.load(0, 48))),
  ]);
  return module.bytes();
}

/** Sums of products that tell the semantics apart: extremes of both signs, neighbours that would saturate, and an addend. */
const cases = [
  [[127, 127, 127, 127], [255, 255, 255, 255]],
  [[-128, -128, -128, -128], [255, 255, 255, 255]],
  [[127, -127, 127, -127], [128, 255, 1, 200]],
  [[-3, 100, 0, 77], [254, 129, 255, 127]],
] as const;
const addend = 2 ** 30 + 12345;

/** Which of the semantics gave these results for {@linkcode cases}. */
export function methodOfResults(results: ArrayLike<number>): Int8Method {
  const agree = (second: (byte: number) => number) =>
    cases.every(([a, b], i) =>
      results[i] === a.reduce<number>((sum, each, j) => sum + each * second(b[j]!), addend)
    );
  if (agree((byte) => byte)) return "unsigned";
  return agree((byte) => byte << 24 >> 24) ? "signed" : "int16";
}

let found: Int8Method | null = null;

/** The fastest method that is exact on this machine, probed once. */
export function int8Method(): Int8Method {
  return found ??= probeMethod();
}

function probeMethod(): Int8Method {
  const bytes = probe();
  if (!WebAssembly.validate(bytes)) return "int16";
  const own = newMemory({ initial: 1, maximum: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory: own },
  });
  new Int8Array(own.buffer, 16).set(cases.flatMap(([a]) => a));
  new Uint8Array(own.buffer, 32).set(cases.flatMap(([, b]) => b));
  new Int32Array(own.buffer, 48).fill(addend, 0, 4);
  (exports.run as () => void)();
  return methodOfResults(new Int32Array(own.buffer, 0, 4));
}
