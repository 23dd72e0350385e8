/**
 * What the findings of a sweep depend on. A resume file carries it, and only a
 * sweep with the same fingerprint resumes from it: other code, another engine or
 * another stride may give other results.
 *
 * @module
 */
import { hashOfCode } from "../build.ts";

/** All that findings depend on but the kernel and its traits. */
export interface Fingerprint {
  /** The hash of the code, see build.ts. */
  readonly source: string;
  /** V8's version and its flags, `unknown` where they cannot be read. */
  readonly engine: string;
  readonly stride: number;
  /** Bit patterns in a part. */
  readonly patterns: number;
}

/** The V8 flags that the environment gives, if the permission to read it was given; it is not asked for. */
function flagsOf(): string {
  const name = "env";
  const variable = "DENO_V8_FLAGS";
  if (Deno.permissions.querySync({ name, variable }).state !== "granted") return "unknown";
  return Deno.env.get(variable) || "none";
}

/**
 * The fingerprint of a sweep by this code in this process.
 *
 * @throws where the code cannot be read, because it was imported from a URL or
 * without the permission.
 */
export async function fingerprintOf(stride: number, patterns: number): Promise<Fingerprint> {
  return {
    source: await hashOfCode(),
    engine: `V8 ${Deno.version.v8}, flags ${flagsOf()}`,
    stride,
    patterns,
  };
}
