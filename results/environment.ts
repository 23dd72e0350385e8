/**
 * The machine and software of a run, as far as the given permissions allow; what
 * cannot be read is unknown.
 *
 * @module
 */
import { cpus } from "node:os";
import { processors } from "../common/processors.ts";
import { commitOf } from "../common/repository.ts";
import type { Environment } from "./schema.ts";
import { systemState } from "./system.ts";
import { version } from "./version.ts";

function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** A text of /proc or /sys; most of them Deno lets be read only with --allow-all. */
function readText(path: string): string | null {
  if (Deno.build.os !== "linux") return null;
  return orElse(() => Deno.readTextFileSync(path), null);
}

/** The load averages by the permission to ask the system; Windows has none, and gives zeros. */
function loadNow(): Pick<Environment, "load"> {
  if (Deno.build.os === "windows") return {};
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "loadavg" });
  // Where the permission is missing, not to know is better than a prompt.
  return state === "granted" ? { load: Deno.loadavg() } : {};
}

/** The environment of this process. */
export async function readEnvironment(): Promise<Environment> {
  return {
    densemark: version,
    commit: await commitOf(new URL("..", import.meta.url)),
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    os: `${Deno.build.os} ${orElse(() => Deno.osRelease(), "")}`.trim(),
    arch: Deno.build.arch,
    cpu: orElse(() => cpus()[0]?.model.trim() ?? "unknown", "unknown"),
    cores: processors(),
    memory: orElse(() => Deno.systemMemoryInfo().total, 0),
    ...systemState(readText, processors()),
    ...orElse(() => loadNow(), {}),
  };
}

/**
 * The flags of a process that is to have none where the environment has some:
 * Deno refuses an empty variable, and this is V8's default.
 */
export const noFlags = "--lazy";

/**
 * The V8 flags that this process runs under, or `plain`. They make results of
 * the same code incomparable, so every result file names them. Deno shows a
 * process only those set by the environment, so set them there, not by
 * `--v8-flags`.
 */
export function readEngine(): string {
  const flags = orElse(() => Deno.env.get("DENO_V8_FLAGS"), undefined);
  return !flags || flags === noFlags ? "plain" : flags;
}
