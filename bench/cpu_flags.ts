/**
 * The instructions that the processor has and the system lets programs use, by
 * the names of Linux's /proc/cpuinfo. Asked of the processor itself (CPUID and
 * XGETBV), since Deno lets no program read that file that may not do everything.
 * The bits are those of Intel's manual, volume 2, CPUID.
 *
 * @module
 */
import { callable, whyNoNativeCode } from "./native_code.ts";

/** The registers that CPUID fills. */
export type Registers = readonly [eax: number, ebx: number, ecx: number, edx: number];

/** What the flags follow from. */
export interface CpuidAnswers {
  /** Of leaf 1, and of leaf 7 with its subleaf 0 and 1. */
  readonly leaf1: Registers;
  readonly leaf7: Registers;
  readonly leaf71: Registers;
  /** Which registers the system saves (XCR0). */
  readonly saved: number;
}

/** Bits of XCR0: of 256-bit vectors, of 512-bit ones and of tiles. */
const avxSaved = 0x6;
const avx512Saved = 0xe6;
const tilesSaved = 0x60000;

/** A flag: where its bit is, and what the system must save for it. */
type Flag = readonly [
  name: string,
  leaf: "leaf1" | "leaf7" | "leaf71",
  register: 0 | 1 | 2 | 3,
  bit: number,
  saved: number,
];

const flags: readonly Flag[] = [
  ["sse4_2", "leaf1", 2, 20, 0],
  ["fma", "leaf1", 2, 12, avxSaved],
  ["avx", "leaf1", 2, 28, avxSaved],
  ["avx2", "leaf7", 1, 5, avxSaved],
  ["avx512f", "leaf7", 1, 16, avx512Saved],
  ["avx512dq", "leaf7", 1, 17, avx512Saved],
  ["avx512bw", "leaf7", 1, 30, avx512Saved],
  ["avx512vl", "leaf7", 1, 31, avx512Saved],
  ["avx512_bf16", "leaf71", 0, 5, avx512Saved],
  ["amx_tile", "leaf7", 3, 24, tilesSaved],
];

/**
 * The flags that a processor's answers mean.
 *
 * @example
 * ```ts
 * import { flagsOf } from "./cpu_flags.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const none = [0, 0, 0, 0] as const;
 * const haswell = { leaf1: [0, 0, 1 << 12 | 1 << 28, 0], leaf7: [0, 1 << 5, 0, 0] } as const;
 * assertEquals([...flagsOf({ ...haswell, leaf71: none, saved: 7 })], ["fma", "avx", "avx2"]);
 * // The processor has them, but the system does not save their registers.
 * assertEquals([...flagsOf({ ...haswell, leaf71: none, saved: 3 })], []);
 * ```
 */
export function flagsOf(answers: CpuidAnswers): ReadonlySet<string> {
  return new Set(
    flags.filter(([, leaf, register, bit, saved]) =>
      (answers[leaf][register] >>> bit & 1) === 1 && (answers.saved & saved) === saved
    ).map(([name]) => name),
  );
}

/** void ask(leaf: edi, subleaf: esi, registers: rdx): push rbx; cpuid; four stores; pop rbx; ret. */
// deno-fmt-ignore
const askCode = new Uint8Array([
  0x53, 0x49, 0x89, 0xd0, 0x89, 0xf8, 0x89, 0xf1, 0x0f, 0xa2, 0x41, 0x89, 0x00, 0x41, 0x89, 0x58, 0x04,
  0x41, 0x89, 0x48, 0x08, 0x41, 0x89, 0x50, 0x0c, 0x5b, 0xc3,
]);
/** uint32_t saved(): xor ecx, ecx; xgetbv; ret. */
const savedCode = new Uint8Array([0x31, 0xc9, 0x0f, 0x01, 0xd0, 0xc3]);
/** The bit of leaf 1 that says that there is XGETBV. */
const hasXgetbv = 1 << 27;

function ask(): CpuidAnswers {
  const fill = callable(askCode, { parameters: ["u32", "u32", "buffer"], result: "void" });
  const registers = (leaf: number, subleaf = 0): Registers => {
    const words = new Uint32Array(4);
    fill.call(leaf, subleaf, words);
    return [words[0]!, words[1]!, words[2]!, words[3]!];
  };
  const none: Registers = [0, 0, 0, 0];
  const [leaves] = registers(0);
  const leaf1 = registers(1);
  const leaf7 = leaves >= 7 ? registers(7) : none;
  return {
    leaf1,
    leaf7,
    leaf71: leaf7[0] >= 1 ? registers(7, 1) : none,
    saved: (leaf1[2] & hasXgetbv) === 0
      ? 0
      : callable(savedCode, { parameters: [], result: "u32" }).call(),
  };
}

let known: ReadonlySet<string> | null = null;

/** The flags of this machine's processor; none where they cannot be known. */
export function cpuFlags(): ReadonlySet<string> {
  if (known) return known;
  try {
    known = whyNoNativeCode() === null ? flagsOf(ask()) : new Set();
  } catch {
    known = new Set();
  }
  return known;
}
