/**
 * The multiply-adds of native code as chains, as those of JavaScript and
 * WebAssembly are: machine code, called through Deno's foreign function
 * interface. There are none where the processor, the system or the permissions
 * do not allow it.
 *
 * @module
 */
import { errorLine } from "../../common/errors.ts";
import { cpuFlags } from "../cpu_flags.ts";
import type { Chain } from "./chains.ts";
import {
  multiplyAddCode,
  nativeChains,
  nativeFlops,
  nativePlaces,
  type Width,
} from "./machine_code.ts";

/** Flags of /proc/cpuinfo that code of a width needs. */
const needed: Readonly<Record<Width, readonly string[]>> = {
  256: ["avx2", "fma"],
  512: ["avx512f"],
};

/** The widths that a processor with these flags can multiply and add in, the narrower first. */
export function nativeWidths(flags: ReadonlySet<string>): Width[] {
  return ([256, 512] as const).filter((width) => needed[width].every((flag) => flags.has(flag)));
}

/** Why this process can have no chains of native code; null where it can. */
export function whyNoNative(): string | null {
  const { arch, os } = Deno.build;
  if (arch !== "x86_64" || os !== "linux") {
    return `native code: its peak is measured on x86-64 Linux alone, not on ${arch} ${os}`;
  }
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    return "native code: it needs the permission --allow-ffi";
  }
  if (nativeWidths(cpuFlags()).length === 0) {
    return "native code: the processor has no AVX2 with fused multiply-add, or does not tell";
  }
  try {
    executable(new Uint8Array([0xc3]));
    return null;
  } catch (error) {
    return `native code: ${errorLine(error)}`;
  }
}

/** Of all this code: run(times, places). */
const signature = { parameters: ["u32", "buffer"], result: "void" } as const;

const pageBytes = 4096;
const protection = { read: 1, write: 2, execute: 4 };
// MAP_PRIVATE and MAP_ANONYMOUS of Linux.
const mapping = 0x22;

/**
 * A copy of machine code that can be called; it stays until the process ends.
 *
 * @throws where the system allows no executable memory.
 */
function executable(code: Uint8Array<ArrayBuffer>): Deno.PointerObject<typeof signature> {
  // The library is never closed: its memory is called for as long as the process lives.
  const { symbols: { mmap, mprotect, memcpy } } = Deno.dlopen("libc.so.6", {
    mmap: { parameters: ["usize", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
    mprotect: { parameters: ["pointer", "usize", "i32"], result: "i32" },
    memcpy: { parameters: ["pointer", "buffer", "usize"], result: "pointer" },
  });
  const { read, write, execute } = protection;
  const place = mmap(0n, BigInt(pageBytes), read | write, mapping, -1, 0n);
  // MAP_FAILED is -1.
  if (place === null || Deno.UnsafePointer.value(place) === 2n ** 64n - 1n) {
    throw new Error("the system gives no memory");
  }
  memcpy(place, code, BigInt(code.length));
  // Never writable and executable at once, which hardened systems forbid.
  if (mprotect(place, BigInt(pageBytes), read | execute) !== 0) {
    throw new Error("the system allows no code that was not in a file");
  }
  return place as Deno.PointerObject<typeof signature>;
}

function chainOf(width: Width): Chain {
  const run = new Deno.UnsafeFnPointer(executable(multiplyAddCode(width)), signature);
  const floats = new Float32Array(nativePlaces.chains / 4 + 16 * nativeChains);
  floats.set([0.5, 0.75, 1.5]);
  const lanes = width / 32;
  return {
    id: `native-${width}-fused`,
    what: `native code, ${width === 512 ? "AVX-512" : "AVX2"}, fused multiply-add`,
    flops: nativeFlops(width),
    sum: 1.5 * lanes * nativeChains,
    run: (times) => {
      floats.fill(0, nativePlaces.chains / 4);
      run.call(times, floats);
      return floats.subarray(nativePlaces.chains / 4).reduce((sum, one) => sum + one, 0);
    },
  };
}

/** The loops of native code; none where {@linkcode whyNoNative} has a reason. */
export function createNativeChains(): Chain[] {
  return whyNoNative() === null ? nativeWidths(cpuFlags()).map(chainOf) : [];
}
