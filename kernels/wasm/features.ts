/**
 * Feature detection: whether there is SIMD and relaxed SIMD, whether a
 * multiply-add is rounded once, how wide the register tile should be, and whether
 * bounds are checked (`width_probe.ts`).
 *
 * @module
 */
import { errorLine, KernelUnavailableError } from "../../common/errors.ts";
import { ModuleBuilder } from "./assembler.ts";
import type { CoreOptions } from "./core.ts";
import { f32x4, v128 } from "./instructions.ts";
import { newMemory } from "./memory.ts";
import { chooseLanes, timeWidths } from "./width_probe.ts";

/** What the generated code depends on. */
export type SimdFeatures = Required<Pick<CoreOptions, "lanes" | "fused" | "unchecked">>;

const memory = { minimum: 1, maximum: 1, shared: false };

/** A module that multiplies two vectors in memory, or adds a third by the relaxed instruction. */
function probe(relaxed: boolean): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  module.func("run", {}, () => {
    const [a, b, c] = [v128.load(0, 16), v128.load(0, 32), v128.load(0, 48)] as const;
    return [v128.store(0, relaxed ? f32x4.relaxedMadd(a, b, c) : f32x4.mul(a, b))];
  });
  return module.bytes();
}

/**
 * Whether relaxed SIMD exists and rounds a multiply-add once: (1 + ε)(1 − ε) − 1 is then −ε², and 0
 * where it is rounded twice. 2^-13 is the largest ε whose square is lost in the rounded product.
 */
function isFused(): boolean {
  const bytes = probe(true);
  if (!WebAssembly.validate(bytes)) return false;
  const own = newMemory({ initial: 1, maximum: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory: own },
  });
  const floats = new Float32Array(own.buffer);
  floats.set([1 + 2 ** -13, 0, 0, 0, 1 - 2 ** -13, 0, 0, 0, -1], 4);
  (exports.run as () => void)();
  return floats[0] !== 0;
}

/** @throws {KernelUnavailableError} where a page forbids what it has. */
function expectCompiling(): void {
  try {
    new WebAssembly.Module(probe(false));
  } catch (error) {
    throw new KernelUnavailableError(
      "WebAssembly is not allowed to compile; a Content-Security-Policy needs " +
        `script-src 'wasm-unsafe-eval' (${errorLine(error)})`,
    );
  }
}

/** Which tile is used. */
type Widths = Pick<SimdFeatures, "lanes" | "unchecked">;

// Detected once in a process, whose V8 flags cannot change.
let fused: boolean | null = null;
let widths: Widths | null = null;

/** Which tile is faster, by timing it. */
function detectWidths(): Widths {
  if (!widths) {
    const lanes = chooseLanes(timeWidths());
    // The code for engines that check no bounds is worse than the other one where nothing is fused.
    const unchecked = lanes === 8 && chooseLanes(timeWidths("variable")) === 8;
    widths = { lanes, unchecked };
  }
  return widths;
}

/**
 * What a kernel's code depends on in this process. Which tile is faster is timed when it is first
 * asked for: many a program is done before.
 *
 * @throws {KernelUnavailableError} where there is no WebAssembly SIMD.
 */
export function coreOptions(
  own: Pick<CoreOptions, "shared" | "threads">,
): Required<CoreOptions> {
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(probe(false))) {
    throw new KernelUnavailableError("this browser or runtime has no WebAssembly SIMD");
  }
  if (fused === null) {
    expectCompiling();
    fused = isFused();
  }
  return {
    ...own,
    fused,
    get lanes() {
      return detectWidths().lanes;
    },
    get unchecked() {
      return detectWidths().unchecked;
    },
  };
}

/**
 * The features of this process.
 *
 * @throws {KernelUnavailableError} where there is no WebAssembly SIMD.
 */
export function detectSimdFeatures(): SimdFeatures {
  const { fused, lanes, unchecked } = coreOptions({ shared: false, threads: 1 });
  return { fused, lanes, unchecked };
}
