/**
 * A processor's own loop of fused multiply-adds, as machine code: the peak of
 * native libraries, which WebAssembly cannot reach, since it has neither
 * vectors of 512 bits nor all registers. Only for x86-64.
 * Method: likwid-bench's peakflops_avx_fma and peakflops_avx512_fma; the
 * encoding is that of Intel's manual, volume 2, chapter 2.
 *
 * @module
 */
import { range } from "../../kernels/range.ts";

/** Vectors of these many bits. */
export type Width = 256 | 512;

/** Independent chains, and steps of each in an iteration of the loop. */
export const nativeChains = 12;
const steps = 4;

/** Bytes of what the code reads: factor, summand and start; and where it leaves the chains, each in 64. */
export const nativePlaces = { factor: 0, summand: 4, start: 8, chains: 64 };

/** What of an instruction differs: its opcode and the map and prefix that it is found by. */
interface Opcode {
  readonly code: number;
  /** 1 for 0F, 2 for 0F38. */
  readonly map: 1 | 2;
  /** 0 for none, 1 for 66. */
  readonly prefix: 0 | 1;
}

// vfmadd213ps a, b, c: a = b * a + c.
const multiplyAdd: Opcode = { code: 0xa8, map: 2, prefix: 1 };
const broadcast: Opcode = { code: 0x18, map: 2, prefix: 1 };
const store: Opcode = { code: 0x11, map: 1, prefix: 0 };

/** The prefixes VEX (256 bits) and EVEX (512 bits) with the opcode; registers from 0 to 15, high bits inverted. */
function head(
  width: Width,
  { code, map, prefix }: Opcode,
  register: number,
  second: number,
  base: number,
): number[] {
  const high = (register < 8 ? 0x80 : 0) | 0x40 | (base < 8 ? 0x20 : 0);
  const inverted = (~second & 15) << 3;
  return width === 256
    ? [0xc4, high | map, inverted | 0x04 | prefix, code]
    : [0x62, high | 0x10 | map, inverted | 0x04 | prefix, 0x48, code];
}

const littleEndian = (value: number) => range(4).map((i) => value >> 8 * i & 0xff);

/** An instruction on a register and the memory at rsi + `at`. */
function onMemory(width: Width, opcode: Opcode, register: number, at: number): number[] {
  const rsi = 6;
  return [
    ...head(width, opcode, register, 0, rsi),
    0x80 | (register & 7) << 3 | rsi,
    ...littleEndian(at),
  ];
}

/**
 * The machine code of `void run(uint32_t times, void *places)` in the calling
 * convention of Linux (System V): `times` of edi, the memory of rsi.
 *
 * @example
 * ```ts
 * import { multiplyAddCode } from "./machine_code.ts";
 * import { assertEquals } from "@std/assert";
 *
 * // The end: vzeroupper, ret.
 * assertEquals([...multiplyAddCode(512).slice(-4)], [0xc5, 0xf8, 0x77, 0xc3]);
 * ```
 */
export function multiplyAddCode(width: Width): Uint8Array<ArrayBuffer> {
  const [factor, summand] = [nativeChains, nativeChains + 1];
  const chains = range(nativeChains);
  const body = range(steps).flatMap(() =>
    chains.flatMap((chain) => [
      ...head(width, multiplyAdd, chain, factor, summand),
      0xc0 | (chain & 7) << 3 | (summand & 7),
    ])
  );
  const decrement = [0xff, 0xcf];
  const jump = 6;
  return new Uint8Array([
    ...onMemory(width, broadcast, factor, nativePlaces.factor),
    ...onMemory(width, broadcast, summand, nativePlaces.summand),
    ...chains.flatMap((chain) => onMemory(width, broadcast, chain, nativePlaces.start)),
    ...body,
    ...decrement,
    // jnz to the start of the body.
    0x0f,
    0x85,
    ...littleEndian(-(body.length + decrement.length + jump)),
    ...chains.flatMap((chain) => onMemory(width, store, chain, nativePlaces.chains + 64 * chain)),
    // vzeroupper; ret
    0xc5,
    0xf8,
    0x77,
    0xc3,
  ]);
}

/** Operations of an iteration of the loop. */
export function nativeFlops(width: Width): number {
  return 2 * steps * nativeChains * width / 32;
}
