/**
 * The instructions that the processor has, by the names of /proc/cpuinfo on
 * Linux. Other systems do not tell without a program of their own.
 *
 * @module
 */

/**
 * The flags in the text of /proc/cpuinfo: those of its first processor.
 *
 * @example
 * ```ts
 * import { flagsIn } from "./cpu_flags.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(flagsIn("model name\t: X\nflags\t\t: fpu avx2 fma\n").has("avx2"), true);
 * assertEquals(flagsIn("").size, 0);
 * ```
 */
export function flagsIn(text: string): ReadonlySet<string> {
  const line = /^flags[ \t]*:(.*)$/m.exec(text)?.[1] ?? "";
  return new Set(line.split(/\s+/).filter((flag) => flag !== ""));
}

/** The flags of this machine's processor; none where the system does not tell. */
export function cpuFlags(): ReadonlySet<string> {
  try {
    return flagsIn(Deno.readTextFileSync("/proc/cpuinfo"));
  } catch {
    return new Set();
  }
}
