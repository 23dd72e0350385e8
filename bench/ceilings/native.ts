/**
 * The multiply-adds of native code as chains, as those of JavaScript and
 * WebAssembly are. There are none where the processor, the system or the
 * permissions do not allow it.
 *
 * @module
 */
import { errorLine } from "../../common/errors.ts";
import { cpuFlags } from "../cpu_flags.ts";
import { callable, whyNoNativeCode } from "../native_code.ts";
import type { Chain } from "./chains.ts";
import {
  multiplyAddCode,
  nativeChains,
  nativeFlops,
  nativePlaces,
  type Width,
} from "./machine_code.ts";

/** Flags of the processor that code of a width needs. */
const needed: Readonly<Record<Width, readonly string[]>> = {
  256: ["avx2", "fma"],
  512: ["avx512f"],
};

/** The widths that a processor with these flags can multiply and add in, the narrower first. */
export function nativeWidths(flags: ReadonlySet<string>): Width[] {
  return ([256, 512] as const).filter((width) => needed[width].every((flag) => flags.has(flag)));
}

/** Why the peak of native code cannot be measured in this process; null where it can. */
export function whyNoNative(): string | null {
  const reason = whyNoNativeCode();
  if (reason !== null) return `native code: ${reason}`;
  try {
    callable(multiplyAddCode(256), signature);
  } catch (error) {
    return `native code: ${errorLine(error)}`;
  }
  return nativeWidths(cpuFlags()).length > 0
    ? null
    : "native code: the processor has no AVX2 with fused multiply-add";
}

/** run(times, places). */
const signature = { parameters: ["u32", "buffer"], result: "void" } as const;

function chainOf(width: Width): Chain {
  const run = callable(multiplyAddCode(width), signature);
  const floats = new Float32Array(nativePlaces.chains / 4 + 16 * nativeChains);
  floats.set([0.5, 0.75, 1.5]);
  const sums = floats.subarray(nativePlaces.chains / 4);
  const lanes = width / 32;
  return {
    id: `native-${width}-fused`,
    what: `native code, ${width === 512 ? "AVX-512" : "AVX2"}, fused multiply-add`,
    flops: nativeFlops(width),
    sum: 1.5 * lanes * nativeChains,
    run: (times) => {
      sums.fill(0);
      run.call(times, floats);
      return sums.reduce((sum, one) => sum + one, 0);
    },
  };
}

/** The loops of native code; none where {@linkcode whyNoNative} has a reason. */
export function createNativeChains(): Chain[] {
  return whyNoNative() === null ? nativeWidths(cpuFlags()).map(chainOf) : [];
}
